#include "net/pass.h"

#include <assert.h>
#include <stdlib.h>

#define NO_SINGLE UINT32_MAX

bool pass_init(struct pass *pass, struct delivery *delivery, uint32_t capacity)
{
    const uint32_t replicas = delivery->topology->replicas;
    *pass = (struct pass){.delivery = delivery, .capacity = capacity};
    pass->broadcasts = calloc(capacity, sizeof *pass->broadcasts);
    pass->own_first = calloc(replicas, sizeof *pass->own_first);
    pass->own_last = calloc(replicas, sizeof *pass->own_last);
    pass->singles = calloc(capacity, sizeof *pass->singles);
    pass->first_single = calloc(delivery->targets + 1, sizeof *pass->first_single);
    pass->last_single = calloc(delivery->targets + 1, sizeof *pass->last_single);
    if (pass->broadcasts == NULL || pass->own_first == NULL || pass->own_last == NULL || pass->singles == NULL ||
        pass->first_single == NULL || pass->last_single == NULL) {
        pass_destroy(pass);
        return false;
    }
    for (uint32_t target = 0; target < delivery->targets; target++) {
        pass->first_single[target] = NO_SINGLE;
    }
    return true;
}

void pass_destroy(struct pass *pass)
{
    free(pass->broadcasts);
    free(pass->own_first);
    free(pass->own_last);
    free(pass->singles);
    free(pass->first_single);
    free(pass->last_single);
    *pass = (struct pass){0};
}

/* One payload reference came with the message; each delivery needs one. */
static void share_payload(struct payload *payload, uint32_t deliveries)
{
    if (payload == NULL) {
        return;
    }
    if (deliveries == 0) {
        payload_drop(payload);
    } else if (deliveries > 1) {
        payload_hold_many(payload, deliveries - 1);
    }
}

static void add_broadcast(struct pass *pass, struct reference reference)
{
    const uint32_t place = pass->broadcast_count++;
    pass->broadcasts[place] = reference;
    if (reference.from < pass->delivery->topology->replicas) {
        if (pass->own_first[reference.from] == pass->own_last[reference.from]) {
            pass->own_first[reference.from] = place;
        }
        assert(pass->own_last[reference.from] == place || pass->own_first[reference.from] == place);
        pass->own_last[reference.from] = place + 1;
    }
}

static void add_single(struct pass *pass, struct reference reference, uint32_t target)
{
    const uint32_t place = pass->single_count++;
    pass->singles[place] = (struct pass_single){
        .reference = reference, .position = pass->broadcast_count, .next = NO_SINGLE};
    if (pass->first_single[target] == NO_SINGLE) {
        pass->first_single[target] = place;
    } else {
        pass->singles[pass->last_single[target]].next = place;
    }
    pass->last_single[target] = place;
}

void pass_add(struct pass *pass, const struct message *message, node_id from, uint64_t number)
{
    struct delivery *delivery = pass->delivery;
    const uint32_t deliveries = topology_fan_out(delivery->topology, delivery->line, from, message->to);
    share_payload(message->payload, deliveries);
    if (deliveries == 0) {
        return;
    }
    const struct reference reference = {.slot = delivery_hold(delivery, message, from, number), .from = from};
    if (message->to == TO_ALL_REPLICAS) {
        add_broadcast(pass, reference);
    } else {
        add_single(pass, reference, delivery_target(delivery, topology_agent_of(delivery->topology, message->to)));
    }
}

/* Broadcasts [from, to) for a target whose own are [own_first, own_last). */
static void hand_over(struct pass *pass, uint32_t target, uint32_t from, uint32_t to, uint32_t own_first,
                      uint32_t own_last)
{
    const uint32_t before = own_first < to ? own_first : to;
    if (from < before) {
        delivery_many(pass->delivery, target, pass->broadcasts + from, before - from);
    }
    const uint32_t after = own_last > from ? own_last : from;
    if (after < to) {
        delivery_many(pass->delivery, target, pass->broadcasts + after, to - after);
    }
}

static void fan_out_to(struct pass *pass, uint32_t target)
{
    const struct topology *topology = pass->delivery->topology;
    const uint32_t agent = pass->delivery->line + target * topology->lines;
    const bool replica = agent < topology->replicas;
    const uint32_t broadcasts = replica ? pass->broadcast_count : 0; /* clients get none */
    uint32_t own_first = broadcasts;
    uint32_t own_last = broadcasts;
    if (replica && pass->own_first[agent] < pass->own_last[agent]) {
        own_first = pass->own_first[agent];
        own_last = pass->own_last[agent];
    }
    uint32_t done = 0;
    for (uint32_t i = pass->first_single[target]; i != NO_SINGLE; i = pass->singles[i].next) {
        const uint32_t position = replica ? pass->singles[i].position : 0;
        hand_over(pass, target, done, position, own_first, own_last);
        done = position;
        delivery_many(pass->delivery, target, &pass->singles[i].reference, 1);
    }
    hand_over(pass, target, done, broadcasts, own_first, own_last);
    pass->first_single[target] = NO_SINGLE;
}

/* One measurement for messages that left their sender in the same batch. */
static void note_due(struct pass *pass, uint32_t slot, uint64_t *last_ns)
{
    const uint64_t sent_ns = pass->delivery->slab.messages[slot].sent_ns;
    if (sent_ns != *last_ns) {
        *last_ns = sent_ns;
        delivery_note_due(pass->delivery, sent_ns);
    }
}

void pass_fan_out(struct pass *pass)
{
    if (pass->broadcast_count + pass->single_count == 0) {
        return;
    }
    struct delivery *delivery = pass->delivery;
    for (uint32_t target = 0; target < delivery->targets; target++) {
        fan_out_to(pass, target);
    }
    uint64_t last_ns = TIME_NEVER_NS;
    for (uint32_t i = 0; i < pass->broadcast_count; i++) {
        const struct reference reference = pass->broadcasts[i];
        note_due(pass, reference.slot, &last_ns);
        delivery_unhold(delivery, reference.slot);
        if (reference.from < delivery->topology->replicas) {
            pass->own_first[reference.from] = pass->own_last[reference.from] = 0;
        }
    }
    for (uint32_t i = 0; i < pass->single_count; i++) {
        note_due(pass, pass->singles[i].reference.slot, &last_ns);
        delivery_unhold(delivery, pass->singles[i].reference.slot);
    }
    pass->broadcast_count = pass->single_count = 0;
}

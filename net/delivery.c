#include "net/delivery.h"

#include <assert.h>
#include <stdlib.h>

#include "net/bundle.h"
#include "net/memory.h"

#define DUES 4096u

bool delivery_init(struct delivery *delivery, const struct topology *topology, const struct run_clock *clock,
                   uint32_t line, struct port *const *ports, uint64_t slots)
{
    const uint32_t agents = topology_agents(topology);
    const uint32_t targets = topology_owned(topology, line, agents);
    *delivery = (struct delivery){.topology = topology, .clock = clock, .line = line, .targets = targets};
    histogram_reset(&delivery->lateness);
    delivery->inboxes = calloc(targets + 1, sizeof(struct ring_spsc *));
    delivery->bells = calloc(targets + 1, sizeof(struct parker *));
    delivery->overflow = calloc(targets + 1, sizeof *delivery->overflow);
    delivery->touched = calloc(targets + 1, sizeof *delivery->touched);
    delivery->is_touched = calloc(targets + 1, sizeof *delivery->is_touched);
    delivery->held = calloc(agents + 1, sizeof *delivery->held);
    delivery->dues = calloc(DUES, sizeof *delivery->dues);
    if (delivery->inboxes == NULL || delivery->bells == NULL || delivery->overflow == NULL ||
        delivery->touched == NULL || delivery->is_touched == NULL || delivery->held == NULL || delivery->dues == NULL ||
        !slab_init(&delivery->slab, slots, delivery->inboxes, targets) ||
        (ports[line]->numbered && !slab_number(&delivery->slab))) {
        delivery_destroy(delivery);
        return false;
    }
    for (uint32_t target = 0; target < targets; target++) {
        struct port *port = ports[line + target * topology->lines];
        delivery->inboxes[target] = &port->inbox;
        delivery->bells[target] = &port->parker;
        backlog_init(&delivery->overflow[target], sizeof(struct waiting));
    }
    return true;
}

void delivery_destroy(struct delivery *delivery)
{
    for (uint32_t target = 0; delivery->overflow != NULL && target < delivery->targets; target++) {
        backlog_destroy(&delivery->overflow[target]);
    }
    slab_destroy(&delivery->slab);
    free(delivery->inboxes);
    free(delivery->bells);
    free(delivery->overflow);
    free(delivery->touched);
    free(delivery->is_touched);
    free(delivery->held);
    free(delivery->dues);
    *delivery = (struct delivery){0};
}

uint32_t delivery_hold(struct delivery *delivery, const struct message *message, node_id from, uint64_t number)
{
    delivery->held[topology_agent_of(delivery->topology, from)] += bundle_weight(message);
    const uint32_t slot = slab_put(&delivery->slab, message, from);
    if (delivery->slab.numbers != NULL) {
        delivery->slab.numbers[slot] = number;
    }
    return slot;
}

void delivery_unhold(struct delivery *delivery, uint32_t slot)
{
    const node_id from = delivery->slab.slots[slot].from;
    if (slab_handed_over(&delivery->slab, slot)) {
        const struct message *message = &delivery->slab.messages[slot];
        delivery->held[topology_agent_of(delivery->topology, from)] -= bundle_weight(message);
    }
}

static void touch(struct delivery *delivery, uint32_t target)
{
    if (!delivery->is_touched[target]) {
        delivery->is_touched[target] = true;
        delivery->touched[delivery->touched_count++] = target;
    }
}

static void wait_for_room(struct delivery *delivery, uint32_t target, struct reference reference, uint64_t due_ns)
{
    const struct waiting waiting = {.reference = reference, .due_ns = due_ns};
    delivery->crowded += delivery->overflow[target].count == 0;
    backlog_push(&delivery->overflow[target], &waiting);
    delivery->overflowed++;
}

/* Stores all indices, then one fence for the whole pass, then looks at who sleeps. */
static void publish(struct delivery *delivery)
{
    for (uint32_t i = 0; i < delivery->touched_count; i++) {
        ring_publish_sp(delivery->inboxes[delivery->touched[i]]);
    }
    if (delivery->touched_count > 0) {
        parker_fence();
    }
    for (uint32_t i = 0; i < delivery->touched_count; i++) {
        delivery->is_touched[delivery->touched[i]] = false;
        parker_wake(delivery->bells[delivery->touched[i]], true);
    }
    delivery->touched_count = 0;
    if (delivery->due_count > 0) {
        const uint64_t now_ns = host_now_ns();
        for (uint32_t i = 0; i < delivery->due_count; i++) {
            const uint64_t due_ns = clock_host_ns(delivery->clock, delivery->dues[i]);
            histogram_add(&delivery->lateness, now_ns > due_ns ? now_ns - due_ns : 0);
        }
        delivery->due_count = 0;
    }
}

void delivery_note_due(struct delivery *delivery, uint64_t due_ns)
{
    if (delivery->due_count == DUES) {
        publish(delivery);
    }
    delivery->dues[delivery->due_count++] = due_ns;
}

void delivery_one(struct delivery *delivery, uint32_t target, uint32_t slot, uint64_t due_ns)
{
    const struct reference reference = {.slot = slot, .from = delivery->slab.slots[slot].from};
    if (delivery->overflow[target].count > 0 || ring_room_sp(delivery->inboxes[target], 1) == 0) {
        wait_for_room(delivery, target, reference, due_ns);
        return;
    }
    inbox_fill_sp(delivery->inboxes[target], reference);
    touch(delivery, target);
    delivery_unhold(delivery, slot);
    delivery_note_due(delivery, due_ns);
}

void delivery_many(struct delivery *delivery, uint32_t target, const struct reference *references, uint32_t count)
{
    uint32_t taken = 0;
    if (delivery->overflow[target].count == 0) {
        const uint32_t room = ring_room_sp(delivery->inboxes[target], count);
        taken = count < room ? count : room;
        inbox_fill_many_sp(delivery->inboxes[target], references, taken);
        touch(delivery, target);
    }
    for (uint32_t i = taken; i < count; i++) {
        slab_add_pending(&delivery->slab, references[i].slot, 1);
        wait_for_room(delivery, target, references[i], TIME_NEVER_NS);
    }
}

static uint32_t retry(struct delivery *delivery, uint32_t target)
{
    struct backlog *overflow = &delivery->overflow[target];
    const uint32_t room = ring_room_sp(delivery->inboxes[target], overflow->count);
    const uint32_t count = overflow->count < room ? overflow->count : room;
    for (uint32_t i = 0; i < count; i++) {
        const struct waiting *waiting = backlog_front(overflow);
        inbox_fill_sp(delivery->inboxes[target], waiting->reference);
        delivery_unhold(delivery, waiting->reference.slot);
        touch(delivery, target);
        if (waiting->due_ns != TIME_NEVER_NS) {
            delivery_note_due(delivery, waiting->due_ns);
        }
        backlog_pop(overflow);
    }
    delivery->overflowed -= count;
    delivery->crowded -= overflow->count == 0;
    return count;
}

uint32_t delivery_flush(struct delivery *delivery)
{
    uint32_t moved = 0;
    for (uint32_t target = 0; delivery->overflowed > 0 && target < delivery->targets; target++) {
        if (delivery->overflow[target].count > 0) {
            moved += retry(delivery, target);
        }
    }
    publish(delivery);
    slab_reclaim(&delivery->slab);
    return moved;
}

/* Returns how many messages that were. */
static uint32_t give_back(struct delivery *delivery, uint32_t slot)
{
    const struct message *message = &delivery->slab.messages[slot];
    const uint32_t weight = bundle_weight(message);
    if (message->payload != NULL) {
        payload_drop(message->payload);
    }
    return weight;
}

uint64_t delivery_discard(struct delivery *delivery)
{
    publish(delivery);
    uint64_t discarded = 0;
    for (uint32_t target = 0; target < delivery->targets; target++) {
        struct ring_spsc *inbox = delivery->inboxes[target];
        uint32_t count;
        while ((count = ring_readable_sc(inbox)) > 0) {
            for (uint32_t i = 0; i < count; i++) {
                discarded += give_back(delivery, inbox_entry_sc(inbox, i).slot);
            }
            ring_release_sc(inbox, count);
        }
        struct backlog *overflow = &delivery->overflow[target];
        while (overflow->count > 0) {
            const struct waiting *waiting = backlog_front(overflow);
            discarded += give_back(delivery, waiting->reference.slot);
            backlog_pop(overflow);
        }
    }
    delivery->overflowed = 0;
    return discarded;
}

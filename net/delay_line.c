#include "net/delay_line.h"

#include <assert.h>
#include <stdlib.h>

#include "net/bundle.h"
#include "net/memory.h"
#include "net/pass.h"
#include "net/wheel.h"

/* Messages of one pass: half of what fits into an inbox, so that those who are a little behind do not overflow. */
#define PASS_MESSAGES 2048u
/* A multiple of LINK_BLOCK. */
#define DELAYS_AT_ONCE 64u
/* Entries of the wheel, and slots of the slab, at most: about 300 MB and 1.2 GB if they were ever all used. */
#define WHEEL_MOST (16u << 20)
#define SLAB_MOST (16u << 20)
/* While something waits for room in an inbox, or for its sender's quota: nobody rings a bell for that. */
#define BLOCKED_SLEEP_NS 100000u

struct delay_line {
    const struct topology *topology;
    const struct link_model *links;
    const struct run_clock *clock;
    struct port *const *ports;
    uint32_t agents;
    uint32_t line;
    bool immediate; /* nothing is ever held, lost or repeated: no draw, no wheel */
    bool fifo;      /* and the wheel must keep the order of each link */
    bool blocked;   /* in the last round somebody was not served for lack of room */
    uint32_t start; /* who is served first */
    struct delivery delivery;
    struct pass pass;
    struct wheel wheel;
    uint64_t **last_due_ns; /* fifo: by target and sender, what its link releases last; a row when first needed */
    bool *held_back;        /* by agent: over its quota */
    struct parker parker;
    struct idle idle;
    uint64_t duplicated, dropped, stalls;
    _Atomic uint64_t rounds, under_way;
};

static uint64_t slots_needed(const struct topology *topology, struct port *const *ports)
{
    uint64_t slots = 4 * PASS_MESSAGES;
    for (uint32_t agent = 0; agent < topology_agents(topology); agent++) {
        slots += ports[agent]->backlog;
    }
    return slots < SLAB_MOST ? slots : SLAB_MOST;
}

static bool line_init(struct delay_line *line)
{
    line->immediate = link_hands_over_at_once(line->links);
    line->fifo = line->links->fifo && !line->immediate;
    parker_init(&line->parker);
    idle_init(&line->idle);
    line->held_back = calloc(line->agents, sizeof *line->held_back);
    const uint64_t slots = slots_needed(line->topology, line->ports);
    const uint64_t deliveries = 2 * slots * line->topology->replicas;
    if (line->held_back == NULL ||
        !delivery_init(&line->delivery, line->topology, line->clock, line->line, line->ports, slots)) {
        return false;
    }
    if (line->fifo) {
        line->last_due_ns = calloc(line->delivery.targets + 1, sizeof(uint64_t *));
        if (line->last_due_ns == NULL) {
            return false;
        }
    }
    return line->immediate ? pass_init(&line->pass, &line->delivery, PASS_MESSAGES)
                           : wheel_init(&line->wheel, deliveries < WHEEL_MOST ? deliveries : WHEEL_MOST);
}

struct delay_line *delay_line_create(const struct topology *topology, const struct link_model *links,
                                     const struct run_clock *clock, struct port *const *ports, uint32_t index)
{
    struct delay_line *line = memory_lines(1, sizeof *line);
    if (line == NULL) {
        return NULL;
    }
    line->topology = topology;
    line->links = links;
    line->clock = clock;
    line->ports = ports;
    line->agents = topology_agents(topology);
    line->line = index;
    if (!line_init(line)) {
        delay_line_destroy(line);
        return NULL;
    }
    return line;
}

void delay_line_destroy(struct delay_line *line)
{
    if (line == NULL) {
        return;
    }
    for (uint32_t target = 0; line->last_due_ns != NULL && target < line->delivery.targets; target++) {
        free(line->last_due_ns[target]);
    }
    free(line->last_due_ns);
    free(line->held_back);
    pass_destroy(&line->pass);
    wheel_destroy(&line->wheel);
    delivery_destroy(&line->delivery);
    free(line);
}

const struct message *delay_line_messages(const struct delay_line *line)
{
    return line->delivery.slab.messages;
}

const uint64_t *delay_line_numbers(const struct delay_line *line)
{
    return line->delivery.slab.numbers;
}

struct parker *delay_line_parker(struct delay_line *line)
{
    return &line->parker;
}

uint64_t delay_line_rounds(const struct delay_line *line)
{
    /* relaxed: a statistic */
    return atomic_load_explicit(&line->rounds, memory_order_relaxed);
}

uint64_t delay_line_under_way(const struct delay_line *line)
{
    /* relaxed: a statistic */
    return atomic_load_explicit(&line->under_way, memory_order_relaxed);
}

/* What its link released last. */
static uint64_t *last_due(struct delay_line *line, uint32_t target, node_id from)
{
    uint64_t **row = &line->last_due_ns[target];
    if (*row == NULL) {
        *row = calloc(line->topology->nodes, sizeof **row);
        if (*row == NULL) {
            memory_exhausted("the order of the links (--fifo)", line->topology->nodes * sizeof **row);
        }
    }
    return &(*row)[from];
}

/* Whether it can go at once. With fifo it must not pass one that waits in the wheel for the tick of its due time, so
 * the same tick decides. */
static bool is_due(const struct delay_line *line, uint64_t due_ns, uint64_t now_ns)
{
    return line->fifo ? (due_ns + WHEEL_TICK_NS - 1) >> WHEEL_TICK_BITS <= now_ns >> WHEEL_TICK_BITS : due_ns <= now_ns;
}

/* One message at one destination. */
static void schedule_one(struct delay_line *line, uint32_t slot, node_id to, const struct link_fate *fate,
                         uint64_t now_ns)
{
    const struct message *message = &line->delivery.slab.messages[slot];
    const node_id from = line->delivery.slab.slots[slot].from;
    const uint32_t target = delivery_target(&line->delivery, topology_agent_of(line->topology, to));
    uint64_t dues_ns[2];
    uint32_t copies = 0;
    link_tally(line->links, fate);
    for (uint32_t copy = 0; copy < fate->copies; copy++) {
        dues_ns[copies] = link_release(line->links, message, from, to, message->sent_ns + fate->delay_ns[copy],
                                       line->fifo ? last_due(line, target, from) : NULL);
        copies += dues_ns[copies] != TIME_NEVER_NS;
    }
    line->dropped += fate->copies == 0 ? 1 : fate->copies - copies;
    line->duplicated += fate->copies > 1;
    slab_add_pending(&line->delivery.slab, slot, copies);
    if (message->payload != NULL && copies > 0) {
        payload_hold_many(message->payload, copies);
    }
    for (uint32_t copy = 0; copy < copies; copy++) {
        if (is_due(line, dues_ns[copy], now_ns)) {
            delivery_one(&line->delivery, target, slot, dues_ns[copy]);
        } else {
            wheel_insert(&line->wheel, dues_ns[copy], slot, target);
        }
    }
}

/* A broadcast that nothing but delays happens to. */
static void schedule_delayed(struct delay_line *line, uint32_t slot, uint64_t now_ns)
{
    const struct message *message = &line->delivery.slab.messages[slot];
    const node_id from = line->delivery.slab.slots[slot].from;
    const uint32_t replicas = line->topology->replicas;
    uint64_t delays_ns[DELAYS_AT_ONCE];
    for (node_id first = 0; first < replicas; first += DELAYS_AT_ONCE) {
        const uint32_t count = replicas - first < DELAYS_AT_ONCE ? replicas - first : DELAYS_AT_ONCE;
        link_delays(line->links, message, from, first, count, delays_ns);
        for (uint32_t i = 0; i < count; i++) {
            const struct link_fate fate = {.copies = 1, .delay_ns = {delays_ns[i], 0}};
            if (first + i != from && topology_line_of(line->topology, first + i) == line->line) {
                schedule_one(line, slot, first + i, &fate, now_ns);
            }
        }
    }
}

static void schedule_broadcast(struct delay_line *line, uint32_t slot, uint64_t now_ns)
{
    const struct message *message = &line->delivery.slab.messages[slot];
    const node_id from = line->delivery.slab.slots[slot].from;
    if (link_only_delays(line->links, message, from)) {
        schedule_delayed(line, slot, now_ns);
        return;
    }
    for (node_id to = line->line; to < line->topology->replicas; to += line->topology->lines) {
        struct link_fate fate;
        if (to != from) {
            link_fate(line->links, message, from, to, &fate);
            schedule_one(line, slot, to, &fate, now_ns);
        }
    }
}

/* Takes over a message with the one payload reference that it holds; the rest of the fan-out takes its own. */
static void schedule(struct delay_line *line, const struct message *message, node_id from, uint64_t number,
                     uint64_t now_ns)
{
    if (topology_fan_out(line->topology, line->line, from, message->to) > 0) {
        /* what the slab holds is the line's own copy: the sender's slot is free as soon as this returns */
        const uint32_t slot = delivery_hold(&line->delivery, message, from, number);
        if (message->to == TO_ALL_REPLICAS) {
            schedule_broadcast(line, slot, now_ns);
        } else {
            struct link_fate fate;
            link_fate(line->links, message, from, message->to, &fate);
            schedule_one(line, slot, message->to, &fate, now_ns);
        }
        delivery_unhold(&line->delivery, slot);
    }
    if (message->payload != NULL) {
        payload_drop(message->payload);
    }
}

/* Messages that can be taken for sure. */
static uint32_t line_room(const struct delay_line *line)
{
    uint64_t room = slab_room(&line->delivery.slab);
    const uint64_t other = line->immediate ? pass_room(&line->pass)
                                           : wheel_room(&line->wheel) / (2 * (uint64_t)line->topology->replicas + 1);
    room = other < room ? other : room;
    return room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
}

/* How many of this agent's messages may be taken now; 0 also when its quota is used up. */
static uint32_t allowance(struct delay_line *line, uint32_t agent)
{
    const uint32_t held = line->delivery.held[agent];
    const uint32_t quota = line->ports[agent]->backlog;
    const bool held_back = held >= quota;
    line->stalls += held_back && !line->held_back[agent];
    line->held_back[agent] = held_back;
    const uint32_t room = line_room(line);
    const uint32_t left = held_back ? 0 : quota - held;
    return left < room ? left : room;
}

static uint32_t serve(struct delay_line *line, uint32_t agent, uint64_t now_ns)
{
    struct outbox_ring *outbox = &line->ports[agent]->outboxes[line->line];
    const uint32_t readable = ring_readable_sc(&outbox->ring);
    if (readable == 0) {
        return 0;
    }
    const uint32_t allowed = allowance(line, agent);
    const uint32_t most = readable < allowed ? readable : allowed;
    uint32_t count = 0;
    for (; count < most && line->delivery.held[agent] < line->ports[agent]->backlog; count++) {
        node_id from;
        const struct message *message = outbox_entry_sc(outbox, count, &from);
        const uint64_t number = outbox_number_sc(outbox, count);
        if (line->immediate) {
            pass_add(&line->pass, message, from, number);
        } else {
            schedule(line, message, from, number, now_ns);
        }
    }
    line->blocked = line->blocked || count < readable;
    if (count > 0) {
        ring_release_sc(&outbox->ring, count);
    }
    return count;
}

/* Everybody once, each time another one first: next whoever there was no room for, so that nobody is passed over. */
static uint32_t serve_all(struct delay_line *line, uint64_t now_ns)
{
    uint32_t served = 0;
    uint32_t next = line->start + 1;
    for (uint32_t i = 0; i < line->agents; i++) {
        const uint32_t place = line->start + i;
        const uint32_t agent = place < line->agents ? place : place - line->agents;
        if (line_room(line) == 0) {
            line->blocked = true;
            next = agent;
            break;
        }
        served += serve(line, agent, now_ns);
    }
    line->start = next < line->agents ? next : 0;
    return served;
}

static uint32_t release_due(struct delay_line *line, uint64_t now_ns)
{
    uint32_t released = 0;
    uint32_t count;
    const struct wheel_entry *entries;
    while ((entries = wheel_expire(&line->wheel, now_ns, &count)) != NULL) {
        for (uint32_t i = 0; i < count; i++) {
            delivery_one(&line->delivery, entries[i].agent, entries[i].slot, entries[i].due_ns);
        }
        released += count;
    }
    return released;
}

/* One duty cycle; returns how much it did. */
static uint32_t line_round(struct delay_line *line)
{
    const uint64_t now_ns = clock_emulated_ns(line->clock, host_now_ns());
    uint32_t work = line->immediate ? 0 : release_due(line, now_ns);
    line->blocked = delivery_is_crowded(&line->delivery);
    if (!line->blocked) {
        work += serve_all(line, now_ns);
    }
    if (line->immediate) {
        pass_fan_out(&line->pass);
    }
    work += delivery_flush(&line->delivery);
    line->blocked = line->blocked || line->delivery.overflowed > 0;
    /* relaxed: statistics for the watchdog, written by this thread alone */
    atomic_store_explicit(&line->rounds, line->rounds + 1, memory_order_relaxed);
    atomic_store_explicit(&line->under_way, line->wheel.entries + line->delivery.overflowed, memory_order_relaxed);
    return work;
}

static bool anything_new(struct delay_line *line)
{
    for (uint32_t agent = 0; agent < line->agents; agent++) {
        if (ring_readable_sc(&line->ports[agent]->outboxes[line->line].ring) > 0) {
            return true;
        }
    }
    return false;
}

/* Sleeps until something is due or comes in. When blocked, what has come in may be what cannot be served: then a short
 * while. */
static void line_sleep(struct delay_line *line, const atomic_bool *stop)
{
    uint64_t until_ns = line->immediate ? TIME_NEVER_NS : clock_host_ns(line->clock, wheel_next_ns(&line->wheel));
    const uint64_t before_ns = host_now_ns();
    if (line->blocked && before_ns + BLOCKED_SLEEP_NS < until_ns) {
        until_ns = before_ns + BLOCKED_SLEEP_NS;
    }
    parker_announce(&line->parker, PARKER_SLEEPING);
    /* acquire: pairs with the release of whoever stops the run */
    if (atomic_load_explicit(stop, memory_order_acquire) || (!line->blocked && anything_new(line))) {
        parker_cancel(&line->parker);
        return;
    }
    parker_sleep(&line->parker, PARKER_SLEEPING, until_ns);
    idle_slept(&line->idle, host_now_ns() - before_ns);
}

void delay_line_run(struct delay_line *line, const atomic_bool *stop)
{
    /* acquire: pairs with the release of whoever stops the run */
    while (!atomic_load_explicit(stop, memory_order_acquire)) {
        if (line_round(line) > 0) {
            idle_worked(&line->idle);
        } else if (line->wheel.entries > 0 || idle_wants_sleep(&line->idle)) {
            /* with a due time ahead yielding would only burn the core */
            line_sleep(line, stop);
        }
    }
}

static uint64_t discard_wheel(struct delay_line *line)
{
    uint64_t discarded = 0;
    uint32_t count;
    const struct wheel_entry *entries;
    while (!line->immediate && (entries = wheel_expire(&line->wheel, TIME_NEVER_NS, &count)) != NULL) {
        for (uint32_t i = 0; i < count; i++) {
            struct payload *payload = line->delivery.slab.messages[entries[i].slot].payload;
            if (payload != NULL) {
                payload_drop(payload);
            }
        }
        discarded += count;
    }
    return discarded;
}

static uint64_t discard_outbox(const struct delay_line *line, struct outbox_ring *outbox)
{
    uint64_t discarded = 0;
    while (ring_readable_sc(&outbox->ring) > 0) {
        node_id from;
        const struct message *message = outbox_entry_sc(outbox, 0, &from);
        discarded += (uint64_t)bundle_weight(message) * topology_fan_out(line->topology, line->line, from, message->to);
        if (message->payload != NULL) {
            payload_drop(message->payload);
        }
        ring_release_sc(&outbox->ring, 1);
    }
    return discarded;
}

void delay_line_collect(struct delay_line *line, struct driver_report *report)
{
    report->messages.discarded += delivery_discard(&line->delivery) + discard_wheel(line);
    for (uint32_t agent = 0; agent < line->agents; agent++) {
        report->messages.discarded += discard_outbox(line, &line->ports[agent]->outboxes[line->line]);
    }
    report->messages.duplicated += line->duplicated;
    report->messages.dropped += line->dropped;
    report->stalls += line->stalls;
    histogram_merge(&report->lateness, &line->delivery.lateness);
}

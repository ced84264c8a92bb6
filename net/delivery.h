/* The receiving half of a delay line: hands messages over to the inboxes that the line owns, by reference, in batches.
 *
 * A message is held in the slab while a delivery of it is pending. What a full inbox does not take waits in a list of
 * its own, first in first out; the senders' quotas bound those lists. One thread: the line's. */
#ifndef PBFT_NET_DELIVERY_H
#define PBFT_NET_DELIVERY_H

#include "net/backlog.h"
#include "net/clock.h"
#include "net/histogram.h"
#include "net/slab.h"

/* A reference that an inbox had no room for. */
struct waiting {
    struct reference reference;
    uint64_t due_ns; /* TIME_NEVER_NS: its lateness is not of interest */
};

struct delivery {
    const struct topology *topology;
    const struct run_clock *clock;
    uint32_t line;
    struct slab slab;
    uint32_t targets; /* agents that the line owns; agent = line + target * K */
    struct ring_spsc **inboxes;
    struct parker **bells;
    struct backlog *overflow; /* struct waiting, a list for each target */
    uint64_t overflowed;      /* in all lists */
    uint32_t crowded;         /* targets with anything in their list */
    uint32_t *touched;        /* targets with something to publish */
    bool *is_touched;
    uint32_t touched_count;
    uint32_t *held; /* by agent: its messages in the slab with a delivery pending */
    uint64_t *dues; /* of what this pass handed over */
    uint32_t due_count;
    struct histogram lateness; /* host ns */
};

/* `ports`: all agents'. `slots`: messages that the slab holds at least. False if memory is lacking. */
bool delivery_init(struct delivery *delivery, const struct topology *topology, const struct run_clock *clock,
                   uint32_t line, struct port *const *ports, uint64_t slots);
void delivery_destroy(struct delivery *delivery);

static inline uint32_t delivery_target(const struct delivery *delivery, uint32_t agent)
{
    return delivery->topology->lines == 1 ? agent : agent / delivery->topology->lines;
}

/* Whether most inboxes are full. Then nothing is gained by taking more out of the outboxes: references that wait in
 * lists cost ten times as much as messages that wait in their rings. A few slow agents never make it true. */
static inline bool delivery_is_crowded(const struct delivery *delivery)
{
    return 2 * (uint64_t)delivery->crowded > delivery->targets;
}

/* Copies a message into the slab, held once by the caller; there must be room (slab_room). `number`: which of the
 * sender's it is; told to its receivers if messages have numbers. */
uint32_t delivery_hold(struct delivery *delivery, const struct message *message, node_id from, uint64_t number);
/* Gives one hold, or a delivery that will not be, back. */
void delivery_unhold(struct delivery *delivery, uint32_t slot);

/* Hands over one pending delivery of the slot. */
void delivery_one(struct delivery *delivery, uint32_t target, uint32_t slot, uint64_t due_ns);
/* Hands over messages that the caller holds; those that must wait become pending deliveries. Their payloads carry a
 * reference for each delivery already. */
void delivery_many(struct delivery *delivery, uint32_t target, const struct reference *references, uint32_t count);
/* Notes a due time, whose lateness counts once what was handed over is published. */
void delivery_note_due(struct delivery *delivery, uint64_t due_ns);

/* Ends a pass: retries what waits, publishes, wakes who sleeps, measures, reclaims. Returns how many waited and
 * went. */
uint32_t delivery_flush(struct delivery *delivery);

/* After all threads are joined: gives back everything not taken, and returns how many deliveries that was. */
uint64_t delivery_discard(struct delivery *delivery);

#endif

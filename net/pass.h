/* A pass over messages that no delay holds: everything that the outboxes had, collected first, then handed over
 * destination by destination. So each inbox is written in one go, whole rows of references at a time, and published
 * once, whatever the number of senders. Messages of one sender keep their order. One thread: the line's. */
#ifndef PBFT_NET_PASS_H
#define PBFT_NET_PASS_H

#include "net/delivery.h"

/* A message for one destination, in its place among the broadcasts. */
struct pass_single {
    struct reference reference;
    uint32_t position; /* broadcasts before it */
    uint32_t next;     /* the next for the same target */
};

struct pass {
    struct delivery *delivery;
    struct reference *broadcasts;
    uint32_t broadcast_count;
    uint32_t *own_first, *own_last; /* by replica: its own broadcasts, which it does not get */
    struct pass_single *singles;
    uint32_t single_count;
    uint32_t *first_single, *last_single; /* by target */
    uint32_t capacity;                    /* messages */
};

/* False if memory is lacking. */
bool pass_init(struct pass *pass, struct delivery *delivery, uint32_t capacity);
void pass_destroy(struct pass *pass);

static inline uint32_t pass_room(const struct pass *pass)
{
    return pass->capacity - pass->broadcast_count - pass->single_count;
}

/* Takes over a message that came out of `from`'s ring, its `number`-th, with the one payload reference that it holds.
 * Messages of one sender must come back to back. There must be room here and in the slab. */
void pass_add(struct pass *pass, const struct message *message, node_id from, uint64_t number);
/* Hands everything over; the pass is empty again. */
void pass_fan_out(struct pass *pass);

#endif

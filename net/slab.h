/* Where a delay line keeps each message once, whoever it goes to: slots of a cache line, in segments. Readers of other
 * threads know a message by its slot number.
 *
 * Reclaiming costs neither an atomic nor a count that readers touch. The line counts, for itself, a slot's deliveries
 * that it has not handed over yet. A segment that is full and has none left joins a group; when a group is taken, the
 * producer's indices of all inboxes are remembered, and when every consumer has passed its index nobody can still be
 * reading the group's messages (consumers release an entry only when they are done with what it names).
 *
 * Within a segment, slots are filled in order.
 *
 * One thread, but for `messages` and `numbers`, which agents read. */
#ifndef PBFT_NET_SLAB_H
#define PBFT_NET_SLAB_H

#include "net/port.h"

#ifndef SLAB_SEGMENT_BITS
#define SLAB_SEGMENT_BITS 8
#endif
#define SLAB_SEGMENT (1u << SLAB_SEGMENT_BITS)
#define SLAB_NONE UINT32_MAX

struct slab_slot {
    node_id from;
    uint32_t pending; /* deliveries not handed over yet, and holds */
};

struct slab_segment {
    uint32_t pending; /* slots with anything pending */
    uint32_t next;
};

/* Segments in a row, by number. */
struct slab_list {
    uint32_t first, last;
};

struct slab {
    struct message *messages;
    uint64_t *numbers; /* while recording: which of its sender's messages each is; else NULL */
    struct slab_slot *slots;
    struct slab_segment *segments;
    uint32_t segment_count;
    uint32_t unused; /* segments from here on were never used */
    uint32_t free;   /* list of free ones, last freed first: its lines are likely still in cache */
    uint32_t free_count;
    uint32_t current, filled;    /* segment being filled; slots used in it */
    struct slab_list done;       /* full, handed over, waiting for a group */
    struct slab_list leaving;    /* the group: waits for the consumers */
    uint32_t *tails;             /* indices that they must pass */
    uint32_t ring_count, passed; /* inboxes; the first `passed` of them have passed */
    struct ring_spsc *const *rings;
};

/* `slots` at least; `rings` are the inboxes that this slab's messages go to, borrowed. False if memory is lacking. */
bool slab_init(struct slab *slab, uint64_t slots, struct ring_spsc *const *rings, uint32_t ring_count);
void slab_destroy(struct slab *slab);
/* Before its use: messages have numbers from now on. False if memory is lacking. */
bool slab_number(struct slab *slab);

/* How many more messages fit for sure. */
uint64_t slab_room(const struct slab *slab);
/* Copies the message; there must be room. The slot starts with one hold, as if one delivery were pending. */
uint32_t slab_put(struct slab *slab, const struct message *message, node_id from);
/* More deliveries of a slot that has something pending. */
static inline void slab_add_pending(struct slab *slab, uint32_t slot, uint32_t deliveries)
{
    slab->slots[slot].pending += deliveries;
}
/* One less; returns whether it was the last. */
bool slab_handed_over(struct slab *slab, uint32_t slot);
/* Frees what nobody can be reading any more. Call when all that was handed over is published. */
void slab_reclaim(struct slab *slab);

#endif

/* The rings between threads: Concurrency Kit's, with one producer (_sp) and one consumer (_sc) each. The only module
 * that knows ck_ring.
 *
 * ck's own calls publish an entry at a time, and its dequeue gives the slot back before the caller has looked. Here the
 * producer fills slots in place and publishes them with one store; the consumer reads slots in place, for as long as it
 * likes, and gives them back with one store when it is done: what it reads is BORROWED until ring_release_sc().
 * Nothing is shared but ck's two indices, each written by one side.
 *
 * Capacity is the size less one. Functions ending in _sp are the producer's thread's, _sc the consumer's; the others
 * may be called by any thread and are exact when nobody else is at it. */
#ifndef PBFT_NET_RING_H
#define PBFT_NET_RING_H

#include <ck_ring.h>

#include "core/journal.h"
#include "core/message.h"
#include "core/node.h"

struct ring_spsc {
    ck_ring_t shared;                       /* c_head, p_tail: a cache line each; size and mask in a third */
    unsigned char *slots;                   /* immutable, like size and mask beside it */
    _Alignas(CACHE_LINE) unsigned int fill; /* producer: next slot to fill; those from p_tail on are not published */
    unsigned int known_head;                /* producer: the consumer's index when last looked at */
    _Alignas(CACHE_LINE) unsigned int known_tail; /* consumer: the producer's index when last looked at */
};

/* `size` slots, a power of two and at least 2. False if memory is lacking. */
bool ring_init(struct ring_spsc *ring, uint32_t size, size_t slot_bytes);
/* Also of a ring of zeros. */
void ring_destroy(struct ring_spsc *ring);

static inline uint32_t ring_capacity(const struct ring_spsc *ring)
{
    return ring->shared.mask;
}

/* Slots that can be filled now: at least `wanted` if there are as many. Looks at the consumer's cache line only if
 * what it knew is not enough. */
static inline uint32_t ring_room_sp(struct ring_spsc *ring, uint32_t wanted)
{
    uint32_t room = ring->shared.mask - (ring->fill - ring->known_head);
    if (room < wanted) {
        ring->known_head = ck_pr_load_uint(&ring->shared.c_head);
        /* the slots' new contents must not be written before the consumer's release was seen */
        ck_pr_fence_load_store();
        room = ring->shared.mask - (ring->fill - ring->known_head);
    }
    return room;
}

/* Makes what was filled visible. */
static inline void ring_publish_sp(struct ring_spsc *ring)
{
    /* contents before index */
    ck_pr_fence_store();
    ck_pr_store_uint(&ring->shared.p_tail, ring->fill);
}

/* The producer's index, and whether the consumer has released everything before `index`. */
static inline uint32_t ring_tail_sp(const struct ring_spsc *ring)
{
    return ring->fill;
}

static inline bool ring_passed_sp(const struct ring_spsc *ring, uint32_t index)
{
    const unsigned int head = ck_pr_load_uint(&ring->shared.c_head);
    /* whoever reuses what the slots named does so after the consumer's release */
    ck_pr_fence_load_store();
    return (int32_t)(head - index) >= 0;
}

/* Entries to read, 0 .. capacity. Looks at the producer's cache line only if it knew of none. */
static inline uint32_t ring_readable_sc(struct ring_spsc *ring)
{
    if (ring->known_tail == ring->shared.c_head) {
        ring->known_tail = ck_pr_load_uint(&ring->shared.p_tail);
        /* index before contents */
        ck_pr_fence_load();
    }
    return ring->known_tail - ring->shared.c_head;
}

/* Gives the first `count` entries back, when everything that was borrowed from them is done with. */
static inline void ring_release_sc(struct ring_spsc *ring, uint32_t count)
{
    /* reads of the contents, and of what they name, before index: release */
    ck_pr_fence_load_store();
    ck_pr_fence_store();
    ck_pr_store_uint(&ring->shared.c_head, ring->shared.c_head + count);
}

/* Entries published and not released; for reports by any thread. */
uint32_t ring_depth(const struct ring_spsc *ring);
/* A number that changes whenever either index moves, but for once in 2^32; any thread. */
uint32_t ring_signature(const struct ring_spsc *ring);

/* Which slot the `offset`-th entry from `index` is in. */
static inline uint32_t ring_slot(const struct ring_spsc *ring, uint32_t index, uint32_t offset)
{
    return (index + offset) & ring->shared.mask;
}

/* Entries to read that lie back to back. */
static inline uint32_t ring_straight_sc(struct ring_spsc *ring)
{
    const uint32_t readable = ring_readable_sc(ring);
    const uint32_t before_wrap = ring->shared.size - ring_slot(ring, ring->shared.c_head, 0);
    return readable < before_wrap ? readable : before_wrap;
}

/* Delay line -> agent: what names a message in the line's slab, and whose ring the message came out of. */
static inline void inbox_fill_sp(struct ring_spsc *inbox, struct reference reference)
{
    ((struct reference *)(void *)inbox->slots)[inbox->fill++ & inbox->shared.mask] = reference;
}

/* Fills `count` slots, for which there is room. */
void inbox_fill_many_sp(struct ring_spsc *inbox, const struct reference *references, uint32_t count);

/* The first references that lie back to back, `*count` of them: fewer than are readable where the ring wraps. */
static inline const struct reference *inbox_entries_sc(struct ring_spsc *inbox, uint32_t *count)
{
    *count = ring_straight_sc(inbox);
    return &((const struct reference *)(const void *)inbox->slots)[ring_slot(inbox, inbox->shared.c_head, 0)];
}

static inline struct reference inbox_entry_sc(const struct ring_spsc *inbox, uint32_t offset)
{
    const uint32_t slot = ring_slot(inbox, inbox->shared.c_head, offset);
    return ((const struct reference *)(const void *)inbox->slots)[slot];
}

/* Node -> delay line: messages by value. Where several nodes share an agent, the agent says beside each message which
 * of them sent it. */
struct outbox_ring {
    struct ring_spsc ring;
    node_id *authors; /* a slot each, or NULL: all by `author` */
    node_id author;
    uint64_t *numbers; /* while recording: a slot each, which of its author's messages it is; else NULL */
};

bool outbox_ring_init(struct outbox_ring *outbox, uint32_t size, bool shared, node_id author);
void outbox_ring_destroy(struct outbox_ring *outbox);
/* Before its use: messages carry numbers from now on. False if memory is lacking. */
bool outbox_ring_number(struct outbox_ring *outbox);

static inline void outbox_fill_sp(struct outbox_ring *outbox, const struct message *message, node_id author)
{
    const uint32_t slot = outbox->ring.fill++ & outbox->ring.shared.mask;
    ((struct message *)(void *)outbox->ring.slots)[slot] = *message;
    if (outbox->authors != NULL) {
        outbox->authors[slot] = author;
    }
}

static inline const struct message *outbox_entry_sc(const struct outbox_ring *outbox, uint32_t offset, node_id *author)
{
    const uint32_t slot = ring_slot(&outbox->ring, outbox->ring.shared.c_head, offset);
    *author = outbox->authors != NULL ? outbox->authors[slot] : outbox->author;
    return &((const struct message *)(const void *)outbox->ring.slots)[slot];
}

/* The number of the message that was filled in last, and of the `offset`-th that can be read. */
static inline void outbox_number_sp(struct outbox_ring *outbox, uint64_t number)
{
    if (outbox->numbers != NULL) {
        outbox->numbers[(outbox->ring.fill - 1) & outbox->ring.shared.mask] = number;
    }
}

static inline uint64_t outbox_number_sc(const struct outbox_ring *outbox, uint32_t offset)
{
    return outbox->numbers != NULL ? outbox->numbers[ring_slot(&outbox->ring, outbox->ring.shared.c_head, offset)] : 0;
}

/* Agent -> caller's thread: journal entries by value. */
static inline void journal_fill_sp(struct ring_spsc *journal, const struct journal_entry *entry)
{
    ((struct journal_entry *)(void *)journal->slots)[journal->fill++ & journal->shared.mask] = *entry;
}

/* The first entries that lie back to back, `*count` of them: fewer than are readable where the ring wraps. */
const struct journal_entry *journal_entries_sc(struct ring_spsc *journal, uint32_t *count);

#endif

/* The event queue's heap: the few deliveries that its calendar does not take. One thread. */
#ifndef PBFT_NET_EVENT_HEAP_H
#define PBFT_NET_EVENT_HEAP_H

#include "core/types.h"

#define EVENT_SLOT_BITS 26 /* of what names a message */
#define EVENT_MOST_SLOTS (1u << EVENT_SLOT_BITS)

/* The order of two messages by their slots, <0, 0, >0, for deliveries to one destination at one instant. */
typedef int event_compare(const void *context, uint32_t a, uint32_t b);

struct event_heap_entry {
    uint64_t time_ns;
    uint64_t low; /* destination << .. | processed << EVENT_SLOT_BITS | slot */
};

struct event_heap {
    struct event_heap_entry *entries; /* a binary heap by time, then what is above the slot, then message */
    size_t count, capacity;
    event_compare *compare;
    const void *context;
};

/* An empty one needs no memory; release its entries with free(). False if memory is lacking. */
bool event_heap_push(struct event_heap *heap, struct event_heap_entry entry);
/* Takes out the first of at least one. */
void event_heap_pop(struct event_heap *heap);

/* About 9 in 10 of its deliveries lie less than this ahead of `now_ns`; a guess from a sample, 0 if it is empty. */
uint64_t event_heap_reach(const struct event_heap *heap, uint64_t now_ns);

static inline uint32_t event_slot(uint64_t key)
{
    return (uint32_t)key & (EVENT_MOST_SLOTS - 1);
}

/* Whether two keys agree in all but the slot. */
static inline bool event_same_place(uint64_t a, uint64_t b)
{
    return a >> EVENT_SLOT_BITS == b >> EVENT_SLOT_BITS;
}

#endif

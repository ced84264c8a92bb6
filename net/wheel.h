/* A hierarchical timing wheel: what is due when, millions of entries at once, constant cost each. Ticks of 16.384
 * us.
 *
 * An entry comes out at the first tick at or after its due time: never early, less than a tick late by the wheel
 * itself. Entries of one tick come out in the order in which they went in. Level 0 has a bucket a tick for the
 * current stretch of 67 ms; later ones wait in coarser levels and move down once for each level, in order, when
 * their stretch begins. One thread. */
#ifndef PBFT_NET_WHEEL_H
#define PBFT_NET_WHEEL_H

#include "core/types.h"

#define WHEEL_TICK_BITS 14
#define WHEEL_TICK_NS (1u << WHEEL_TICK_BITS)
#define WHEEL_LEVELS 4

struct wheel_entry {
    uint64_t due_ns;
    uint32_t slot;
    uint32_t agent;
};

#define WHEEL_CHUNK 15u
struct wheel_chunk {
    uint32_t next;
    uint32_t count;
    uint64_t unused;
    struct wheel_entry entries[WHEEL_CHUNK];
};

/* Chunks in a row, by number; 0 is none. */
struct wheel_bucket {
    uint32_t first, last;
};

struct wheel_level {
    struct wheel_bucket *buckets;
    uint64_t *occupied; /* a bit for each bucket */
    uint32_t bits;      /* of the number of buckets */
    uint32_t shift;     /* a bucket spans 2^shift ticks */
};

struct wheel {
    struct wheel_level levels[WHEEL_LEVELS];
    struct wheel_chunk *chunks;
    uint32_t chunk_count, unused, free; /* chunks from `unused` on were never used; 0 = none free */
    uint32_t expired;                   /* chunk that wheel_expire() lent last */
    uint64_t cursor;                    /* the next tick to look at; all before it are empty */
    uint64_t entries, capacity;
};

/* Room for `capacity` entries; memory is touched as it fills. False if memory is lacking. */
bool wheel_init(struct wheel *wheel, uint64_t capacity);
void wheel_destroy(struct wheel *wheel);

static inline uint64_t wheel_room(const struct wheel *wheel)
{
    return wheel->capacity - wheel->entries;
}

/* There must be room. Due times that have passed come out at the next wheel_expire(). */
void wheel_insert(struct wheel *wheel, uint64_t due_ns, uint32_t slot, uint32_t agent);
/* Some of the entries that are due at `now_ns`, in order; NULL when there are none left. They are lent until the next
 * call, and no longer counted. Call until NULL. */
const struct wheel_entry *wheel_expire(struct wheel *wheel, uint64_t now_ns, uint32_t *count);
/* A time before which nothing is due, and at which something may be; TIME_NEVER_NS if the wheel is empty. */
uint64_t wheel_next_ns(const struct wheel *wheel);

#endif

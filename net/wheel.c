#include "net/wheel.h"

#include <assert.h>
#include <string.h>

#include "net/memory.h"

static const uint32_t level_bits[WHEEL_LEVELS] = {12, 10, 10, 10};

/* 2.3 years of ticks: what is due later never comes in a run. */
#define LAST_TICK ((UINT64_C(1) << 42) - 1)

bool wheel_init(struct wheel *wheel, uint64_t capacity)
{
    memset(wheel, 0, sizeof *wheel);
    uint32_t shift = 0;
    uint64_t buckets = 0;
    bool done = true;
    for (uint32_t i = 0; i < WHEEL_LEVELS; i++) {
        struct wheel_level *level = &wheel->levels[i];
        level->bits = level_bits[i];
        level->shift = shift;
        shift += level->bits;
        const size_t count = (size_t)1 << level->bits;
        buckets += count;
        level->buckets = memory_reserve(count * sizeof *level->buckets);
        level->occupied = memory_reserve(count / 8);
        done = done && level->buckets != NULL && level->occupied != NULL;
    }
    /* only a bucket's last chunk can be partly filled; one more is lent out, one more is being moved */
    const uint64_t chunks = capacity / WHEEL_CHUNK + buckets + 4;
    assert(chunks < UINT32_MAX);
    wheel->capacity = capacity;
    wheel->chunk_count = (uint32_t)chunks;
    wheel->unused = 1;
    wheel->chunks = memory_reserve(chunks * sizeof *wheel->chunks);
    if (!done || wheel->chunks == NULL) {
        wheel_destroy(wheel);
        return false;
    }
    return true;
}

void wheel_destroy(struct wheel *wheel)
{
    for (uint32_t i = 0; i < WHEEL_LEVELS; i++) {
        struct wheel_level *level = &wheel->levels[i];
        const size_t count = (size_t)1 << level->bits;
        memory_release(level->buckets, count * sizeof *level->buckets);
        memory_release(level->occupied, count / 8);
    }
    memory_release(wheel->chunks, wheel->chunk_count * sizeof *wheel->chunks);
    memset(wheel, 0, sizeof *wheel);
}

static uint32_t chunk_take(struct wheel *wheel)
{
    uint32_t chunk = wheel->free;
    if (chunk != 0) {
        wheel->free = wheel->chunks[chunk].next;
    } else {
        assert(wheel->unused < wheel->chunk_count);
        chunk = wheel->unused++;
    }
    wheel->chunks[chunk].next = 0;
    wheel->chunks[chunk].count = 0;
    return chunk;
}

static void chunk_give(struct wheel *wheel, uint32_t chunk)
{
    wheel->chunks[chunk].next = wheel->free;
    wheel->free = chunk;
}

static void level_add(struct wheel *wheel, struct wheel_level *level, uint64_t tick, const struct wheel_entry *entry)
{
    const uint32_t index = (uint32_t)(tick >> level->shift) & ((1u << level->bits) - 1);
    struct wheel_bucket *bucket = &level->buckets[index];
    if (bucket->first == 0) {
        bucket->first = bucket->last = chunk_take(wheel);
        level->occupied[index / 64] |= UINT64_C(1) << (index % 64);
    } else if (wheel->chunks[bucket->last].count == WHEEL_CHUNK) {
        const uint32_t chunk = chunk_take(wheel);
        wheel->chunks[bucket->last].next = chunk;
        bucket->last = chunk;
    }
    struct wheel_chunk *chunk = &wheel->chunks[bucket->last];
    chunk->entries[chunk->count++] = *entry;
}

/* The first tick at or after `due_ns`, not before the cursor. */
static uint64_t tick_of(const struct wheel *wheel, uint64_t due_ns)
{
    uint64_t tick = due_ns >> WHEEL_TICK_BITS;
    tick += (due_ns & (WHEEL_TICK_NS - 1)) != 0;
    if (tick > LAST_TICK) {
        tick = LAST_TICK;
    }
    return tick < wheel->cursor ? wheel->cursor : tick;
}

/* The finest level whose current turn holds `tick`: turns are aligned, so that an entry which moves down joins its tick
 * before any that goes there directly. */
static void place(struct wheel *wheel, const struct wheel_entry *entry)
{
    const uint64_t tick = tick_of(wheel, entry->due_ns);
    uint32_t i = 0;
    while (i + 1 < WHEEL_LEVELS) {
        const uint32_t turn = wheel->levels[i].shift + wheel->levels[i].bits;
        if (tick >> turn == wheel->cursor >> turn) {
            break;
        }
        i++;
    }
    level_add(wheel, &wheel->levels[i], tick, entry);
}

void wheel_insert(struct wheel *wheel, uint64_t due_ns, uint32_t slot, uint32_t agent)
{
    assert(wheel->entries < wheel->capacity);
    const struct wheel_entry entry = {.due_ns = due_ns, .slot = slot, .agent = agent};
    place(wheel, &entry);
    wheel->entries++;
}

/* The first occupied bucket at or after `index`, or the number of buckets. */
static uint32_t level_next(const struct wheel_level *level, uint32_t index)
{
    const uint32_t count = 1u << level->bits;
    uint64_t word = level->occupied[index / 64] & (UINT64_MAX << (index % 64));
    while (word == 0) {
        index = (index / 64 + 1) * 64;
        if (index >= count) {
            return count;
        }
        word = level->occupied[index / 64];
    }
    return index / 64 * 64 + (uint32_t)__builtin_ctzll(word);
}

/* Moves the bucket of `level` in which the cursor's new stretch lies down to finer levels. */
static void move_down(struct wheel *wheel, struct wheel_level *level)
{
    const uint32_t index = (uint32_t)(wheel->cursor >> level->shift) & ((1u << level->bits) - 1);
    uint32_t next = level->buckets[index].first;
    level->buckets[index] = (struct wheel_bucket){0, 0};
    level->occupied[index / 64] &= ~(UINT64_C(1) << (index % 64));
    while (next != 0) {
        const uint32_t chunk = next;
        next = wheel->chunks[chunk].next;
        for (uint32_t i = 0; i < wheel->chunks[chunk].count; i++) {
            place(wheel, &wheel->chunks[chunk].entries[i]);
        }
        chunk_give(wheel, chunk);
    }
}

static void cursor_set(struct wheel *wheel, uint64_t tick)
{
    const uint64_t before = wheel->cursor;
    wheel->cursor = tick;
    for (uint32_t i = WHEEL_LEVELS - 1; i > 0; i--) {
        if (before >> wheel->levels[i].shift != tick >> wheel->levels[i].shift) {
            move_down(wheel, &wheel->levels[i]);
        }
    }
}

/* The first tick after the current turn of level 0 at which anything may be: the start of an occupied coarser
 * bucket. */
static uint64_t next_turn(const struct wheel *wheel)
{
    for (uint32_t i = 1; i < WHEEL_LEVELS; i++) {
        const struct wheel_level *level = &wheel->levels[i];
        const uint32_t count = 1u << level->bits;
        const uint64_t position = wheel->cursor >> level->shift;
        const uint32_t index = (uint32_t)position & (count - 1);
        const uint32_t next = index + 1 < count ? level_next(level, index + 1) : count;
        if (next < count) {
            return (position - index + next) << level->shift;
        }
    }
    return LAST_TICK + 1;
}

/* The first tick from the cursor on at which anything may be. */
static uint64_t next_tick(const struct wheel *wheel)
{
    const struct wheel_level *ticks = &wheel->levels[0];
    const uint64_t turn = UINT64_C(1) << ticks->bits;
    const uint64_t start = wheel->cursor & ~(turn - 1);
    const uint64_t found = start + level_next(ticks, (uint32_t)(wheel->cursor - start));
    return found < start + turn ? found : next_turn(wheel);
}

/* Moves the cursor to the next occupied tick up to `last`; false, and the cursor past `last`, if there is none. */
static bool cursor_seek(struct wheel *wheel, uint64_t last)
{
    const uint64_t turn = UINT64_C(1) << wheel->levels[0].bits;
    while (wheel->cursor <= last) {
        const uint64_t next = next_tick(wheel);
        if (next > last) {
            cursor_set(wheel, last + 1);
            return false;
        }
        const bool here = next / turn == wheel->cursor / turn;
        cursor_set(wheel, next);
        if (here) {
            return true;
        }
    }
    return false;
}

const struct wheel_entry *wheel_expire(struct wheel *wheel, uint64_t now_ns, uint32_t *count)
{
    if (wheel->expired != 0) {
        chunk_give(wheel, wheel->expired);
        wheel->expired = 0;
    }
    const uint64_t last = now_ns >> WHEEL_TICK_BITS;
    if (!cursor_seek(wheel, last < LAST_TICK ? last : LAST_TICK)) {
        return NULL;
    }
    struct wheel_level *ticks = &wheel->levels[0];
    const uint32_t index = (uint32_t)wheel->cursor & ((1u << ticks->bits) - 1);
    struct wheel_bucket *bucket = &ticks->buckets[index];
    wheel->expired = bucket->first;
    struct wheel_chunk *chunk = &wheel->chunks[bucket->first];
    bucket->first = chunk->next;
    if (bucket->first == 0) {
        bucket->last = 0;
        ticks->occupied[index / 64] &= ~(UINT64_C(1) << (index % 64));
    }
    wheel->entries -= chunk->count;
    *count = chunk->count;
    return chunk->entries;
}

uint64_t wheel_next_ns(const struct wheel *wheel)
{
    if (wheel->entries == 0) {
        return TIME_NEVER_NS;
    }
    return next_tick(wheel) << WHEEL_TICK_BITS;
}

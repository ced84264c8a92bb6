#include "net/message_pool.h"

#include <assert.h>
#include <stdlib.h>

void message_pool_create(struct message_pool *pool, uint32_t most)
{
    *pool = (struct message_pool){.most = most};
}

void message_pool_destroy(struct message_pool *pool)
{
    for (uint32_t slot = 0; slot < pool->capacity; slot++) {
        const struct message *message = message_pool_at(pool, slot);
        if (pool->flights[slot].pending > 0 && message->payload != NULL) {
            payload_drop(message->payload);
        }
    }
    for (uint32_t i = 0; i < pool->capacity / MESSAGE_SEGMENT; i++) {
        free(pool->segments[i]);
    }
    free(pool->segments);
    free(pool->flights);
    free(pool->free_slots);
}

/* Makes one of the pool's arrays hold `count` entries; false if memory is lacking. */
static bool resize(void **array, size_t count, size_t entry_size)
{
    void *larger = realloc(*array, count * entry_size);
    if (larger == NULL) {
        return false;
    }
    *array = larger;
    return true;
}

/* Arrays grow by doubling, of which the memory not yet touched costs nothing; messages by a segment at a time. */
static bool grow_arrays(struct message_pool *pool, uint32_t capacity)
{
    void *segments = pool->segments;
    void *flights = pool->flights;
    void *free_slots = pool->free_slots;
    bool grown = resize(&segments, capacity / MESSAGE_SEGMENT, sizeof *pool->segments) &&
                 resize(&flights, capacity, sizeof *pool->flights) &&
                 resize(&free_slots, capacity, sizeof *pool->free_slots);
    pool->segments = segments;
    pool->flights = flights;
    pool->free_slots = free_slots;
    return grown;
}

bool message_pool_grow(struct message_pool *pool)
{
    assert(pool->free_count == 0);
    if (pool->most - pool->capacity < MESSAGE_SEGMENT) {
        return false;
    }
    uint32_t capacity = pool->capacity + MESSAGE_SEGMENT;
    bool power_of_two = (pool->capacity & (pool->capacity - 1)) == 0;
    if (power_of_two && !grow_arrays(pool, pool->capacity == 0 ? MESSAGE_SEGMENT : 2 * pool->capacity)) {
        return false;
    }
    struct message *segment = aligned_alloc(CACHE_LINE, MESSAGE_SEGMENT * sizeof *segment);
    if (segment == NULL) {
        return false;
    }
    pool->segments[pool->capacity / MESSAGE_SEGMENT] = segment;
    for (uint32_t slot = capacity; slot-- > pool->capacity;) {
        pool->flights[slot] = (struct flight){0};
        pool->free_slots[pool->free_count++] = slot;
    }
    pool->capacity = capacity;
    return true;
}

uint32_t message_pool_add(struct message_pool *pool, const struct message *message, node_id from)
{
    if (pool->free_count == 0 && !message_pool_grow(pool)) {
        return UINT32_MAX;
    }
    uint32_t slot = pool->free_slots[--pool->free_count];
    pool->segments[slot >> MESSAGE_SEGMENT_BITS][slot & (MESSAGE_SEGMENT - 1)] = *message;
    pool->flights[slot] = (struct flight){.pending = 1, .from = from};
    return slot;
}

void message_pool_free(struct message_pool *pool, uint32_t slot)
{
    assert(pool->flights[slot].pending == 0);
    const struct message *message = message_pool_at(pool, slot);
    if (message->payload != NULL) {
        payload_drop(message->payload);
    }
    pool->free_slots[pool->free_count++] = slot;
}

#define COMPARE(a, b)                  \
    do {                               \
        if ((a) != (b)) {              \
            return (a) < (b) ? -1 : 1; \
        }                              \
    } while (false)

/* Told apart by what they contain: two messages that one node sent under one name. */
static int compare_contents(const struct message *a, const struct message *b)
{
    COMPARE(a->sent_ns, b->sent_ns);
    COMPARE(a->digest.words[0], b->digest.words[0]);
    COMPARE(a->digest.words[1], b->digest.words[1]);
    COMPARE(a->sender, b->sender);
    COMPARE(a->tag, b->tag);
    COMPARE(a->flags, b->flags);
    COMPARE(a->payload != NULL, b->payload != NULL);
    if (a->payload != NULL && a->payload != b->payload) {
        COMPARE(payload_digest(a->payload).words[0], payload_digest(b->payload).words[0]);
        COMPARE(payload_digest(a->payload).words[1], payload_digest(b->payload).words[1]);
    }
    return 0;
}

int message_pool_compare(const struct message_pool *pool, uint32_t a, uint32_t b)
{
    const struct message *first = message_pool_at(pool, a);
    const struct message *second = message_pool_at(pool, b);
    COMPARE(pool->flights[a].from, pool->flights[b].from);
    COMPARE(first->type, second->type);
    COMPARE(first->view, second->view);
    COMPARE(first->sequence, second->sequence);
    COMPARE(first->attempt, second->attempt);
    return compare_contents(first, second);
}

uint64_t message_pool_pending(const struct message_pool *pool)
{
    uint64_t pending = 0;
    for (uint32_t slot = 0; slot < pool->capacity; slot++) {
        pending += pool->flights[slot].pending;
    }
    return pending;
}

/* Messages under way in the virtual driver: each is stored once, however many destinations it has, with a count of the
 * deliveries still to be made. A message does not move while it is under way. One thread. */
#ifndef PBFT_NET_MESSAGE_POOL_H
#define PBFT_NET_MESSAGE_POOL_H

#include "core/message.h"
#include "core/types.h"

/* Messages are kept in segments, so that a growing pool leaves those that a step has borrowed where they are. */
#define MESSAGE_SEGMENT_BITS 10
#define MESSAGE_SEGMENT (1u << MESSAGE_SEGMENT_BITS)

struct flight {
    uint32_t pending; /* deliveries still to be made; 0 = the slot is free */
    node_id from;
    uint64_t number; /* which of its sender's messages it is */
};

struct message_pool {
    struct message **segments;
    struct flight *flights; /* by slot */
    uint32_t *free_slots;   /* a stack: what was freed last is still in cache */
    uint32_t free_count;
    uint32_t capacity, most; /* slots now, and at most */
};

/* For at most `most` messages at once; allocates as they come. */
void message_pool_create(struct message_pool *pool, uint32_t most);
/* Drops the payload references that are still held. */
void message_pool_destroy(struct message_pool *pool);

/* Takes a copy of `message` and with it the one reference to its payload. The slot's count is 1: the caller's, who sets
 * what it must be with message_pool_release() or message_pool_hold(). UINT32_MAX if there is no room. */
uint32_t message_pool_add(struct message_pool *pool, const struct message *message, node_id from);
/* Makes more room, for message_pool_add(). */
bool message_pool_grow(struct message_pool *pool);

/* Gives an empty slot back and drops its payload. */
void message_pool_free(struct message_pool *pool, uint32_t slot);

static inline const struct message *message_pool_at(const struct message_pool *pool, uint32_t slot)
{
    return &pool->segments[slot >> MESSAGE_SEGMENT_BITS][slot & (MESSAGE_SEGMENT - 1)];
}

static inline node_id message_pool_from(const struct message_pool *pool, uint32_t slot)
{
    return pool->flights[slot].from;
}

/* The number is told by whoever added the message, if anybody wants to know. */
static inline uint64_t message_pool_number(const struct message_pool *pool, uint32_t slot)
{
    return pool->flights[slot].number;
}

static inline void message_pool_set_number(struct message_pool *pool, uint32_t slot, uint64_t number)
{
    pool->flights[slot].number = number;
}

static inline void message_pool_hold(struct message_pool *pool, uint32_t slot, uint32_t deliveries)
{
    pool->flights[slot].pending += deliveries;
}

/* A delivery less to be made. */
static inline void message_pool_release(struct message_pool *pool, uint32_t slot)
{
    if (--pool->flights[slot].pending == 0) {
        message_pool_free(pool, slot);
    }
}

/* Asks for the cache lines of a slot that is about to be delivered. */
static inline void message_pool_prefetch(const struct message_pool *pool, uint32_t slot)
{
    __builtin_prefetch(message_pool_at(pool, slot));
    __builtin_prefetch(&pool->flights[slot], 1);
}

/* The order of messages that reach one node at one instant: by source, type, view, sequence, attempt. What a
 * misbehaving node sends twice under one such name is told apart by its contents; 0 only for equal messages. */
int message_pool_compare(const struct message_pool *pool, uint32_t a, uint32_t b);

/* Deliveries still to be made of all messages. */
uint64_t message_pool_pending(const struct message_pool *pool);

#endif

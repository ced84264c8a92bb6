/* The contents of accepted pre-prepares that a later view put something else in the place of: kept, a list for each
 * sequence number, until a checkpoint makes it stable, for a certificate that others hold may still name them (R33).
 *
 * A sequence number has at most one for each view that the replica was active in. Places come from a pool of
 * KEPT_VIEWS for each sequence number of the window; where that is used up, the oldest one of the same sequence number
 * makes room. One owner, one thread. */
#ifndef PBFT_CORE_KEPT_H
#define PBFT_CORE_KEPT_H

#include "core/payload.h"

#define KEPT_VIEWS 64u
#define KEPT_NOTHING 0u /* the pool's first place is never given out */

struct kept_contents {
    struct payload *payload; /* a reference is held */
    uint32_t next;           /* older */
};

struct kept_pool {
    struct kept_contents *places;
    uint32_t capacity; /* places, the first of them included */
    uint32_t fresh;    /* places from here on were never used, and cost no memory yet */
    uint32_t free;     /* head of the list of those given back */
};

/* For a window of so many sequence numbers. Returns false when out of memory; kept_destroy() is right also then. */
bool kept_create(struct kept_pool *pool, uint32_t window);
/* Every list must be empty. */
void kept_destroy(struct kept_pool *pool);

/* Puts the contents, of which a list has at most one by the same digest, at the head; takes a reference. */
void kept_add(struct kept_pool *pool, uint32_t *head, struct payload *payload);
/* The contents of this digest, or NULL. The list keeps its reference. */
struct payload *kept_find(const struct kept_pool *pool, uint32_t head, struct digest digest);
/* Empties the list. */
void kept_clear(struct kept_pool *pool, uint32_t *head);

#endif

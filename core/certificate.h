/* A certificate under construction: who voted, and the XOR of their tags (R30). The hot path of the program.
 *
 * Up to 64 replicas fit one word; beyond that the senders are a bitset from a pool. A certificate belongs to one view
 * (R10); what it is about, sequence number and digest, is known to its slot. One owner, one thread. */
#ifndef PBFT_CORE_CERTIFICATE_H
#define PBFT_CORE_CERTIFICATE_H

#include <assert.h>

#include "core/types.h"

union sender_set {
    uint64_t word;   /* n <= 64: bit i = replica i */
    uint64_t *words; /* n > 64: from the pool, or NULL while empty */
};

struct certificate {
    uint64_t tags; /* XOR of the tags of all that are counted */
    union sender_set senders;
    view_number view;
    uint16_t count;    /* distinct senders */
    bool opened : 1;   /* prepares: the pre-prepare was accepted, and is its primary's vote (R3) */
    bool complete : 1; /* the quorum was reached and acted upon */
    bool beside : 1;   /* prepares: the slot has votes for other digests on its side list */
};

_Static_assert(sizeof(struct certificate) == 24, "two certificates and a digest are one cache line");

/* Bitsets for n > 64. Zeroed when handed out; last given back first handed out, so that only as much memory is
 * touched as is in use at once. Sized at start-up; it cannot run out when `capacity` counts every certificate. */
struct bitset_pool {
    uint32_t words_each; /* 0 when n <= 64: no pool */
    uint32_t free_count;
    uint64_t *memory;
    uint32_t *free;
};

/* False if memory is lacking. */
bool bitset_pool_create(struct bitset_pool *pool, uint32_t replicas, uint32_t capacity);
void bitset_pool_destroy(struct bitset_pool *pool);
uint64_t *bitset_take(struct bitset_pool *pool);
void bitset_give(struct bitset_pool *pool, uint64_t *words);

/* Whether the sender's vote is counted. */
static inline bool certificate_has(const struct certificate *certificate, const struct bitset_pool *pool,
                                   node_id sender)
{
    if (pool->words_each == 0) {
        return certificate->senders.word >> sender & 1;
    }
    return certificate->senders.words != NULL && (certificate->senders.words[sender / 64] >> (sender % 64) & 1);
}

/* Counts a vote. False if this sender's is counted already (R4). */
static inline bool certificate_add(struct certificate *certificate, struct bitset_pool *pool, node_id sender,
                                   uint64_t tag)
{
    uint64_t *word = &certificate->senders.word;
    if (pool->words_each != 0) {
        if (certificate->senders.words == NULL) {
            certificate->senders.words = bitset_take(pool);
        }
        word = &certificate->senders.words[sender / 64];
    }
    uint64_t bit = 1ULL << (sender % 64);
    if (*word & bit) {
        return false;
    }
    *word |= bit;
    certificate->tags ^= tag;
    certificate->count++;
    return true;
}

/* Back to nothing, for `view`. */
void certificate_clear(struct certificate *certificate, struct bitset_pool *pool, view_number view);

/* Calls for each counted sender, in order of id: the smallest sender >= `from`, or `replicas` when there is none. */
node_id certificate_next_sender(const struct certificate *certificate, const struct bitset_pool *pool, node_id from,
                                uint32_t replicas);

#endif

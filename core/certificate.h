/* A certificate under construction: who voted, and the XOR of their tags or, with `--auth signature`, their signatures
 * (R30). The hot path of the program.
 *
 * Up to 64 replicas fit one word; beyond that the senders are a bitset from a pool; and so are signatures. A
 * certificate belongs to one view (R10); what it is about, sequence number and digest, is known to its slot. One owner,
 * one thread. */
#ifndef PBFT_CORE_CERTIFICATE_H
#define PBFT_CORE_CERTIFICATE_H

#include <assert.h>

#include "core/auth.h"
#include "core/types.h"

union sender_set {
    uint64_t word;   /* n <= 64: bit i = replica i */
    uint64_t *words; /* n > 64: from the pool, or NULL while empty */
};

struct certificate {
    union {
        uint64_t tags;                /* XOR of the tags of all that are counted */
        struct signature *signatures; /* with signatures: n places from the pool, or NULL while none is kept */
    };
    union sender_set senders;
    view_number view;
    uint16_t count;    /* distinct senders */
    bool opened : 1;   /* prepares: the pre-prepare was accepted, and is its primary's vote (R3) */
    bool complete : 1; /* the quorum was reached and acted upon */
    bool beside : 1;   /* prepares: the slot has votes for other digests on its side list */
};

_Static_assert(sizeof(struct certificate) == 24, "two certificates and a digest are one cache line");

/* Places of one kind. Last given back first handed out, so that only as much memory is touched as is in use at once.
 * Sized at start-up; it cannot run out when its capacity counts every certificate. */
struct place_pool {
    unsigned char *memory;
    size_t size_each; /* bytes */
    uint32_t *free; /* those given back */
    uint32_t free_count;
    uint32_t fresh; /* places from here on were never used, and cost no memory yet */
    uint32_t capacity;
};

static inline uint32_t place_pool_left(const struct place_pool *pool)
{
    return pool->free_count + pool->capacity - pool->fresh;
}

/* What certificates keep outside of themselves: bitsets for n > 64, zeroed when handed out, and with `--auth signature`
 * n signatures of 64 bytes each. */
struct vote_pool {
    uint32_t words_each;      /* of a bitset; 0 when n <= 64: no pool */
    uint32_t signatures_each; /* n, or 0 without signatures: no pool */
    struct place_pool bitsets, signatures;
};

/* For `capacity` certificates. False if memory is lacking; vote_pool_destroy() is right also then. */
bool vote_pool_create(struct vote_pool *pool, uint32_t replicas, uint32_t capacity, enum auth_mode mode);
void vote_pool_destroy(struct vote_pool *pool);

/* Whether the sender's vote is counted. */
static inline bool certificate_has(const struct certificate *certificate, const struct vote_pool *pool, node_id sender)
{
    if (pool->words_each == 0) {
        return certificate->senders.word >> sender & 1;
    }
    return certificate->senders.words != NULL && (certificate->senders.words[sender / 64] >> (sender % 64) & 1);
}

/* certificate_add() where the votes do not fit into the certificate itself. */
bool certificate_add_pooled(struct certificate *certificate, struct vote_pool *pool, node_id sender,
                            union vote_auth auth);

/* Counts a vote. False if this sender's is counted already (R4). */
static inline __attribute__((always_inline)) bool certificate_add(struct certificate *certificate,
                                                                  struct vote_pool *pool, node_id sender,
                                                                  union vote_auth auth)
{
    uint64_t *word = &certificate->senders.word;
    if ((pool->words_each | pool->signatures_each) != 0) {
        if (pool->signatures_each != 0 || certificate->senders.words == NULL) {
            return certificate_add_pooled(certificate, pool, sender, auth);
        }
        word = &certificate->senders.words[sender / 64];
    }
    uint64_t bit = 1ULL << (sender % 64);
    if (*word & bit) {
        return false;
    }
    *word |= bit;
    certificate->tags ^= auth.tag;
    certificate->count++;
    return true;
}

/* What is known of a counted sender's vote alone: its signature; without signatures nothing, its tag is in the XOR. */
static inline union vote_auth certificate_auth(const struct certificate *certificate, const struct vote_pool *pool,
                                               node_id sender)
{
    union vote_auth auth = {.tag = 0};
    if (pool->signatures_each != 0) {
        auth.signature = certificate->signatures == NULL ? NULL : &certificate->signatures[sender];
    }
    return auth;
}

/* Back to nothing, for `view`. */
void certificate_clear(struct certificate *certificate, struct vote_pool *pool, view_number view);

/* Calls for each counted sender, in order of id: the smallest sender >= `from`, or `replicas` when there is none. */
node_id certificate_next_sender(const struct certificate *certificate, const struct vote_pool *pool, node_id from,
                                uint32_t replicas);

#endif

/* Certificates as they travel inside payloads: who voted, and the XOR of their tags (R30). Verifying recomputes the
 * XOR with each author's key, so nobody can put a vote into a certificate that its author did not cast.
 * Pure functions; any thread. */
#ifndef PBFT_CORE_PROOF_H
#define PBFT_CORE_PROOF_H

#include "core/auth.h"
#include "core/certificate.h"
#include "core/message.h"

/* What every proof of a run is measured by. */
struct proof_rules {
    const struct keyring *keyring;
    uint32_t replicas; /* n */
    uint32_t quorum;   /* q */
};

struct proof {
    uint64_t tags;
    uint64_t senders[]; /* bitset of n bits in 64-bit words */
};

static inline uint32_t proof_words(uint32_t replicas)
{
    return (replicas + 63) / 64;
}

/* Bytes of a proof: a multiple of 8. */
static inline uint32_t proof_size(uint32_t replicas)
{
    return (uint32_t)sizeof(struct proof) + proof_words(replicas) * 8;
}

/* Copies a certificate into `proof` (proof_size() bytes). */
void proof_write(struct proof *proof, const struct certificate *certificate, const struct bitset_pool *pool,
                 uint32_t replicas);

/* Senders named; bits beyond n make it invalid elsewhere. */
uint32_t proof_count(const struct proof *proof, uint32_t replicas);
bool proof_names(const struct proof *proof, node_id sender);

/* q COMMITs, or q CHECKPOINTs (view 0), of exactly this content. */
bool proof_votes_valid(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                       view_number view, sequence_number sequence, struct digest digest);

/* A prepared certificate (R11): the pre-prepare of the view's primary and PREPAREs of backups, q in all. */
bool proof_prepared_valid(const struct proof_rules *rules, const struct proof *proof, view_number view,
                          sequence_number sequence, struct digest digest);

#endif

/* Certificates as they travel inside payloads: who voted, and what binds the votes to their authors (R30). Nobody can
 * put a vote into a certificate that its author did not cast. Pure functions of their arguments; any thread.
 *
 *   none, mac   all who voted, and the XOR of their tags; verifying recomputes it with each author's key
 *   signature   a quorum of those who voted, and the signature of each, which is that of its message; verifying asks
 *               the replica's verifier, which remembers those that it has seen before */
#ifndef PBFT_CORE_PROOF_H
#define PBFT_CORE_PROOF_H

#include "core/auth.h"
#include "core/certificate.h"
#include "core/message.h"
#include "core/payload.h"
#include "core/verifier.h"

/* What the size of a run's proofs follows from. */
struct proof_shape {
    uint32_t replicas;   /* n */
    uint32_t signatures; /* places for signatures, or 0 without them */
};

/* Of a run with quorum q. A quorum that was lowered by hand leaves the places as they are. */
struct proof_shape proof_shape(uint32_t replicas, uint32_t quorum, enum auth_mode mode);

/* What every proof of a run is measured by. */
struct proof_rules {
    const struct keyring *keyring;
    struct proof_shape shape;
    uint32_t quorum;           /* q */
    struct verifier *verifier; /* with signatures: of the replica that asks; NULL: each one is computed each time */
};

/* Without a verifier. */
struct proof_rules proof_rules(const struct keyring *keyring, uint32_t replicas, uint32_t quorum);

struct proof {
    uint64_t tags;      /* 0 with signatures */
    uint64_t senders[]; /* bitset of n bits in 64-bit words; then the signatures, in order of their authors' ids */
};

static inline uint32_t proof_words(uint32_t replicas)
{
    return (replicas + 63) / 64;
}

/* Bytes of a proof: a multiple of 8. */
static inline uint32_t proof_size(struct proof_shape shape)
{
    return (uint32_t)sizeof(struct proof) + proof_words(shape.replicas) * 8 +
           shape.signatures * (uint32_t)sizeof(struct signature);
}

/* No votes yet. */
void proof_clear(struct proof *proof, struct proof_shape shape);

/* Puts a vote in; each sender once. With signatures in ascending order of senders, and those that have no place, or
 * whose signature is not known, are left out. */
void proof_add(struct proof *proof, struct proof_shape shape, node_id sender, union vote_auth auth);

/* Copies a certificate into `proof` (proof_size() bytes). Where there is not room for all, `needed` is in it all the
 * same; NO_NODE: nobody in particular. */
void proof_write(struct proof *proof, struct proof_shape shape, const struct certificate *certificate,
                 const struct vote_pool *pool, node_id needed);

/* Senders named; bits beyond n make it invalid elsewhere. */
uint32_t proof_count(const struct proof *proof, uint32_t replicas);
bool proof_names(const struct proof *proof, node_id sender);

/* With signatures: that of a sender that is named, if there is a place for it; else NULL. */
const struct signature *proof_signature(const struct proof *proof, struct proof_shape shape, node_id sender);

/* q COMMITs, or q CHECKPOINTs (view 0), of exactly this content. */
bool proof_votes_valid(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                       view_number view, sequence_number sequence, struct digest digest);

/* A prepared certificate (R11): the pre-prepare of the view's primary and PREPAREs of backups, q in all. */
bool proof_prepared_valid(const struct proof_rules *rules, const struct proof *proof, view_number view,
                          sequence_number sequence, struct digest digest);

/* Whether one vote, or a PRE-PREPARE or VIEW-CHANGE, is its author's own: by tag or signature. */
bool proof_vote_genuine(const struct proof_rules *rules, node_id author, enum message_type type, view_number view,
                        sequence_number sequence, struct digest digest, union vote_auth auth);

/* payload_check() of contents that hold certificates. With signatures no replica rests on what another found out: each
 * verifies by itself, and its verifier remembers. */
bool proof_check_payload(const struct proof_rules *rules, struct payload *payload, enum payload_kind kind,
                         bool (*check)(const struct payload *payload, const void *context), const void *context);

#endif

/* A replica's checking of signatures (R30): one that it has found to be good before, in the message itself or in any
 * certificate, is not computed again. Only with `--auth signature`.
 *
 * It remembers a 128-bit keyed hash of (author, contents, signature), in a table that is allocated at start-up: of each
 * replica the votes of a window and more, of each client a few. Each author has places of its own, so that who floods
 * makes only its own votes be forgotten; a forgotten signature costs its computation once more, and nothing else.
 * One owner, one thread. */
#ifndef PBFT_CORE_VERIFIER_H
#define PBFT_CORE_VERIFIER_H

#include "core/auth.h"

struct verifier_set;

struct verifier {
    const struct keyring *keyring;
    unsigned char key[AUTH_HASH_KEY_BYTES];
    uint32_t replicas;
    uint32_t vote_sets, client_sets; /* of each replica, of each client; a power of two */
    struct verifier_set *sets;
    uint64_t computed; /* signatures really verified, good or bad */
    uint64_t recalled; /* found to have been verified before */
    uint64_t refused;  /* of those computed: not good */
};

/* For replica `owner`, with a log of `window`. False if memory is lacking; verifier_destroy() is right also then. */
bool verifier_create(struct verifier *verifier, const struct keyring *keyring, node_id owner, uint32_t window);
void verifier_destroy(struct verifier *verifier);

/* Whether this is the author's signature of these bytes, 128 of them at most. */
bool verifier_accepts(struct verifier *verifier, node_id author, const void *bytes, size_t size,
                      const struct signature *signature);
bool verifier_accepts_vote(struct verifier *verifier, node_id author, uint8_t type, view_number view,
                           sequence_number sequence, struct digest digest, const struct signature *signature);

/* The same for what is not going to be seen again: computed each time, and not remembered. */
bool verifier_accepts_once(struct verifier *verifier, node_id author, const void *bytes, size_t size,
                           const struct signature *signature);

/* Remembers a signature that the owner made itself, so that its own votes in others' certificates cost nothing. */
void verifier_trust_vote(struct verifier *verifier, node_id author, uint8_t type, view_number view,
                         sequence_number sequence, struct digest digest, const struct signature *signature);

#endif

#include "core/verifier.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium/crypto_shorthash.h>

#define WAYS 4u           /* places of a set; the oldest is given up first */
#define VOTES_EACH 4u     /* places for a sequence number: its two phases, in two views */
#define VOTES_MOST 65536u /* places of one replica at most: 1 MB */
#define SIGNED_MOST 128u  /* bytes that are signed, at most */

struct fingerprint {
    uint64_t words[2]; /* both 0: none */
};

struct verifier_set {
    struct fingerprint known[WAYS];
};

_Static_assert(sizeof(struct verifier_set) == CACHE_LINE, "looking one up touches one cache line");
_Static_assert(sizeof(struct fingerprint) == crypto_shorthash_siphashx24_BYTES, "SipHash-2-4, 128 bits");

bool verifier_create(struct verifier *verifier, const struct keyring *keyring, node_id owner, uint32_t window)
{
    uint32_t replicas = keyring_replicas(keyring), clients = keyring_nodes(keyring) - replicas;
    memset(verifier, 0, sizeof *verifier);
    verifier->keyring = keyring;
    verifier->replicas = replicas;
    auth_hash_key(keyring, owner, verifier->key);
    verifier->vote_sets = 1;
    while (verifier->vote_sets * WAYS < VOTES_MOST && verifier->vote_sets * WAYS < window * VOTES_EACH) {
        verifier->vote_sets *= 2;
    }
    verifier->client_sets = 1;
    size_t sets = (size_t)replicas * verifier->vote_sets + (size_t)clients * verifier->client_sets;
    verifier->sets = calloc(sets, sizeof *verifier->sets);
    return verifier->sets != NULL;
}

void verifier_destroy(struct verifier *verifier)
{
    free(verifier->sets);
    memset(verifier, 0, sizeof *verifier);
}

static struct fingerprint fingerprint_of(const struct verifier *verifier, node_id author, const void *bytes,
                                         size_t size, const struct signature *signature)
{
    assert(size <= SIGNED_MOST);
    unsigned char text[sizeof author + sizeof *signature + SIGNED_MOST];
    memcpy(text, &author, sizeof author);
    memcpy(text + sizeof author, signature, sizeof *signature);
    memcpy(text + sizeof author + sizeof *signature, bytes, size);
    struct fingerprint fingerprint;
    crypto_shorthash_siphashx24((unsigned char *)&fingerprint, text, sizeof author + sizeof *signature + size,
                                verifier->key);
    fingerprint.words[0] |= fingerprint.words[1] == 0;
    return fingerprint;
}

static struct verifier_set *set_of(const struct verifier *verifier, node_id author, struct fingerprint fingerprint)
{
    if (author < verifier->replicas) {
        uint64_t place = fingerprint.words[0] & (verifier->vote_sets - 1);
        return &verifier->sets[(size_t)author * verifier->vote_sets + place];
    }
    uint64_t place = fingerprint.words[0] & (verifier->client_sets - 1);
    size_t clients_from = (size_t)verifier->replicas * verifier->vote_sets;
    return &verifier->sets[clients_from + (size_t)(author - verifier->replicas) * verifier->client_sets + place];
}

static bool knows(const struct verifier_set *set, struct fingerprint fingerprint)
{
    for (uint32_t way = 0; way < WAYS; way++) {
        if (set->known[way].words[0] == fingerprint.words[0] && set->known[way].words[1] == fingerprint.words[1]) {
            return true;
        }
    }
    return false;
}

static void remember(struct verifier_set *set, struct fingerprint fingerprint)
{
    memmove(&set->known[1], &set->known[0], (WAYS - 1) * sizeof set->known[0]);
    set->known[0] = fingerprint;
}

bool verifier_accepts_once(struct verifier *verifier, node_id author, const void *bytes, size_t size,
                           const struct signature *signature)
{
    verifier->computed++;
    bool good = auth_verify(verifier->keyring, author, bytes, size, signature);
    verifier->refused += !good;
    return good;
}

void verifier_trust_vote(struct verifier *verifier, node_id author, uint8_t type, view_number view,
                         sequence_number sequence, struct digest digest, const struct signature *signature)
{
    const struct vote_statement statement = auth_statement(author, type, view, sequence, digest);
    struct fingerprint fingerprint = fingerprint_of(verifier, author, statement.bytes, sizeof statement.bytes,
                                                    signature);
    struct verifier_set *set = set_of(verifier, author, fingerprint);
    if (!knows(set, fingerprint)) {
        remember(set, fingerprint);
    }
}

bool verifier_accepts(struct verifier *verifier, node_id author, const void *bytes, size_t size,
                      const struct signature *signature)
{
    if (author >= keyring_nodes(verifier->keyring)) {
        return false;
    }
    struct fingerprint fingerprint = fingerprint_of(verifier, author, bytes, size, signature);
    struct verifier_set *set = set_of(verifier, author, fingerprint);
    if (knows(set, fingerprint)) {
        verifier->recalled++;
        return true;
    }
    bool good = verifier_accepts_once(verifier, author, bytes, size, signature);
    if (good) {
        remember(set, fingerprint);
    }
    return good;
}

bool verifier_accepts_vote(struct verifier *verifier, node_id author, uint8_t type, view_number view,
                           sequence_number sequence, struct digest digest, const struct signature *signature)
{
    const struct vote_statement statement = auth_statement(author, type, view, sequence, digest);
    return verifier_accepts(verifier, author, statement.bytes, sizeof statement.bytes, signature);
}

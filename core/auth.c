#include "core/auth.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>
#include <sodium/crypto_sign.h>

struct signing_keys {
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    unsigned char public[crypto_sign_PUBLICKEYBYTES];
};

struct keyring {
    uint32_t nodes, replicas;
    enum auth_mode mode;
    uint64_t seed;
    struct auth_work *work;                            /* or NULL: nobody counts */
    unsigned char (*pairs)[crypto_shorthash_KEYBYTES]; /* mac: [replica * nodes + node] */
    struct signing_keys *signing;                      /* signature: one a node */
    unsigned char keys[][crypto_shorthash_KEYBYTES];
};

/* `size` bytes of key for a purpose and up to two nodes. */
static void derive(const struct keyring *keyring, uint64_t purpose, node_id one, node_id other, unsigned char *key,
                   size_t size)
{
    const uint64_t origin[4] = {keyring->seed, purpose, one, other};
    crypto_generichash(key, size, (const unsigned char *)origin, sizeof origin, NULL, 0);
}

enum purpose { PURPOSE_TAG, PURPOSE_PAIR, PURPOSE_SIGNING, PURPOSE_HASH };

struct keyring *keyring_create(uint32_t nodes, uint64_t seed)
{
    struct keyring *keyring = calloc(1, sizeof *keyring + (size_t)nodes * crypto_shorthash_KEYBYTES);
    if (keyring == NULL) {
        return NULL;
    }
    keyring->nodes = nodes;
    keyring->seed = seed;
    for (uint32_t node = 0; node < nodes; node++) {
        derive(keyring, PURPOSE_TAG, node, 0, keyring->keys[node], crypto_shorthash_KEYBYTES);
    }
    return keyring;
}

static bool make_pairs(struct keyring *keyring)
{
    keyring->pairs = calloc((size_t)keyring->replicas * keyring->nodes, sizeof *keyring->pairs);
    if (keyring->pairs == NULL) {
        return false;
    }
    for (uint32_t replica = 0; replica < keyring->replicas; replica++) {
        for (uint32_t node = 0; node < keyring->nodes; node++) {
            uint32_t low = replica < node ? replica : node, high = replica < node ? node : replica;
            derive(keyring, PURPOSE_PAIR, low, high, keyring->pairs[(size_t)replica * keyring->nodes + node],
                   crypto_shorthash_KEYBYTES);
        }
    }
    return true;
}

static bool make_signing_keys(struct keyring *keyring)
{
    keyring->signing = calloc(keyring->nodes, sizeof *keyring->signing);
    for (uint32_t node = 0; keyring->signing != NULL && node < keyring->nodes; node++) {
        unsigned char seed[crypto_sign_SEEDBYTES];
        derive(keyring, PURPOSE_SIGNING, node, 0, seed, sizeof seed);
        crypto_sign_seed_keypair(keyring->signing[node].public, keyring->signing[node].secret, seed);
    }
    return keyring->signing != NULL;
}

bool keyring_equip(struct keyring *keyring, enum auth_mode mode, uint32_t replicas)
{
    assert(keyring->mode == AUTH_NONE && replicas <= keyring->nodes);
    keyring->mode = mode;
    keyring->replicas = replicas;
    switch (mode) {
    case AUTH_MAC:
        return make_pairs(keyring);
    case AUTH_SIGNATURE:
        return make_signing_keys(keyring);
    case AUTH_NONE:
        break;
    }
    return true;
}

enum auth_mode keyring_mode(const struct keyring *keyring)
{
    return keyring->mode;
}

uint32_t keyring_replicas(const struct keyring *keyring)
{
    return keyring->replicas;
}

uint32_t keyring_nodes(const struct keyring *keyring)
{
    return keyring->nodes;
}

void keyring_destroy(struct keyring *keyring)
{
    if (keyring != NULL) {
        free(keyring->pairs);
        free(keyring->signing);
        free(keyring);
    }
}

void keyring_count(struct keyring *keyring, struct auth_work *work)
{
    keyring->work = work;
}

uint64_t auth_mac(const struct keyring *keyring, node_id one, node_id other, const void *bytes, size_t size)
{
    node_id replica = one < keyring->replicas ? one : other, node = one < keyring->replicas ? other : one;
    assert(replica < keyring->replicas && node < keyring->nodes);
    uint64_t mac;
    if (keyring->work != NULL) {
        keyring->work->macs++;
    }
    crypto_shorthash((unsigned char *)&mac, bytes, size, keyring->pairs[(size_t)replica * keyring->nodes + node]);
    return mac;
}

_Static_assert(sizeof(struct signature) == crypto_sign_BYTES, "Ed25519");
_Static_assert(AUTH_HASH_KEY_BYTES == crypto_shorthash_KEYBYTES, "SipHash");

struct signature auth_sign(const struct keyring *keyring, node_id author, const void *bytes, size_t size)
{
    assert(author < keyring->nodes);
    if (keyring->work != NULL) {
        keyring->work->signatures++;
    }
    struct signature signature;
    crypto_sign_detached(signature.bytes, NULL, bytes, size, keyring->signing[author].secret);
    return signature;
}

bool auth_verify(const struct keyring *keyring, node_id author, const void *bytes, size_t size,
                 const struct signature *signature)
{
    if (keyring->work != NULL) {
        keyring->work->verifications++;
    }
    return author < keyring->nodes &&
           crypto_sign_verify_detached(signature->bytes, bytes, size, keyring->signing[author].public) == 0;
}

static unsigned char *put(unsigned char *out, uint64_t value, uint32_t size)
{
    for (uint32_t byte = 0; byte < size; byte++) {
        out[byte] = (unsigned char)(value >> (8 * byte));
    }
    return out + size;
}

struct vote_statement auth_statement(node_id author, uint8_t type, view_number view, sequence_number sequence,
                                     struct digest digest)
{
    static const unsigned char purpose[12] = "pbft vote 1";
    struct vote_statement statement;
    memcpy(statement.bytes, purpose, sizeof purpose);
    unsigned char *out = put(statement.bytes + sizeof purpose, type, 4);
    out = put(out, author, 4);
    out = put(out, view, 4);
    out = put(out, sequence, 8);
    out = put(out, digest.words[0], 8);
    out = put(out, digest.words[1], 8);
    assert(out == statement.bytes + sizeof statement.bytes);
    return statement;
}

struct signature auth_sign_vote(const struct keyring *keyring, node_id author, uint8_t type, view_number view,
                                sequence_number sequence, struct digest digest)
{
    const struct vote_statement statement = auth_statement(author, type, view, sequence, digest);
    return auth_sign(keyring, author, statement.bytes, sizeof statement.bytes);
}

void auth_hash_key(const struct keyring *keyring, node_id node, unsigned char key[AUTH_HASH_KEY_BYTES])
{
    derive(keyring, PURPOSE_HASH, node, 0, key, AUTH_HASH_KEY_BYTES);
}

/* Operations up to this size are copied beside their timestamp, so that one PRF is enough. */
#define SHORT_OPERATION 48u

static uint64_t prf(const struct keyring *keyring, node_id author, const void *bytes, size_t size)
{
    assert(author < keyring->nodes);
    uint64_t tag;
    crypto_shorthash((unsigned char *)&tag, bytes, size, keyring->keys[author]);
    return tag;
}

uint64_t auth_tag(const struct keyring *keyring, node_id author, uint8_t type, view_number view,
                  sequence_number sequence, struct digest digest)
{
    const uint64_t content[4] = {(uint64_t)type << 32 | view, sequence, digest.words[0], digest.words[1]};
    return prf(keyring, author, content, sizeof content);
}

uint64_t auth_request_tag(const struct keyring *keyring, node_id client, uint64_t timestamp, const void *operation,
                          uint32_t size)
{
    struct {
        uint64_t timestamp, size;
        unsigned char operation[SHORT_OPERATION];
    } content = {.timestamp = timestamp, .size = size};
    const size_t head = offsetof(__typeof__(content), operation);
    if (size <= SHORT_OPERATION) {
        if (size > 0) {
            memcpy(content.operation, operation, size);
        }
        return prf(keyring, client, &content, head + size);
    }
    /* A long one first as a PRF of its own, so that no copy of it is needed; the outer one binds the timestamp. */
    const uint64_t inner = prf(keyring, client, operation, size);
    memcpy(content.operation, &inner, sizeof inner);
    return prf(keyring, client, &content, head + sizeof inner);
}

#include "core/auth.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>

struct keyring {
    uint32_t nodes;
    unsigned char keys[][crypto_shorthash_KEYBYTES];
};

struct keyring *keyring_create(uint32_t nodes, uint64_t seed)
{
    struct keyring *keyring = malloc(sizeof *keyring + (size_t)nodes * crypto_shorthash_KEYBYTES);
    if (keyring == NULL) {
        return NULL;
    }
    keyring->nodes = nodes;
    for (uint32_t node = 0; node < nodes; node++) {
        const uint64_t origin[2] = {seed, node};
        crypto_generichash(keyring->keys[node], crypto_shorthash_KEYBYTES, (const unsigned char *)origin,
                           sizeof origin, NULL, 0);
    }
    return keyring;
}

void keyring_destroy(struct keyring *keyring)
{
    free(keyring);
}

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
    /* The operation first as a PRF of its own, so that no copy of it is needed; the outer one binds the timestamp. */
    const uint64_t content[3] = {timestamp, size, prf(keyring, client, operation, size)};
    return prf(keyring, client, content, sizeof content);
}

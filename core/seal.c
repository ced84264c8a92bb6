#include "core/seal.h"

#include <assert.h>
#include <string.h>

/* What is authenticated: everything that the receiver acts on. `sent_ns` is the network's, `to` the receiver's own. */
struct covered {
    uint8_t type, flags;
    uint16_t attempt;
    view_number view;
    sequence_number sequence;
    struct digest digest;
    struct digest contents;
    uint64_t tag;
    node_id sender;
    uint32_t reserved;
};

static struct covered cover(const struct message *message, const struct payload *contents)
{
    struct covered covered;
    memset(&covered, 0, sizeof covered);
    covered.type = message->type;
    covered.flags = message->flags & (uint8_t)~MESSAGE_SEALED;
    covered.attempt = message->attempt;
    covered.view = message->view;
    covered.sequence = message->sequence;
    covered.digest = message->digest;
    covered.contents = contents == NULL ? digest_null() : contents->digest;
    covered.tag = message->tag;
    covered.sender = message->sender;
    return covered;
}

uint32_t seal_size(const struct keyring *keyring, node_id to)
{
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        return AUTH_SIGNATURE_BYTES;
    }
    uint32_t receivers = to == TO_ALL_REPLICAS ? keyring_replicas(keyring) : 1;
    return receivers * (uint32_t)sizeof(uint64_t);
}

void seal_message(struct message *message, struct payload *seal, const struct keyring *keyring, node_id author)
{
    assert(!(message->flags & MESSAGE_SEALED));
    const struct covered covered = cover(message, message->payload);
    uint64_t *macs = (uint64_t *)(void *)seal->bytes;
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        auth_sign(keyring, author, &covered, sizeof covered, seal->bytes);
    } else if (message->to == TO_ALL_REPLICAS) {
        for (node_id receiver = 0; receiver < keyring_replicas(keyring); receiver++) {
            macs[receiver] = auth_mac(keyring, author, receiver, &covered, sizeof covered);
        }
    } else {
        macs[0] = auth_mac(keyring, author, message->to, &covered, sizeof covered);
    }
    seal->beneath = message->payload;
    message->payload = seal;
    message->flags |= MESSAGE_SEALED;
}

bool seal_open(const struct message *message, const struct keyring *keyring, node_id self, node_id from,
               struct message *opened)
{
    const struct payload *seal = message->payload;
    if (!(message->flags & MESSAGE_SEALED) || seal == NULL || seal->size != seal_size(keyring, message->to)) {
        return false;
    }
    *opened = *message;
    opened->flags &= (uint8_t)~MESSAGE_SEALED;
    opened->payload = seal->beneath;
    const struct covered covered = cover(opened, seal->beneath);
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        return auth_verify(keyring, from, &covered, sizeof covered, seal->bytes);
    }
    const uint64_t *macs = (const uint64_t *)(const void *)seal->bytes;
    uint32_t place = message->to == TO_ALL_REPLICAS ? self : 0;
    return macs[place] == auth_mac(keyring, from, self, &covered, sizeof covered);
}

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
    covered.contents = contents == NULL ? digest_null() : payload_digest(contents);
    covered.tag = message->tag;
    covered.sender = message->sender;
    return covered;
}

uint32_t seal_size(const struct keyring *keyring, node_id to)
{
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        return sizeof(struct signature);
    }
    uint32_t receivers = to == TO_ALL_REPLICAS ? keyring_replicas(keyring) : 1;
    return receivers * (uint32_t)sizeof(uint64_t);
}

static void wrap(struct message *message, struct payload *seal)
{
    assert(!(message->flags & MESSAGE_SEALED));
    seal->beneath = message->payload;
    message->payload = seal;
    message->flags |= MESSAGE_SEALED;
}

static void seal_with_macs(struct message *message, struct payload *seal, const struct keyring *keyring, node_id author)
{
    const struct covered covered = cover(message, message->payload);
    uint64_t *macs = (uint64_t *)(void *)seal->bytes;
    if (message->to == TO_ALL_REPLICAS) {
        for (node_id receiver = 0; receiver < keyring_replicas(keyring); receiver++) {
            bool oneself = receiver == author; /* it has a place, but nothing to tell itself */
            macs[receiver] = oneself ? 0 : auth_mac(keyring, author, receiver, &covered, sizeof covered);
        }
    } else {
        macs[0] = auth_mac(keyring, author, message->to, &covered, sizeof covered);
    }
    wrap(message, seal);
}

static struct signature sign(const struct message *message, const struct keyring *keyring, node_id author)
{
    if (seal_is_vote(message->type)) {
        return auth_sign_vote(keyring, author, message->type, message->view, message->sequence, message->digest);
    }
    const struct covered covered = cover(message, message->payload);
    return auth_sign(keyring, author, &covered, sizeof covered);
}

void seal_with_signature(struct message *message, struct payload *seal, const struct signature *signature)
{
    memcpy(seal->bytes, signature, sizeof *signature);
    message->tag = 0;
    wrap(message, seal);
}

void seal_message(struct message *message, struct payload *seal, const struct keyring *keyring, node_id author)
{
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        message->tag = 0;
        const struct signature signature = sign(message, keyring, author);
        seal_with_signature(message, seal, &signature);
    } else {
        seal_with_macs(message, seal, keyring, author);
    }
}

struct message seal_unwrapped(const struct message *sealed, const struct keyring *keyring)
{
    assert(sealed->flags & MESSAGE_SEALED);
    struct message opened = *sealed;
    opened.flags &= (uint8_t)~MESSAGE_SEALED;
    opened.payload = sealed->payload->beneath;
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        opened.auth.signature = (const struct signature *)(const void *)sealed->payload->bytes;
    }
    return opened;
}

struct message seal_rewrapped(const struct message *opened, const struct keyring *keyring)
{
    struct message sealed = *opened;
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        const char *bytes = (const char *)opened->auth.signature;
        sealed.payload = (struct payload *)(void *)(uintptr_t)(bytes - offsetof(struct payload, bytes));
        sealed.flags |= MESSAGE_SEALED;
        sealed.tag = 0;
    }
    return sealed;
}

static bool signature_good(const struct message *opened, const struct keyring *keyring, struct verifier *verifier,
                           node_id from)
{
    const struct signature *signature = opened->auth.signature;
    if (seal_is_vote(opened->type) && verifier != NULL) {
        return verifier_accepts_vote(verifier, from, opened->type, opened->view, opened->sequence, opened->digest,
                                     signature);
    }
    if (seal_is_vote(opened->type)) {
        const struct vote_statement statement = auth_statement(from, opened->type, opened->view, opened->sequence,
                                                               opened->digest);
        return auth_verify(keyring, from, statement.bytes, sizeof statement.bytes, signature);
    }
    struct message unsigned_yet = *opened;
    unsigned_yet.tag = 0;
    const struct covered covered = cover(&unsigned_yet, opened->payload);
    return verifier != NULL ? verifier_accepts_once(verifier, from, &covered, sizeof covered, signature)
                            : auth_verify(keyring, from, &covered, sizeof covered, signature);
}

bool seal_open(const struct message *message, const struct keyring *keyring, struct verifier *verifier, node_id self,
               node_id from, struct message *opened)
{
    const struct payload *seal = message->payload;
    if (!(message->flags & MESSAGE_SEALED) || seal == NULL || seal->size != seal_size(keyring, message->to)) {
        return false;
    }
    *opened = seal_unwrapped(message, keyring);
    if (keyring_mode(keyring) == AUTH_SIGNATURE) {
        return signature_good(opened, keyring, verifier, from);
    }
    const struct covered covered = cover(opened, seal->beneath);
    const uint64_t *macs = (const uint64_t *)(const void *)seal->bytes;
    uint32_t place = message->to == TO_ALL_REPLICAS ? self : 0;
    return macs[place] == auth_mac(keyring, from, self, &covered, sizeof covered);
}

#include "core/outbox.h"

#include <string.h>

const struct signature *outbox_sign_vote(struct outbox *outbox, const struct message *vote)
{
    const struct vote_statement statement = auth_statement(outbox->owner, vote->type, vote->view, vote->sequence,
                                                           vote->digest);
    if (memcmp(&statement, &outbox->last_vote.statement, sizeof statement) != 0) {
        outbox->last_vote.statement = statement;
        outbox->last_vote.made++;
        outbox->last_vote.signature = auth_sign(outbox->keyring, outbox->owner, statement.bytes,
                                                sizeof statement.bytes);
    }
    return &outbox->last_vote.signature;
}

void outbox_seal(struct outbox *outbox, struct message *message)
{
    const struct keyring *keyring = outbox->keyring;
    if (message->to != TO_ALL_REPLICAS && message->to >= keyring_nodes(keyring)) {
        return; /* there is no such node, and no key for it: the network counts it as dropped */
    }
    struct payload *seal = outbox->operations->allocate(outbox, seal_size(keyring, message->to));
    if (keyring_mode(keyring) == AUTH_SIGNATURE && seal_is_vote(message->type)) {
        seal_with_signature(message, seal, outbox_sign_vote(outbox, message));
    } else {
        seal_message(message, seal, keyring, outbox->owner);
    }
}

static void put_signed(struct outbox *outbox, node_id to, const struct message *vote, const struct signature *claimed)
{
    struct message message = *vote;
    struct payload *seal = outbox->operations->allocate(outbox, seal_size(outbox->keyring, to));
    if (message.payload != NULL) {
        payload_hold(message.payload); /* the seal's own */
    }
    seal_with_signature(&message, seal, claimed);
    outbox_put(outbox, to, &message);
    payload_drop(seal);
}

void outbox_put_claiming(struct outbox *outbox, node_id to, const struct message *vote, union vote_auth claimed)
{
    if (keyring_mode(outbox->keyring) == AUTH_SIGNATURE) {
        put_signed(outbox, to, vote, claimed.signature);
        return;
    }
    struct message message = *vote;
    if (claimed.tag != outbox_vouch(outbox, vote).tag) {
        message.sender = NO_NODE;
    }
    outbox_put(outbox, to, &message);
}

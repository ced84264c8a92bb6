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
    struct payload *seal = outbox->operations->allocate(outbox, seal_size(keyring, message->to));
    if (keyring_mode(keyring) == AUTH_SIGNATURE && seal_is_vote(message->type)) {
        seal_with_signature(message, seal, outbox_sign_vote(outbox, message));
    } else {
        seal_message(message, seal, keyring, outbox->owner);
    }
}

#include "core/agreement.h"
#include "core/handlers.h"

/* R8, and the contents: the batch hashes to the digest, and clients really sent what is in it (I6). */
static enum reject validate(struct replica *replica, const struct event *event)
{
    const struct message *message = event->message;
    enum reject reason = agreement_admits(replica, message);
    if (reason != REJECT_NONE) {
        return reason;
    }
    if (event->from != replica_primary(replica)) {
        return REJECT_NOT_THE_PRIMARY;
    }
    if (log_is_open(&replica->log, message->sequence, message->view)) {
        bool same = digest_equal(log_slot(&replica->log, message->sequence)->digest, message->digest);
        return same ? REJECT_DUPLICATE_PRE_PREPARE : REJECT_CONFLICTING_PRE_PREPARE;
    }
    if (message->payload == NULL) {
        return REJECT_MALFORMED;
    }
    if (!digest_equal(message->payload->digest, message->digest)) {
        return REJECT_WRONG_DIGEST;
    }
    bool valid = batch_valid(message->payload, replica->keyring, replica->clients.first, replica->clients.count);
    return valid ? REJECT_NONE : REJECT_BAD_REQUEST;
}

enum reject on_pre_prepare(const struct step *step)
{
    const struct message *message = step->event->message;
    enum reject reason = validate(step->replica, step->event);
    if (reason == REJECT_NONE) {
        agreement_open(step, message->sequence, message->digest, message->tag, message->payload);
    }
    return reason;
}

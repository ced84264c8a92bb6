#include "core/agreement.h"
#include "core/handlers.h"

/* The batch hashes to the digest, and clients really sent what is in it (I6). No batch is a null request. */
static enum reject validate_contents(const struct replica *replica, const struct message *message)
{
    if (message->payload == NULL) {
        return digest_is_null(message->digest) ? REJECT_NONE : REJECT_MALFORMED;
    }
    if (!digest_equal(payload_digest(message->payload), message->digest)) {
        return REJECT_WRONG_DIGEST;
    }
    bool valid = batch_valid(message->payload, replica->keyring, replica->clients.first, replica->clients.count);
    return valid ? REJECT_NONE : REJECT_BAD_REQUEST;
}

/* R8. */
static enum reject validate_place(struct replica *replica, const struct event *event)
{
    enum reject reason = agreement_admits(replica, event->message);
    if (reason == REJECT_NONE && event->from != replica_primary(replica)) {
        return REJECT_NOT_THE_PRIMARY;
    }
    return reason;
}

/* R8: a second one for the slot changes nothing; but it may bring the contents that were lacking (R20). */
static enum reject on_second(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    if (!digest_equal(log_slot(&replica->log, message->sequence)->digest, message->digest)) {
        return REJECT_CONFLICTING_PRE_PREPARE;
    }
    if (!log_lacks(&replica->log, message->sequence)) {
        return REJECT_DUPLICATE_PRE_PREPARE;
    }
    enum reject reason = validate_contents(replica, message);
    if (reason == REJECT_NONE) {
        agreement_supply(step, message->sequence, message->payload);
    }
    return reason;
}

enum reject on_pre_prepare(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    enum reject reason = validate_place(replica, step->event);
    if (reason != REJECT_NONE) {
        return reason;
    }
    if (log_is_open(&replica->log, message->sequence, message->view)) {
        return on_second(step);
    }
    reason = validate_contents(replica, message);
    if (reason == REJECT_NONE) {
        agreement_open(step, message->sequence, message->digest, message->auth, message->payload);
    }
    return reason;
}

#include "core/agreement.h"
#include "core/handlers.h"

/* R20: the contents of a digest that a NEW-VIEW ordered. */
enum reject on_batch(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    bool open = replica->active && log_contains(&replica->log, message->sequence) &&
                log_is_open(&replica->log, message->sequence, replica->view);
    if (!open || !log_lacks(&replica->log, message->sequence)) {
        return REJECT_UNASKED;
    }
    if (message->payload == NULL ||
        !digest_equal(payload_digest(message->payload), log_slot(&replica->log, message->sequence)->digest)) {
        return REJECT_WRONG_DIGEST;
    }
    if (!batch_valid(message->payload, replica->keyring, replica->clients.first, replica->clients.count)) {
        return REJECT_BAD_REQUEST;
    }
    agreement_supply(step, message->sequence, message->payload);
    return REJECT_NONE;
}

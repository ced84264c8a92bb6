#include "core/agreement.h"
#include "core/handlers.h"

enum reject on_prepare(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    enum reject reason = agreement_admits(replica, message);
    if (reason == REJECT_NONE && step->event->from == replica_primary(replica)) {
        reason = REJECT_PREPARE_OF_PRIMARY; /* R2: its pre-prepare is its vote (R3) */
    }
    if (reason == REJECT_NONE) {
        reason = log_vote(&replica->log, PHASE_PREPARE, message->sequence, message->view, message->digest,
                          step->event->from, message->auth);
    }
    if (reason == REJECT_NONE) {
        replica->only_counted = !agreement_advance(step, message->sequence);
    }
    return reason;
}

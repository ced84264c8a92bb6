#include "core/agreement.h"
#include "core/catch_up.h"
#include "core/handlers.h"

enum reject on_commit(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    enum reject reason = agreement_admits(replica, message);
    if (reason == REJECT_NONE) {
        reason = log_vote(&replica->log, PHASE_COMMIT, message->sequence, message->view, message->digest,
                          step->event->from, message->auth);
    }
    if (reason == REJECT_NONE) {
        replica->only_counted = !agreement_advance(step, message->sequence);
    } else if (message->sequence > replica->executed) {
        catch_up_note_claim(step, step->event->from, message->sequence);
    }
    return reason;
}

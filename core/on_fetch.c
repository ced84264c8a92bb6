#include "core/fetch.h"
#include "core/handlers.h"

enum reject on_fetch(const struct step *step)
{
    const struct message *message = step->event->message;
    if (message->sequence == 0) {
        return REJECT_MALFORMED;
    }
    bool answered = fetch_answer(step, step->event->from, message->sequence, message->digest, message->attempt);
    return answered ? REJECT_NONE : REJECT_OBSOLETE;
}

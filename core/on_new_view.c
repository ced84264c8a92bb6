#include "core/change_view.h"
#include "core/handlers.h"

/* R13, R14, R17. */
static enum reject validate(const struct replica *replica, const struct event *event)
{
    const struct message *message = event->message;
    if (message->view < replica->view || (message->view == replica->view && replica->active)) {
        return REJECT_OLD_VIEW;
    }
    if (event->from != primary_of(message->view, replica->replicas)) {
        return REJECT_NOT_THE_PRIMARY;
    }
    if (message->payload == NULL || !digest_equal(payload_digest(message->payload), message->digest)) {
        return REJECT_MALFORMED;
    }
    if (!new_view_valid(message->payload, &replica->rules) || new_view_head(message->payload)->view != message->view) {
        return REJECT_BAD_NEW_VIEW;
    }
    return REJECT_NONE;
}

enum reject on_new_view(const struct step *step)
{
    enum reject reason = validate(step->replica, step->event);
    if (reason == REJECT_NONE) {
        change_view_enter(step, step->event->message->payload);
    }
    return reason;
}

#include "core/change_view.h"
#include "core/handlers.h"

/* R20, R30: its author's own, and everything in it genuine. */
static enum reject validate(const struct replica *replica, const struct event *event)
{
    const struct message *message = event->message;
    if (message->payload == NULL || !digest_equal(payload_digest(message->payload), message->digest)) {
        return REJECT_MALFORMED;
    }
    if (!view_change_valid(message->payload, &replica->rules)) {
        return REJECT_BAD_CERTIFICATE;
    }
    const struct view_change_head *head = view_change_head(message->payload->bytes);
    bool same = head->author == event->from && head->view == message->view && head->stable == message->sequence;
    return same ? REJECT_NONE : REJECT_MALFORMED;
}

enum reject on_view_change(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    const struct peer *peer = &replica->peers[step->event->from];
    bool opened = replica->active && message->view <= replica->view;
    if (opened && message->attempt > 0 && replica->views.new_view != NULL) {
        /* It asks again: the NEW-VIEW of this primary has not reached it (R25). */
        (void)change_view_resend_new_view(step, step->event->from, message->attempt);
    }
    if (message->view < replica->view) {
        return REJECT_OLD_VIEW;
    }
    if (opened || message->view <= peer->change_view) {
        return REJECT_OBSOLETE;
    }
    enum reject reason = validate(replica, step->event);
    if (reason == REJECT_NONE) {
        change_view_count(step, step->event->from, message->view, message->auth, message->payload);
    }
    return reason;
}

/* view-change-spam: for each message of a correct node it asks for one view more, far ahead of everybody. What other
 * spammers send is not answered, lest they feed on each other. Fired: VIEW-CHANGEs. */
#include "faults/ask.h"
#include "faults/catalogue.h"
#include "faults/wrap.h"

struct spam {
    struct wrap wrap; /* first */
    view_number asked;
};

static void spam_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct spam *spam = (struct spam *)wrap;
    bool about_a_view = message->type >= MESSAGE_PRE_PREPARE && message->type <= MESSAGE_NEW_VIEW;
    if (about_a_view && message->view > spam->asked) {
        spam->asked = message->view;
    }
    wrap_pass(message, outbox);
}

static void spam_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct spam *spam = (struct spam *)wrap;
    bool heard = event->kind == EVENT_MESSAGE && !coalition_has(wrap->context.coalition, event->from);
    if (heard && spam->asked < UINT32_MAX) {
        ask_for_view(wrap, ++spam->asked, outbox);
        wrap->base.fired++;
    }
}

static const struct wrap_operations operations = {.outgoing = spam_outgoing, .stepped = spam_stepped};

static struct node *spam_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct spam), context, &operations, NULL);
}

const struct behavior behavior_view_change_spam = {
    .name = "view-change-spam",
    .summary = "asks for ever higher views",
    .create = spam_create,
};

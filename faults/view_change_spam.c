/* view-change-spam: for each message of a correct node it asks for one view more, far ahead of everybody. What other
 * spammers send is not answered, nor what is about views, and there is a limit to how often it asks: f+1 of them would
 * chase the correct ones without end in a moment, and no time would pass. Fired: VIEW-CHANGEs. */
#include "faults/ask.h"
#include "faults/catalogue.h"
#include "faults/wrap.h"

#define MOST_BURST 100000u
#define BURST 64u /* VIEW-CHANGEs in a sixteenth of the view timeout */

struct spam {
    struct wrap wrap; /* first */
    view_number asked;
    uint64_t since_ns; /* of the sixteenth that is running */
    uint32_t count;    /* in it */
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

static bool answers(const struct wrap *wrap, const struct event *event)
{
    return event->kind == EVENT_MESSAGE && event->message->type != MESSAGE_VIEW_CHANGE &&
           event->message->type != MESSAGE_NEW_VIEW && !coalition_has(wrap->context.coalition, event->from);
}

static bool may_ask(struct spam *spam)
{
    if (spam->wrap.now_ns - spam->since_ns > spam->wrap.protocol.view_timeout_ns / 16) {
        spam->since_ns = spam->wrap.now_ns;
        spam->count = 0;
    }
    return spam->asked < UINT32_MAX && spam->count < behavior_value(&spam->wrap.context, 0, BURST);
}

static void spam_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct spam *spam = (struct spam *)wrap;
    if (answers(wrap, event) && may_ask(spam)) {
        spam->count++;
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
    .parameters = {{.name = "burst",
                    .initial = "64",
                    .help = "VIEW-CHANGEs at most in a sixteenth of the view timeout",
                    .least = 1,
                    .most = MOST_BURST}},
};

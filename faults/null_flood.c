/* null-flood: as primary it proposes null requests only, and one more whenever somebody commits the last: sequence
 * numbers pass, and no request is executed. Such progress must not keep the view (R23). What a NEW-VIEW of its own has
 * ordered it leaves alone. Fired: null requests proposed. */
#include "faults/catalogue.h"
#include "faults/wrap.h"

#define BURST 64u /* null requests in a sixteenth of the view timeout: where links take no time, time must pass still */

struct flooder {
    struct wrap wrap;      /* first */
    view_number view;      /* in which it proposed last */
    sequence_number first; /* that it proposed in this view; 0: none yet */
    sequence_number last;
    view_number asked; /* it has left every view below */
    uint64_t since_ns; /* of the sixteenth that is running */
    uint32_t count;    /* proposed in it, beyond what the inner replica proposes */
};

static void propose_null(struct flooder *flooder, sequence_number sequence, uint16_t attempt, struct outbox *outbox)
{
    const struct message message = {.type = MESSAGE_PRE_PREPARE,
                                    .view = flooder->view,
                                    .sequence = sequence,
                                    .digest = digest_null(),
                                    .attempt = attempt,
                                    .sender = flooder->wrap.context.id};
    outbox_broadcast(outbox, message);
    flooder->wrap.base.fired++;
}

static bool is_ours(const struct flooder *flooder, const struct message *message)
{
    return flooder->first > 0 && message->view == flooder->view && message->sequence >= flooder->first;
}

static void propose(struct flooder *flooder, const struct message *message, struct outbox *outbox)
{
    if (message->attempt > 0) {
        if (is_ours(flooder, message)) {
            propose_null(flooder, message->sequence, message->attempt, outbox);
        } else {
            wrap_pass(message, outbox);
        }
        return;
    }
    if (flooder->first == 0 || message->view > flooder->view) {
        flooder->view = message->view;
        flooder->first = message->sequence;
        flooder->last = message->sequence - 1;
    }
    if (message->sequence > flooder->last) {
        flooder->last = message->sequence;
        propose_null(flooder, message->sequence, 0, outbox);
    }
}

static void flooder_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct flooder *flooder = (struct flooder *)wrap;
    if (message->type == MESSAGE_PRE_PREPARE) {
        propose(flooder, message, outbox);
        return;
    }
    if (message->type == MESSAGE_VIEW_CHANGE && message->view > flooder->asked) {
        flooder->asked = message->view;
    }
    wrap_pass(message, outbox);
}

static bool may_go_on(struct flooder *flooder)
{
    if (flooder->wrap.now_ns - flooder->since_ns > flooder->wrap.protocol.view_timeout_ns / 16) {
        flooder->since_ns = flooder->wrap.now_ns;
        flooder->count = 0;
    }
    return flooder->asked <= flooder->view && flooder->count < BURST;
}

/* Somebody has committed the last one: the next. */
static void flooder_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct flooder *flooder = (struct flooder *)wrap;
    if (event->kind != EVENT_MESSAGE || event->message->type != MESSAGE_COMMIT) {
        return;
    }
    if (is_ours(flooder, event->message) && event->message->sequence == flooder->last &&
        event->from < wrap->protocol.replicas && may_go_on(flooder)) {
        flooder->count++;
        flooder->last++;
        propose_null(flooder, flooder->last, 0, outbox);
    }
}

static const struct wrap_operations operations = {.outgoing = flooder_outgoing, .stepped = flooder_stepped};

static struct node *flooder_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct flooder), context, &operations, NULL);
}

const struct behavior behavior_null_flood = {
    .name = "null-flood",
    .summary = "as primary, proposes null requests only, one after the other",
    .create = flooder_create,
};

/* slow-primary: as primary it holds each pre-prepare back until just before the others lose their patience: for nine
 * tenths of the first view timeout, or as long as it is told. Fired: pre-prepares held. */
#include <stdlib.h>

#include "faults/catalogue.h"
#include "faults/wrap.h"

struct held {
    struct message message; /* with a reference to its payload */
    uint64_t due_ns;
};

struct slow {
    struct wrap wrap;   /* first */
    struct held *queue; /* a ring in the order of their times; owned */
    uint32_t capacity, first, count;
    uint64_t delay_ns; /* how long each is held */
};

static void let_go(struct slow *slow, struct outbox *outbox)
{
    struct message *message = &slow->queue[slow->first].message;
    outbox_push(outbox, message);
    if (message->payload != NULL) {
        payload_drop(message->payload);
    }
    slow->first = (slow->first + 1) % slow->capacity;
    slow->count--;
}

static void hold(struct slow *slow, const struct message *message, struct outbox *outbox)
{
    if (slow->count == slow->capacity) {
        let_go(slow, outbox);
    }
    const struct wrap *wrap = &slow->wrap;
    slow->queue[(slow->first + slow->count) % slow->capacity] = (struct held){*message, wrap->now_ns + slow->delay_ns};
    if (message->payload != NULL) {
        payload_hold(message->payload);
    }
    slow->count++;
    slow->wrap.base.fired++;
}

static void slow_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    if (message->type == MESSAGE_PRE_PREPARE) {
        hold((struct slow *)wrap, message, outbox);
    } else {
        wrap_pass(message, outbox);
    }
}

static void slow_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct slow *slow = (struct slow *)wrap;
    while (slow->count > 0 && slow->queue[slow->first].due_ns <= event->now_ns) {
        let_go(slow, outbox);
    }
}

static uint64_t slow_deadline(const struct wrap *wrap, uint64_t replica_ns)
{
    const struct slow *slow = (const struct slow *)wrap;
    uint64_t due_ns = slow->count > 0 ? slow->queue[slow->first].due_ns : TIME_NEVER_NS;
    return due_ns < replica_ns ? due_ns : replica_ns;
}

static bool slow_prepare(struct wrap *wrap)
{
    struct slow *slow = (struct slow *)wrap;
    slow->capacity = wrap->protocol.window;
    slow->delay_ns = behavior_value(&wrap->context, 0, wrap->protocol.view_timeout_ns / 10 * 9);
    slow->queue = calloc(slow->capacity, sizeof *slow->queue);
    return slow->queue != NULL;
}

static void slow_release(struct wrap *wrap)
{
    struct slow *slow = (struct slow *)wrap;
    for (uint32_t i = 0; i < slow->count; i++) {
        struct payload *payload = slow->queue[(slow->first + i) % slow->capacity].message.payload;
        if (payload != NULL) {
            payload_drop(payload);
        }
    }
    free(slow->queue);
}

static const struct wrap_operations operations = {
    .outgoing = slow_outgoing,
    .stepped = slow_stepped,
    .deadline = slow_deadline,
    .release = slow_release,
};

static struct node *slow_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct slow), context, &operations, slow_prepare);
}

const struct behavior behavior_slow_primary = {
    .name = "slow-primary",
    .summary = "as primary, holds each pre-prepare back, until just under the view timeout unless told",
    .create = slow_create,
    .parameters = {{.name = "delay",
                    .initial = "nine tenths of the view timeout",
                    .help = "how long it holds each",
                    .is_time = true,
                    .least = 1,
                    .most = MOST_PARAMETER_NS}},
};

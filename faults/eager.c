/* eager: ignores quorum thresholds. It is a replica whose quorum is 1: the pre-prepare alone makes it COMMIT, its own
 * COMMIT makes it execute, and it tells client and checkpoint so at once. Fired: COMMITs.
 *
 * What a replica finds out about a payload is remembered on the payload for all. This one goes by another quorum, so it
 * is given copies of whatever holds certificates: its judgement must not reach the correct ones. */
#include <string.h>

#include "faults/catalogue.h"
#include "faults/wrap.h"

static bool holds_certificates(const struct event *event)
{
    return event->kind == EVENT_MESSAGE && message_contents(event->message) != NULL &&
           event->message->type != MESSAGE_PRE_PREPARE && event->message->type != MESSAGE_BATCH &&
           event->message->type != MESSAGE_REQUEST;
}

static bool eager_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    if (!holds_certificates(event)) {
        return true;
    }
    const struct payload *original = message_contents(event->message);
    struct payload *copy = outbox_allocate(outbox, original->size);
    memcpy(copy->bytes, original->bytes, original->size);
    payload_seal(copy);
    struct message message = *event->message;
    message.payload = copy;
    struct event instead = *event;
    instead.message = &message;
    inner_step(&wrap->inner, &instead, outbox);
    payload_drop(copy);
    return false;
}

static void eager_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    if (message->type == MESSAGE_COMMIT) {
        wrap->base.fired++;
    }
    wrap_pass(message, outbox);
}

static const struct wrap_operations operations = {.incoming = eager_incoming, .outgoing = eager_outgoing};

static struct node *eager_create(const struct behavior_context *context)
{
    struct protocol_config hasty = *context->protocol;
    hasty.quorum = 1;
    return wrap_create_with(sizeof(struct wrap), context, &hasty, &operations, NULL);
}

const struct behavior behavior_eager = {
    .name = "eager",
    .summary = "ignores quorums: COMMITs, executes and replies on the pre-prepare alone",
    .create = eager_create,
};

/* eager: ignores quorum thresholds. It is a replica whose quorum is 1: the pre-prepare alone makes it COMMIT, its own
 * COMMIT makes it execute, and it tells client and checkpoint so at once. Fired: COMMITs.
 *
 * What a replica finds out about a payload is remembered on the payload for all. This one goes by another quorum, so it
 * is given copies of whatever holds certificates, and what it sends of that kind is copied again: its judgement must
 * not reach the correct ones, neither of what it heard and passes on, nor of what it made itself. */
#include <string.h>

#include "faults/catalogue.h"
#include "faults/wrap.h"

static bool holds_certificates(const struct message *message)
{
    return message_contents(message) != NULL && message->type != MESSAGE_PRE_PREPARE &&
           message->type != MESSAGE_BATCH && message->type != MESSAGE_REQUEST;
}

static struct payload *duplicate(const struct payload *original, struct outbox *outbox)
{
    struct payload *copy = outbox_allocate(outbox, original->size);
    memcpy(copy->bytes, original->bytes, original->size);
    payload_seal(copy);
    return copy;
}

/* The message's payload, and what is beneath it, in payloads that nobody has judged; one reference is the caller's. */
static struct payload *unjudged(const struct message *message, struct outbox *outbox)
{
    struct payload *copy = duplicate(message->payload, outbox);
    if (message->payload->beneath != NULL) {
        copy->beneath = duplicate(message->payload->beneath, outbox);
    }
    return copy;
}

static bool eager_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    if (event->kind != EVENT_MESSAGE || !holds_certificates(event->message)) {
        return true;
    }
    struct message message = *event->message;
    message.payload = unjudged(event->message, outbox);
    struct event instead = *event;
    instead.message = &message;
    inner_step(&wrap->inner, &instead, outbox);
    payload_drop(message.payload);
    return false;
}

static void eager_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    wrap->base.fired += message->type == MESSAGE_COMMIT;
    if (!holds_certificates(message)) {
        wrap_pass(message, outbox);
        return;
    }
    struct message instead = *message;
    instead.payload = unjudged(message, outbox);
    wrap_pass(&instead, outbox);
    payload_drop(instead.payload);
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

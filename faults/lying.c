/* lying-checkpoint, lying-reply: a wrong digest of the state in every CHECKPOINT, a wrong result in every REPLY. All
 * liars tell the same lie, so that f+1 of them deceive whoever believes f+1. */
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

static void checkpoint_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct message changed = *message;
    if (message->type == MESSAGE_CHECKPOINT) {
        changed.digest = draw_digest(wrap->context.coalition->seed, DRAW_FOR_ALL, DRAW_FALSE_DIGEST, 0,
                                     message->sequence, 0);
        wrap->base.fired++;
    }
    wrap_pass(&changed, outbox);
}

static void reply_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct message changed = *message;
    if (message->type == MESSAGE_REPLY) {
        changed.digest.words[0] = draw(wrap->context.coalition->seed, DRAW_FOR_ALL, DRAW_RESULT, message->to,
                                       message->timestamp, 0);
        wrap->base.fired++;
    }
    wrap_pass(&changed, outbox);
}

static const struct wrap_operations checkpoint_operations = {.outgoing = checkpoint_outgoing};
static const struct wrap_operations reply_operations = {.outgoing = reply_outgoing};

static struct node *lying_checkpoint_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &checkpoint_operations, NULL);
}

static struct node *lying_reply_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &reply_operations, NULL);
}

const struct behavior behavior_lying_checkpoint = {
    .name = "lying-checkpoint",
    .summary = "a wrong digest of its state in every checkpoint",
    .create = lying_checkpoint_create,
};

const struct behavior behavior_lying_reply = {
    .name = "lying-reply",
    .summary = "a wrong result in every reply, the same from all liars",
    .create = lying_reply_create,
};

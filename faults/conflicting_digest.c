/* conflicting-digest: every PREPARE and COMMIT names a digest that nobody proposed. */
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

static void conflicting_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct message changed = *message;
    if (message->type == MESSAGE_PREPARE || message->type == MESSAGE_COMMIT) {
        changed.digest = draw_digest(wrap->context.coalition->seed, wrap->context.id, DRAW_FALSE_DIGEST, message->view,
                                     message->sequence, TO_ALL_REPLICAS);
        wrap->base.fired++;
    }
    wrap_pass(&changed, outbox);
}

static const struct wrap_operations operations = {.outgoing = conflicting_outgoing};

static struct node *conflicting_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_conflicting_digest = {
    .name = "conflicting-digest",
    .summary = "a wrong digest in every PREPARE and COMMIT",
    .create = conflicting_create,
};

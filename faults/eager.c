/* eager: ignores quorum thresholds. It is a replica whose quorum is 1: the pre-prepare alone makes it COMMIT, its own
 * COMMIT makes it execute, and it tells client and checkpoint so at once. Fired: COMMITs. */
#include "faults/catalogue.h"
#include "faults/wrap.h"

static void eager_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    if (message->type == MESSAGE_COMMIT) {
        wrap->base.fired++;
    }
    wrap_pass(message, outbox);
}

static const struct wrap_operations operations = {.outgoing = eager_outgoing};

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

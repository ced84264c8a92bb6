/* selective: sends nothing to a chosen set of correct replicas, the same for all selective replicas of a run
 * (victims_draw() in faults/sides.h), and behaves correctly to everybody else, so that the others go on and the victims
 * are left behind. Fired: messages left out, each destination once. */
#include <stdlib.h>

#include "faults/catalogue.h"
#include "faults/sides.h"
#include "faults/wrap.h"

struct selective {
    struct wrap wrap; /* first */
    bool *victim;     /* n; owned */
};

static void selective_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    const struct selective *selective = (const struct selective *)wrap;
    if (message->to != TO_ALL_REPLICAS && message->to >= wrap->protocol.replicas) {
        wrap_pass(message, outbox); /* to a client */
        return;
    }
    for (node_id to = 0; wrap_destination(wrap, message, &to); to++) {
        if (selective->victim[to]) {
            wrap->base.fired++;
        } else {
            outbox_send(outbox, to, *message);
        }
    }
}

static bool selective_prepare(struct wrap *wrap)
{
    struct selective *selective = (struct selective *)wrap;
    selective->victim = calloc(wrap->protocol.replicas, sizeof *selective->victim);
    return selective->victim != NULL && victims_draw(wrap->context.coalition, selective->victim);
}

static void selective_release(struct wrap *wrap)
{
    free(((struct selective *)wrap)->victim);
}

static const struct wrap_operations operations = {.outgoing = selective_outgoing, .release = selective_release};

static struct node *selective_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct selective), context, &operations, selective_prepare);
}

const struct behavior behavior_selective = {
    .name = "selective",
    .summary = "sends nothing to up to f chosen correct replicas, to leave them behind",
    .create = selective_create,
};

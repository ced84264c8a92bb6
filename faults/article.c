/* article: the Byzantine node of the original simulator. As primary it gives each node a different digest; as backup
 * it answers a pre-prepare half the time with nothing, else with a PREPARE, half of those with a false digest; it
 * never sends COMMIT, nor a certificate that holds its own. In everything else it is correct. */
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

static struct digest false_digest(const struct wrap *wrap, const struct message *message, node_id to)
{
    return draw_digest(wrap->context.coalition->seed, wrap->context.id, DRAW_FALSE_DIGEST, message->view,
                       message->sequence, to);
}

static void propose_differently_to_each(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    for (node_id to = 0; wrap_destination(wrap, message, &to); to++) {
        struct message changed = *message;
        changed.digest = false_digest(wrap, message, to);
        outbox_send(outbox, to, changed);
    }
    wrap->base.fired++;
}

static void prepare_or_not(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_ARTICLE, message->view,
                          message->sequence, 0);
    switch (draw_below(drawn, 4)) {
    case 0:
        wrap_pass(message, outbox);
        break;
    case 1: {
        struct message changed = *message;
        changed.digest = false_digest(wrap, message, TO_ALL_REPLICAS);
        wrap_pass(&changed, outbox);
        wrap->base.fired++;
        break;
    }
    default:
        wrap->base.fired++; /* nothing */
        break;
    }
}

static void article_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    switch (message->type) {
    case MESSAGE_PRE_PREPARE:
        propose_differently_to_each(wrap, message, outbox);
        break;
    case MESSAGE_PREPARE:
        prepare_or_not(wrap, message, outbox);
        break;
    case MESSAGE_COMMIT:
    case MESSAGE_DECISION:
        wrap->base.fired++; /* never */
        break;
    default:
        wrap_pass(message, outbox);
        break;
    }
}

static const struct wrap_operations operations = {.outgoing = article_outgoing};

static struct node *article_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_article = {
    .name = "article",
    .summary = "the original simulator's: false digests, half its PREPAREs missing, never a COMMIT",
    .create = article_create,
};

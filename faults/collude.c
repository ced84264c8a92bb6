/* collude: all such replicas act as one. The primary among them equivocates, the others vote for each content to the
 * side that saw it; under a correct primary they are correct and wait. They never speak to each other: who misbehaves
 * is known from the start, and sides and the second request are functions of the seed. */
#include "core/quorum.h"
#include "faults/catalogue.h"
#include "faults/split.h"

static bool led_by_us(const struct wrap *wrap, view_number view)
{
    return coalition_has(wrap->context.coalition, primary_of(view, wrap->protocol.replicas));
}

static bool collude_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    return !split_is_second_proposal((const struct split *)wrap, event);
}

static void collude_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct split *split = (struct split *)wrap;
    if (message->type == MESSAGE_PRE_PREPARE) {
        split_propose(split, message, outbox);
    } else if (message->type == MESSAGE_PREPARE && led_by_us(wrap, message->view)) {
        split_prepare_and_commit(split, message, outbox);
    } else if (message->type == MESSAGE_COMMIT && led_by_us(wrap, message->view)) {
        if (message->attempt > 0) { /* the first one went with the proposal or the PREPARE */
            split_vote(split, message, outbox);
        }
    } else {
        wrap_pass(message, outbox);
    }
}

static const struct wrap_operations operations = {
    .incoming = collude_incoming,
    .outgoing = collude_outgoing,
    .release = split_release,
};

static struct node *collude_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct split), context, &operations, split_prepare);
}

const struct behavior behavior_collude = {
    .name = "collude",
    .summary = "act as one: the primary among them equivocates, the others split their votes",
    .needs_accomplice = true,
    .create = collude_create,
};

/* equivocate: as primary, one request to one side of the correct replicas and another to the other, each with the
 * primary's own COMMIT; as backup it is correct. What follows depends on how the rest votes: alone it leaves the
 * smaller side behind, with split-vote from b = 2q-n on it breaks agreement. Fired: proposals made twice, and votes
 * split. */
#include "faults/catalogue.h"
#include "faults/split.h"

static void equivocate_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct split *split = (struct split *)wrap;
    if (message->type == MESSAGE_PRE_PREPARE) {
        split_propose(split, message, outbox);
    } else if (message->type == MESSAGE_COMMIT && split_is_marked(split, message)) {
        if (message->attempt > 0) { /* the first one went with the proposal */
            split_vote(split, message, outbox);
        }
    } else {
        wrap_pass(message, outbox);
    }
}

static const struct wrap_operations operations = {.outgoing = equivocate_outgoing, .release = split_release};

static struct node *equivocate_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct split), context, &operations, split_prepare);
}

const struct behavior behavior_equivocate = {
    .name = "equivocate",
    .summary = "as primary, one request to one part of the correct replicas and another to the rest",
    .needs_accomplice = true,
    .create = equivocate_create,
};

/* split-vote: votes for what was proposed to one side of the correct replicas, and for the accomplice's request, which
 * an equivocating primary has proposed to the other side, to that side. Where the primary did not equivocate, nobody
 * saw that request, and its votes are false ones. It COMMITs together with its PREPARE, without waiting for anybody. */
#include "faults/catalogue.h"
#include "faults/split.h"

static bool split_vote_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    return !split_is_second_proposal((const struct split *)wrap, event);
}

static void split_vote_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct split *split = (struct split *)wrap;
    if (message->type == MESSAGE_PREPARE) {
        split_prepare_and_commit(split, message, outbox);
    } else if (message->type == MESSAGE_COMMIT) {
        if (message->attempt > 0 || wrap_is_primary(wrap, message->view)) {
            split_vote(split, message, outbox); /* a backup's first one went with the PREPARE */
        }
    } else {
        wrap_pass(message, outbox);
    }
}

static const struct wrap_operations operations = {
    .incoming = split_vote_incoming,
    .outgoing = split_vote_outgoing,
    .release = split_release,
};

static struct node *split_vote_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct split), context, &operations, split_prepare);
}

const struct behavior behavior_split_vote = {
    .name = "split-vote",
    .summary = "votes for one request to one part of the correct replicas, for another to the rest",
    .create = split_vote_create,
};

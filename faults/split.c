#include "faults/split.h"

#include <stdlib.h>

#include "core/quorum.h"
#include "faults/accomplice.h"
#include "faults/sides.h"

bool split_prepare(struct wrap *wrap)
{
    struct split *split = (struct split *)wrap;
    split->side = calloc(wrap->protocol.replicas, sizeof *split->side);
    split->marks = calloc(wrap->protocol.window, sizeof *split->marks);
    return split->side != NULL && split->marks != NULL && sides_draw(wrap->context.coalition, split->side);
}

void split_release(struct wrap *wrap)
{
    free(((struct split *)wrap)->side);
    free(((struct split *)wrap)->marks);
}

void split_mark(struct split *split, view_number view, sequence_number sequence)
{
    split->marks[sequence % split->wrap.protocol.window] = (struct split_mark){sequence, view};
}

bool split_is_marked(const struct split *split, const struct message *message)
{
    const struct split_mark *mark = &split->marks[message->sequence % split->wrap.protocol.window];
    return mark->sequence == message->sequence && mark->view == message->view;
}

void split_vote(struct split *split, const struct message *vote, struct outbox *outbox)
{
    const struct wrap *wrap = &split->wrap;
    struct message second = *vote;
    second.digest = accomplice_digest(&wrap->context, vote->view, vote->sequence);
    for (node_id to = 0; wrap_destination(wrap, vote, &to); to++) {
        outbox_send(outbox, to, split->side[to] ? second : *vote);
    }
    split->wrap.base.fired++;
}

static void split_commit(struct split *split, const struct message *like, struct outbox *outbox)
{
    struct message commit = *like;
    commit.type = MESSAGE_COMMIT;
    commit.payload = NULL;
    split_vote(split, &commit, outbox);
}

void split_prepare_and_commit(struct split *split, const struct message *prepare, struct outbox *outbox)
{
    split_vote(split, prepare, outbox);
    split_commit(split, prepare, outbox);
}

void split_propose(struct split *split, const struct message *pre_prepare, struct outbox *outbox)
{
    struct wrap *wrap = &split->wrap;
    if (pre_prepare->attempt > 0 && !split_is_marked(split, pre_prepare)) {
        wrap_pass(pre_prepare, outbox);
        return;
    }
    split_mark(split, pre_prepare->view, pre_prepare->sequence);
    struct payload *batch = accomplice_batch(&wrap->context, pre_prepare->view, pre_prepare->sequence, outbox);
    if (pre_prepare->attempt == 0) {
        accomplice_submit(batch, wrap->now_ns, outbox);
    }
    struct message second = *pre_prepare;
    second.digest = payload_digest(batch);
    second.payload = batch;
    for (node_id to = 0; wrap_destination(wrap, pre_prepare, &to); to++) {
        if (split->side[to] || coalition_has(wrap->context.coalition, to)) {
            outbox_send(outbox, to, second);
        }
        if (!split->side[to]) {
            outbox_send(outbox, to, *pre_prepare);
        }
    }
    payload_drop(batch);
    wrap->base.fired++;
    split_commit(split, pre_prepare, outbox);
}

bool split_is_second_proposal(const struct split *split, const struct event *event)
{
    const struct wrap *wrap = &split->wrap;
    const struct message *message = event->message;
    return event->kind == EVENT_MESSAGE && message->type == MESSAGE_PRE_PREPARE &&
           coalition_has(wrap->context.coalition, event->from) &&
           event->from == primary_of(message->view, wrap->protocol.replicas) &&
           digest_equal(message->digest, accomplice_digest(&wrap->context, message->view, message->sequence));
}

/* What equivocate, split-vote and collude have in common: two contents for one (view, sequence number), each told to
 * its own side of the correct replicas (faults/sides.h), and to the rest of the coalition both.
 *
 * The first content is what the inner replica proposes or prepares; the second is the accomplice's request
 * (faults/accomplice.h). */
#ifndef PBFT_FAULTS_SPLIT_H
#define PBFT_FAULTS_SPLIT_H

#include "faults/wrap.h"

struct split_mark {
    sequence_number sequence; /* 0: none */
    view_number view;
};

struct split {
    struct wrap wrap;         /* first */
    bool *side;               /* n; owned */
    struct split_mark *marks; /* where there are two contents, the newest at each place of the window; owned */
};

/* For wrap_create() and wrap_operations. */
bool split_prepare(struct wrap *wrap);
void split_release(struct wrap *wrap);

/* Remembers, and tells, that there are two contents for this sequence number in this view. What a NEW-VIEW orders has
 * but one: to split votes about that would only help the correct ones. */
void split_mark(struct split *split, view_number view, sequence_number sequence);
bool split_is_marked(const struct split *split, const struct message *message);

/* Instead of a PRE-PREPARE: it goes to the first side, one with the accomplice's request to the second, both to the
 * coalition; and to each side at once the COMMIT that fits. Counts as fired. A resend of what a NEW-VIEW ordered goes
 * as it is. */
void split_propose(struct split *split, const struct message *pre_prepare, struct outbox *outbox);

/* Instead of a PREPARE or COMMIT: it goes to the first side and to the coalition, a vote for the accomplice's request
 * to the second side. Counts as fired. */
void split_vote(struct split *split, const struct message *vote, struct outbox *outbox);

/* Instead of a backup's PREPARE: it splits, and with it goes the COMMIT, without waiting for anybody. */
void split_prepare_and_commit(struct split *split, const struct message *prepare, struct outbox *outbox);

/* Whether this is the second of a misbehaving primary's two proposals, which the inner replica is not to see, lest it
 * come first and be the one that the replica prepares. */
bool split_is_second_proposal(const struct split *split, const struct event *event);

#endif

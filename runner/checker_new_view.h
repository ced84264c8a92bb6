/* I11: the O of every NEW-VIEW by which a correct replica entered a view, recomputed by the checker itself from the V
 * in it. Called by the thread that runs the checker. */
#ifndef PBFT_RUNNER_CHECKER_NEW_VIEW_H
#define PBFT_RUNNER_CHECKER_NEW_VIEW_H

#include "core/journal.h"
#include "core/proof.h"
#include "runner/checker_state.h"

/* Whether O is what V demands: the batch that V proves prepared in the highest view for each sequence number from
 * min-s to max-s, null where it proves none (OSDI 1999, section 4.4). The contents are well formed. Sets
 * `*out_of_memory` if memory is lacking. */
bool order_follows(const struct payload *new_view, struct proof_shape shape, bool *out_of_memory);

/* A NEW_VIEW_SENT entry, whoever sent it. */
void checker_take_new_view_sent(struct checker *checker, const struct journal_entry *entry);
/* A NEW_VIEW entry of a correct replica: journals come one after the other, so perhaps before it was sent. */
void checker_take_new_view(struct checker *checker, const struct journal_entry *entry);
/* At the end: what was entered has been sent. */
void checker_finish_new_views(struct checker *checker);

#endif

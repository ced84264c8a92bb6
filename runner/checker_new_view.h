/* I11: every NEW-VIEW by which a correct replica entered a view is proven, and its O recomputed, by the checker itself
 * (checker_view_proof.h). Called by the thread that runs the checker. */
#ifndef PBFT_RUNNER_CHECKER_NEW_VIEW_H
#define PBFT_RUNNER_CHECKER_NEW_VIEW_H

#include "core/journal.h"
#include "runner/checker_state.h"

/* A NEW_VIEW_SENT entry, whoever sent it. */
void checker_take_new_view_sent(struct checker *checker, const struct journal_entry *entry);
/* A NEW_VIEW entry of a correct replica: journals come one after the other, so perhaps before it was sent. */
void checker_take_new_view(struct checker *checker, const struct journal_entry *entry);
/* At the end: what was entered has been sent. */
void checker_finish_new_views(struct checker *checker);

#endif

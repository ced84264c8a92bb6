/* Takes journal entries of any node into the checker's tables. */
#ifndef PBFT_RUNNER_CHECKER_ENTRY_H
#define PBFT_RUNNER_CHECKER_ENTRY_H

#include "runner/checker_state.h"

/* The reference to journal_payload() stays the caller's. Sets `failed` if memory is lacking. */
void checker_take(struct checker *checker, const struct journal_entry *entry);

#endif

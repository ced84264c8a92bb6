/* Closes decisions of which all is known: what their contents come to (I4, I5, I6), and their measurement. */
#ifndef PBFT_RUNNER_CHECKER_DECISION_H
#define PBFT_RUNNER_CHECKER_DECISION_H

#include "runner/checker_state.h"

/* Closes and forgets, in order, what every correct replica has settled, up to the first decision of which contents or
 * a client's word are still to come from some journal. */
void checker_retire_settled(struct checker *checker);

/* At the end: closes what is left, as it is; what has not come is missing. */
void checker_close_all(struct checker *checker);

#endif

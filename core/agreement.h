/* The three phases on one sequence number: pre-prepared, prepared, committed-local (OSDI 1999, section 4.2). */
#ifndef PBFT_CORE_AGREEMENT_H
#define PBFT_CORE_AGREEMENT_H

#include "core/replica_internal.h"

/* Opens the slot by the pre-prepare of the current view, whose primary stamped `tag`; a backup votes PREPARE, unless
 * it lacks the contents (R20). `batch` is NULL for a null request, or when lacking. What follows happens at once. */
void agreement_open(const struct step *step, sequence_number sequence, struct digest digest, union vote_auth auth,
                    struct payload *batch);

/* The contents that the open slot was lacking have come. */
void agreement_supply(const struct step *step, sequence_number sequence, struct payload *batch);

/* Whether a vote may count: sender, view, window (R2 is the caller's). */
enum reject agreement_admits(const struct replica *replica, const struct message *vote);

/* After a vote was counted: moves to prepared, committed-local, and execution when the quorum is there. False if the
 * vote changed nothing but its slot's count: then the rest of the step has nothing to do. */
bool agreement_advance(const struct step *step, sequence_number sequence);

#endif

/* Checkpoints: taking one's own, and making them stable (OSDI 1999, section 4.3; R21, R22). Steps of a replica. */
#ifndef PBFT_CORE_STABLE_H
#define PBFT_CORE_STABLE_H

#include "core/replica_internal.h"

/* `replica->executed` is a multiple of K: broadcasts a CHECKPOINT and counts the own vote. */
void stable_take(const struct step *step);

/* Counts a vote for a multiple of K in the window; at a quorum the checkpoint is stable and the window moves. */
enum reject stable_count(const struct step *step, sequence_number sequence, struct digest digest, node_id sender,
                         union vote_auth auth);

/* A checkpoint that others proved stable (R19, R27): the window moves if it is above the own one. */
void stable_adopt(const struct step *step, sequence_number sequence, struct digest digest, const struct proof *proof);

#endif

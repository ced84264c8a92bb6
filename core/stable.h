/* Checkpoints: taking one's own, and making them stable (OSDI 1999, section 4.3; R21, R22). Steps of a replica. */
#ifndef PBFT_CORE_STABLE_H
#define PBFT_CORE_STABLE_H

#include "core/replica_internal.h"

/* The digest of the replica's state: the service's, and the last reply to each client. */
struct digest stable_state_digest(const struct replica *replica);

/* `replica->executed` is a multiple of K: broadcasts a CHECKPOINT and counts the own vote. */
void stable_take(const struct step *step);

/* Counts a vote; at a quorum the checkpoint is stable and the window moves. */
enum reject stable_count(const struct step *step, sequence_number sequence, struct digest digest, node_id sender,
                         uint64_t tag);

#endif

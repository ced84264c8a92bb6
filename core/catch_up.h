/* Sending again what an unreliable link may have lost, with bounded backoff, until it is obsolete (R25), and noticing
 * that others are ahead (R32). Off with `--retransmit off`; only a checkpoint that is stable without this replica
 * makes it fetch even then (R22). Steps of a replica. */
#ifndef PBFT_CORE_CATCH_UP_H
#define PBFT_CORE_CATCH_UP_H

#include "core/replica_internal.h"

uint64_t catch_up_deadline(const struct replica *replica);

/* At the end of each step: sends again if it is time, else sees whether the timer must run. */
void catch_up_tick(const struct step *step);

/* `peer` sends again about a sequence number that is executed here, or sits in a view change: shows it how far this
 * replica has come, by a vote for that sequence number, or its certificate (R25, R32). */
void catch_up_answer(const struct step *step, node_id peer, sequence_number sequence);

/* `peer` sent a certificate for this sequence number: it has come as far, and one that is not executed here proves that
 * others are ahead. */
void catch_up_note_proof(struct replica *replica, node_id peer, sequence_number sequence);

/* A COMMIT or CHECKPOINT that cannot count here: its sender is ahead, or in another view. */
void catch_up_note_claim(const struct step *step, node_id peer, sequence_number sequence);

#endif

/* The accomplice: a client that misbehaving replicas own. For each sequence number that they equivocate about it has a
 * valid request of its own with the sequence number as its timestamp; in another view that request is another one
 * under the same timestamp. What it asks for is a function of (seed, view, sequence number): every member of the
 * coalition knows it, and its digest, without a word. Any thread. */
#ifndef PBFT_FAULTS_ACCOMPLICE_H
#define PBFT_FAULTS_ACCOMPLICE_H

#include "faults/behavior.h"

/* The batch that conflicts with what the primary of `view` proposes as `sequence`: one request of the accomplice, or,
 * in a run without an accomplice, a digest that no batch has. */
struct digest accomplice_digest(const struct behavior_context *context, view_number view, sequence_number sequence);

/* The batch of that digest, sealed, with one reference that the caller drops. There must be an accomplice. */
struct payload *accomplice_batch(const struct behavior_context *context, view_number view, sequence_number sequence,
                                 struct outbox *outbox);

/* Records that the accomplice submitted what is in `batch` (JOURNAL_SUBMITTED), so that executing it counts as
 * executing a submitted request (I6). */
void accomplice_submit(const struct payload *batch, uint64_t now_ns, struct outbox *outbox);

#endif

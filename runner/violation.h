/* Keeps the most telling of several broken invariants. Whatever order evidence comes in, the same one is kept: lower
 * sequence number first, then the more basic property, then the lower replicas. */
#ifndef PBFT_RUNNER_VIOLATION_H
#define PBFT_RUNNER_VIOLATION_H

#include "runner/result.h"

/* Starts evidence against `property` ("I1"), whose words are looked up. */
struct violation violation_of(const char *property, sequence_number sequence);
/* One more witness; those beyond the room for them are left out. */
void violation_witness(struct violation *violation, node_id replica, struct digest digest);
/* What is known besides of the last witness added. */
void violation_holding(struct violation *violation, struct holding holding);
/* "replicas 2, 5: DIGEST (request 3 of client 7, and 4 more)" */
#define WITNESS_WORDS_SIZE 512
void violation_witness_words(const struct violation *violation, uint32_t index, char words[WITNESS_WORDS_SIZE]);
/* `candidate` takes the place of `*kept` if that is empty or less telling. */
void violation_offer(struct violation *kept, const struct violation *candidate);

#endif

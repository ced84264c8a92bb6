/* State digests that correct replicas claim at sequence numbers (STABLE, TRANSFERRED, or where they ended): equal
 * sequence number, equal digest (I4). One thread. */
#ifndef PBFT_RUNNER_STABILITY_H
#define PBFT_RUNNER_STABILITY_H

#include "runner/violation.h"

struct state_claim {
    sequence_number sequence;
    struct digest digest, other;    /* the first that was named, and another one */
    node_id replica, other_replica; /* the least that name them; `other_replica` NO_NODE while all agree */
};

struct stability {
    struct state_claim *claims; /* in order of sequence numbers */
    size_t count, capacity;
};

void stability_destroy(struct stability *stability);
/* False if memory is lacking. */
bool stability_claim(struct stability *stability, sequence_number sequence, struct digest digest, node_id replica);
/* Offers what is wrong up to and including `sequence`, and forgets those claims. */
void stability_judge(struct stability *stability, sequence_number sequence, struct violation *kept);

#endif

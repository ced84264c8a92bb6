/* Whether what correct replicas claim about one sequence number can be true together: I1, I2, I3, I4 and the part of
 * I5 that compares them. A pure function of the claims, whatever order they came in. */
#ifndef PBFT_RUNNER_JUDGE_H
#define PBFT_RUNNER_JUDGE_H

#include "runner/history.h"
#include "runner/violation.h"

struct judge_config {
    uint32_t quorum;      /* q */
    uint32_t correct;     /* correct replicas */
    uint32_t misbehaving; /* b */
};

/* Offers each broken invariant to `*kept`. Returns false if replicas disagree in content (I1). */
bool judge_decision(const struct judge_config *config, const struct decision *decision, struct violation *kept);

/* The execution that counts as the agreed one: that of the least replica. NULL if none executed it. */
const struct claim *judge_agreed(const struct decision *decision);

#endif

/* Makes a scenario that breaks something as small as it can be while it still does: fewer replicas, misbehaving ones,
 * events of the schedule, requests, clients; plainer links and timers. Delta debugging, greedy and deterministic.
 * Source: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002. */
#ifndef PBFT_RUNNER_SHRINK_H
#define PBFT_RUNNER_SHRINK_H

#include "runner/space.h"
#include "runner/trial.h"

struct shrink {
    const struct space *space; /* what the user has said stays as it is */
    const atomic_int *interrupted;
    bool (*still)(void *context, const struct plan *plan); /* whether the plan, bound, breaks the same */
    void *context;
    uint64_t tries, most_tries;
};

/* `plan` becomes the smallest one found; it is bound. Returns how many steps made it smaller. */
uint64_t shrink_plan(struct shrink *shrink, struct plan *plan);

#endif

/* I14: what a run must come to once its network has healed. Pure functions of a resolved scenario. Source: protocol.md,
 * Invariants; Castro and Liskov, OSDI 1999, section 4.5.2 (liveness under a delay that does not grow for ever). */
#ifndef PBFT_RUNNER_HEALING_H
#define PBFT_RUNNER_HEALING_H

#include "runner/scenario.h"

/* D: no message that is sent once the network has healed takes longer; TIME_NEVER_NS if a delay has no bound. */
uint64_t healing_timely_ns(const struct scenario *scenario);

/* When the network has healed: nothing is dropped, cut off or down any more that will ever be again, but for replicas
 * that are down for good. TIME_NEVER_NS if it never does. */
uint64_t healing_time_ns(const struct scenario *scenario);

/* Replicas that misbehave, those of the schedule included. */
uint32_t healing_faulty(const struct scenario *scenario);

/* Whether every request must be done before the deadline. */
bool healing_promises_life(const struct scenario *scenario);

/* Whether it must be done within so many views above the highest at healing, and in how many. */
bool healing_promises_views(const struct scenario *scenario, uint32_t *views);

/* A time by which all is done if it ever is, with much to spare: a stalled run costs little under the virtual clock. */
uint64_t healing_deadline_ns(const struct scenario *scenario);

#endif

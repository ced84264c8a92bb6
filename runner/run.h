/* One run of a scenario: builds the cluster, drives it, checks it, measures it. */
#ifndef PBFT_RUNNER_RUN_H
#define PBFT_RUNNER_RUN_H

#include "runner/draw.h"
#include "runner/result.h"

/* Runs repetition `index` (seed + index). `interrupted` may be NULL. True when the run took place, whatever came of
 * it; false with a sentence when it could not (memory, threads). Release with run_result_destroy(), also on false.
 * A result is large (histograms): keep it on the heap. */
bool run_scenario(const struct scenario *scenario, uint32_t index, const atomic_int *interrupted,
                  struct run_result *result, struct error *error);
void run_result_destroy(struct run_result *result);

#endif

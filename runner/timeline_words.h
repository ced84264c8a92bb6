/* A run's timeline for people: a row for each bin, or for several where there are many. One thread. */
#ifndef PBFT_RUNNER_TIMELINE_WORDS_H
#define PBFT_RUNNER_TIMELINE_WORDS_H

#include "runner/output.h"
#include "runner/result.h"

/* Bins of `bin_ns`; nothing if the run has none. */
void timeline_print(struct output *output, const struct run_result *result, uint64_t bin_ns);

#endif

/* Where the replicas and clients of a scenario live. Pure. */
#ifndef PBFT_RUNNER_PLACEMENT_H
#define PBFT_RUNNER_PLACEMENT_H

#include "runner/settings.h"

/* Looks up --latency-matrix, --regions and --client-region, which have been read already, and fills in their defaults:
 * all regions in the matrix's order, and clients where replica 0 lives. False with a sentence. */
bool scenario_place(const struct settings *settings, struct scenario *scenario, struct error *error);

#endif

/* Where the replicas and clients of a scenario live, and how long messages take between them on average. Pure. */
#ifndef PBFT_RUNNER_PLACEMENT_H
#define PBFT_RUNNER_PLACEMENT_H

#include "runner/settings.h"

/* Looks up --latency-matrix, --regions and --client-region, which have been read already, and fills in their defaults:
 * all regions in the matrix's order, and clients where replica 0 lives. False with a sentence. */
bool scenario_place(const struct settings *settings, struct scenario *scenario, struct error *error);

/* The mean time that a message takes between two replicas: the delay's mean, that of the latencies over all ordered
 * pairs of distinct replicas, and the time in which a full pre-prepare leaves the primary's uplink for all. Queueing
 * is not in it. Default timers follow it. */
double scenario_link_mean_ns(const struct scenario *scenario);
/* The same between clients and replicas, without uplinks: a request leaves its client at once. */
double scenario_client_link_mean_ns(const struct scenario *scenario);

#endif

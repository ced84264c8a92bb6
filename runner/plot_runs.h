/* Pictures of runs: how latencies are distributed, and what happened over time. See plot_pictures.h. */
#ifndef PBFT_RUNNER_PLOT_RUNS_H
#define PBFT_RUNNER_PLOT_RUNS_H

#include "runner/plot_request.h"

bool runs_have_latency(const struct plot_request *request);
bool runs_have_timeline(const struct plot_request *request);

bool prepare_cdf(const struct plot_request *request, struct gnuplot *plot, struct error *error);
bool prepare_timeline(const struct plot_request *request, struct gnuplot *plot, struct error *error);

#endif

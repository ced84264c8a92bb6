/* Pictures of a benchmark: votes a second, against the number of replicas and of cores. See plot_pictures.h for what
 * the functions mean. */
#ifndef PBFT_RUNNER_PLOT_BENCH_H
#define PBFT_RUNNER_PLOT_BENCH_H

#include "runner/plot_request.h"

bool bench_has_sizes(const struct plot_request *request);
bool bench_has_cores(const struct plot_request *request);

bool prepare_bench_sizes(const struct plot_request *request, struct gnuplot *plot, struct error *error);
bool prepare_bench_cores(const struct plot_request *request, struct gnuplot *plot, struct error *error);

#endif

/* Pictures of a sweep: along one option that varies, or over two. See plot_pictures.h for what the functions mean. */
#ifndef PBFT_RUNNER_PLOT_SWEEP_H
#define PBFT_RUNNER_PLOT_SWEEP_H

#include "runner/plot_request.h"

bool sweep_has_latency(const struct plot_request *request);
bool sweep_has_success(const struct plot_request *request);
bool sweep_has_two_options(const struct plot_request *request);
bool sweep_has_latency_map(const struct plot_request *request);

bool prepare_latency(const struct plot_request *request, struct gnuplot *plot, struct error *error);
bool prepare_success(const struct plot_request *request, struct gnuplot *plot, struct error *error);
bool prepare_success_map(const struct plot_request *request, struct gnuplot *plot, struct error *error);
bool prepare_latency_map(const struct plot_request *request, struct gnuplot *plot, struct error *error);

#endif

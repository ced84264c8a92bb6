#include "runner/plot_pictures.h"

#include "runner/plot_bench.h"
#include "runner/plot_runs.h"
#include "runner/plot_sweep.h"

static const struct picture pictures[] = {
    {"latency", "latency.gp", sweep_has_latency, prepare_latency},
    {"success", "success.gp", sweep_has_success, prepare_success},
    {"heatmap", "heatmap.gp", sweep_has_two_options, prepare_success_map},
    {"latency-heatmap", "heatmap.gp", sweep_has_latency_map, prepare_latency_map},
    {"cdf", "cdf.gp", runs_have_latency, prepare_cdf},
    {"timeline", "timeline.gp", runs_have_timeline, prepare_timeline},
    {"votes", "bench.gp", bench_has_sizes, prepare_bench_sizes},
    {"cores", "bench.gp", bench_has_cores, prepare_bench_cores},
    {NULL, NULL, NULL, NULL},
};

const struct picture *picture_at(size_t index)
{
    return &pictures[index];
}

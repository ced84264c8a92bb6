/* The scenarios that a part of the benchmark runs: its own defaults under what the user gave, every combination. */
#ifndef PBFT_RUNNER_BENCH_GRID_H
#define PBFT_RUNNER_BENCH_GRID_H

#include "runner/bench_session.h"
#include "runner/grid.h"

struct bench_default {
    enum option_id id;
    const char *text;
};

/* `defaults` end with OPTION_COUNT. False with a sentence; release with grid_destroy() in any case. */
bool bench_grid_make(const struct bench *bench, const struct bench_default *defaults, struct grid *grid,
                     struct error *error);
/* A cell's scenario, run once. */
void bench_grid_scenario(const struct grid *grid, size_t cell, struct scenario *scenario);
/* Whether the user gave the option. */
static inline bool bench_given(const struct bench *bench, enum option_id id)
{
    return settings_has(&bench->plan.settings, id);
}

/* Adds what distinguishes the scenario from others of the grid: the options that vary, in the order of the table. */
void bench_case_of_cell(struct bench_case *where, const struct grid *grid, size_t cell);

#endif

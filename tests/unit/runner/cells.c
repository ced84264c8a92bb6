/* With a run_scenario() of its own, which the linker takes instead of the runner's. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cells.h"
#include "runner/run.h"

static atomic_int interrupted;
static atomic_uint started;
static uint32_t failing_nodes, interrupting_nodes, broken_nodes, meeting_nodes;
static atomic_uint meeting;
static atomic_bool met;

/* Waits for another repetition of its cell to be under way. */
static void meet(void)
{
    atomic_fetch_add(&meeting, 1);
    for (uint32_t i = 0; i < 20000 && !atomic_load(&met); i++) {
        atomic_store(&met, atomic_load(&met) || atomic_load(&meeting) >= 2);
        usleep(100);
    }
    atomic_fetch_sub(&meeting, 1);
}

bool run_scenario(const struct scenario *scenario, uint32_t index, const atomic_int *stop, struct run_result *result,
                  struct error *error)
{
    memset(result, 0, sizeof *result);
    atomic_fetch_add(&started, 1);
    if (scenario->nodes == meeting_nodes) {
        meet();
    }
    if (scenario->nodes == failing_nodes) {
        return error_set(error, "no memory for %u replicas", scenario->nodes);
    }
    /* later cells tend to be ready first */
    for (uint32_t i = scenario->nodes; i < 40; i++) {
        sched_yield();
    }
    if (scenario->nodes == interrupting_nodes) {
        atomic_store(&interrupted, 2);
    }
    result->end = atomic_load(stop) != 0 ? END_INTERRUPTED : END_FINISHED;
    result->seed = scenario->seed + index;
    result->safe = result->live = result->digests_agree = true;
    result->books_balanced = scenario->nodes != broken_nodes;
    result->log_bounded = true;
    histogram_add(&result->commit, scenario->nodes * 1000u + index);
    return true;
}

void run_result_destroy(struct run_result *result)
{
    (void)result;
}

struct collected {
    const struct grid *grid;
    struct columns columns;
    size_t next, stop_at;
    size_t awaited; /* repetitions */
};

static void await_next(void *context, size_t place, uint32_t repetition)
{
    struct collected *collected = context;
    cr_assert_eq(place, collected->next, "of the cell that is next to be done");
    cr_assert_eq(repetition, collected->awaited++ % 3);
}

static bool collect(void *context, size_t place, const struct cell_outcome *outcome)
{
    struct collected *collected = context;
    struct scenario scenario;
    cr_assert_eq(place, collected->next, "cells come in order");
    grid_scenario(collected->grid, place, &scenario);
    double mean = row_number(&outcome->row, &collected->columns, "commit_latency_mean_ns");
    cr_assert(mean == scenario.nodes * 1000.0 + 1, "and are those that they say");
    cr_assert_eq(outcome->notes.runs, 3);
    collected->next++;
    return collected->next != collected->stop_at;
}

static enum cells_end run(unsigned jobs, size_t first, size_t stop_at, size_t *done, struct error *error)
{
    struct settings settings = {0};
    struct grid grid;
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_CLOCK, "virtual", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_REPEAT, "3", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_NODES, "1..600", SOURCE_COMMAND_LINE);
    cr_assert(grid_make(&settings, &grid, error), "%s", error->text);
    struct collected collected = {.grid = &grid, .next = first, .stop_at = stop_at};
    columns_of_sweep(&collected.columns, &grid, false);
    const struct cells_plan plan = {.grid = &grid,
                                    .shard = {1, 1},
                                    .first = first,
                                    .jobs = jobs,
                                    .interrupted = &interrupted,
                                    .awaiting = await_next,
                                    .done = collect,
                                    .context = &collected};
    enum cells_end end = cells_run(&plan, error);
    *done = collected.next;
    cr_assert(end != CELLS_ALL || collected.awaited == 3 * (600 - first), "%zu", collected.awaited);
    grid_destroy(&grid);
    return end;
}

Test(cells, come_in_order_whatever_the_jobs, .timeout = 60)
{
    for (unsigned jobs = 1; jobs <= 5; jobs += 2) {
        struct error error = {""};
        size_t done;
        atomic_store(&started, 0);
        cr_expect_eq(run(jobs, 0, 0, &done, &error), CELLS_ALL);
        cr_expect_eq(done, 600);
        cr_expect_eq(atomic_load(&started), 1800);
        cr_expect_eq(run(jobs, 590, 0, &done, &error), CELLS_ALL, "from the 590th on");
        cr_expect_eq(done, 600);
    }
}

Test(cells, of_one_long_cell_the_repetitions_are_shared_out, .timeout = 60)
{
    meeting_nodes = 600; /* the last: nothing else is left to do */
    struct error error = {""};
    size_t done;
    cr_expect_eq(run(2, 599, 0, &done, &error), CELLS_ALL);
    cr_expect_eq(done, 600);
    cr_expect(atomic_load(&met));
}

Test(cells, end_at_the_first_that_fails, .timeout = 60)
{
    failing_nodes = 31;
    for (unsigned jobs = 1; jobs <= 4; jobs += 3) {
        struct error error = {""};
        size_t done;
        cr_expect_eq(run(jobs, 0, 0, &done, &error), CELLS_FAILED);
        cr_expect_str_eq(error.text, "no memory for 31 replicas");
        cr_expect_eq(done, 30, "those before it are handed over");
    }
}

Test(cells, end_where_the_books_do_not_balance, .timeout = 60)
{
    broken_nodes = 5;
    struct error error = {""};
    size_t done;
    cr_expect_eq(run(1, 0, 0, &done, &error), CELLS_FAILED);
    cr_expect_not_null(strstr(error.text, "books do not balance"));
    cr_expect_not_null(strstr(error.text, "pbft run --nodes 5 --clock virtual --seed 1"), "%s", error.text);
    cr_expect_eq(done, 4);
}

Test(cells, end_when_the_user_interrupts, .timeout = 60)
{
    interrupting_nodes = 31;
    for (unsigned jobs = 1; jobs <= 4; jobs += 3) {
        struct error error = {""};
        size_t done;
        atomic_store(&interrupted, 0);
        cr_expect_eq(run(jobs, 0, 0, &done, &error), CELLS_INTERRUPTED);
        cr_expect_leq(done, 30, "what was cut short is not handed over");
    }
}

Test(cells, end_when_their_reader_has_enough, .timeout = 60)
{
    for (unsigned jobs = 1; jobs <= 4; jobs += 3) {
        struct error error = {""};
        size_t done;
        atomic_store(&started, 0);
        cr_expect_eq(run(jobs, 0, 10, &done, &error), CELLS_STOPPED);
        cr_expect_eq(done, 10);
        cr_expect_lt(atomic_load(&started), 3 * (10 + 256 + 4), "no thread runs far ahead");
    }
}

Test(shards, share_out_every_cell_once)
{
    for (size_t count = 1; count <= 7; count++) {
        for (size_t cells = 0; cells <= 20; cells++) {
            unsigned seen[20] = {0};
            for (size_t index = 1; index <= count; index++) {
                struct shard shard = {index, count};
                for (size_t place = 0; place < shard_size(shard, cells); place++) {
                    cr_assert_lt(shard_cell(shard, place), cells);
                    seen[shard_cell(shard, place)]++;
                }
            }
            for (size_t cell = 0; cell < cells; cell++) {
                cr_assert_eq(seen[cell], 1, "cell %zu of %zu, %zu shards", cell, cells, count);
            }
        }
    }
}

#include "runner/cells.h"

#include <assert.h>
#include <stdlib.h>

#include "runner/notes.h"
#include "runner/run.h"
#include "runner/tasks.h"
#include "runner/words.h"

/* One cell and what is needed to go through its repetitions: each thread has one, and so has the caller's. */
struct bench {
    struct settings settings;
    struct scenario scenario;
    char command[COMMAND_SIZE];
    bool open; /* there is a cell on it */
    size_t place;
};

static void open_cell(const struct cells_plan *plan, struct bench *bench, size_t place)
{
    if (!bench->open || bench->place != place) {
        const size_t cell = shard_cell(plan->shard, place);
        grid_cell(plan->grid, cell, &bench->settings);
        grid_scenario(plan->grid, cell, &bench->scenario);
        bench->place = place;
        bench->open = true;
    }
}

static void single_command(const struct cells_plan *plan, struct bench *bench, uint32_t repetition)
{
    bool axes[OPTION_COUNT] = {false};
    for (size_t i = 0; i < plan->grid->axis_count; i++) {
        axes[plan->grid->axes[i].id] = true;
    }
    command_text(&bench->settings, "run", COMMAND_SINGLE_RUN, bench->scenario.seed + repetition, axes, bench->command);
}

/* What a repetition came to. */
struct repetition_outcome {
    enum { REPETITION_DONE, REPETITION_FAILED, REPETITION_INTERRUPTED } end;
    struct error error;        /* REPETITION_FAILED */
    struct run_result *result; /* REPETITION_DONE; else NULL */
};

static void discard(void *from)
{
    struct repetition_outcome *outcome = from;
    if (outcome->result != NULL) {
        run_result_destroy(outcome->result);
        free(outcome->result);
    }
}

/* A sweep's tasks are the repetitions of its cells, so that threads share also the work of a single long cell. Whatever
 * order they end in, they are summed up in the order of their numbers: the rows do not depend on how many threads there
 * are. */
struct run_of_cells {
    const struct cells_plan *plan;
    uint32_t repeat;
    size_t tasks;           /* in all cells of the shard */
    struct bench bench;     /* the cell that is being summed up */
    struct summary summary; /* of its repetitions so far */
    struct cell_outcome outcome;
    enum cells_end end; /* why the caller stopped it */
    struct error *error;
};

static void run_repetition(const struct cells_plan *plan, struct bench *bench, uint32_t repetition,
                           struct repetition_outcome *outcome)
{
    struct run_result *result = malloc(sizeof *result);
    if (result == NULL) {
        error_set(&outcome->error, "out of memory");
        return;
    }
    bool ran = run_scenario(&bench->scenario, repetition, plan->interrupted, result, &outcome->error);
    if (ran && result->end == END_INTERRUPTED) {
        outcome->end = REPETITION_INTERRUPTED;
    } else if (ran) {
        single_command(plan, bench, repetition);
        if (result_is_sound(result, bench->command, &outcome->error)) {
            outcome->end = REPETITION_DONE;
            outcome->result = result;
            return;
        }
    }
    run_result_destroy(result);
    free(result);
}

static void run_task(void *context, void *own, size_t task, void *to)
{
    const struct run_of_cells *cells = context;
    const struct cells_plan *plan = cells->plan;
    struct repetition_outcome *outcome = to;
    const size_t place = task / cells->repeat;
    const uint32_t repetition = (uint32_t)(task % cells->repeat);
    *outcome = (struct repetition_outcome){.end = REPETITION_FAILED};
    open_cell(plan, own, place);
    if (atomic_load_explicit(plan->interrupted, memory_order_relaxed) != 0) {
        outcome->end = REPETITION_INTERRUPTED;
        return;
    }
    run_repetition(plan, own, repetition, outcome);
}

/* All of the cell's repetitions are in the summary. */
static void end_cell(struct run_of_cells *cells, size_t place)
{
    const struct cells_plan *plan = cells->plan;
    const struct summary *summary = &cells->summary;
    struct cell_outcome *outcome = &cells->outcome;
    *outcome = (struct cell_outcome){.notes = notes_of(summary)};
    row_of_cell(&outcome->row, plan->grid, shard_cell(plan->shard, place), summary, plan->host);
    if (!plan->done(plan->context, place, outcome)) {
        cells->end = CELLS_STOPPED;
    }
    row_destroy(&outcome->row);
}

static void await_task(const struct run_of_cells *cells, size_t task)
{
    const struct cells_plan *plan = cells->plan;
    if (plan->awaiting != NULL && task < cells->tasks) {
        plan->awaiting(plan->context, task / cells->repeat, (uint32_t)(task % cells->repeat));
    }
}

/* False: not to be gone on with. */
static bool hand_over(void *context, size_t task, void *from)
{
    struct run_of_cells *cells = context;
    struct repetition_outcome *outcome = from;
    const size_t place = task / cells->repeat;
    const uint32_t repetition = (uint32_t)(task % cells->repeat);
    if (outcome->end == REPETITION_FAILED) {
        *cells->error = outcome->error;
        cells->end = CELLS_FAILED;
    } else if (outcome->end == REPETITION_INTERRUPTED) {
        cells->end = CELLS_INTERRUPTED;
    } else {
        if (repetition == 0) {
            open_cell(cells->plan, &cells->bench, place);
            summary_reset(&cells->summary);
        }
        summary_add(&cells->summary, &cells->bench.scenario, repetition, outcome->result);
        if (repetition + 1 == cells->repeat) {
            end_cell(cells, place);
        }
    }
    discard(outcome);
    if (cells->end == CELLS_ALL) {
        await_task(cells, task + 1);
    }
    return cells->end == CELLS_ALL;
}

enum cells_end cells_run(const struct cells_plan *plan, struct error *error)
{
    assert(plan->jobs >= 1);
    struct run_of_cells *cells = calloc(1, sizeof *cells);
    if (cells == NULL) {
        error_set(error, "out of memory");
        return CELLS_FAILED;
    }
    cells->plan = plan;
    cells->error = error;
    grid_scenario(plan->grid, 0, &cells->bench.scenario);
    cells->repeat = cells->bench.scenario.repeat; /* the same in all cells */
    cells->tasks = shard_size(plan->shard, plan->grid->cells) * cells->repeat;
    const struct tasks_plan tasks = {.first = plan->first * cells->repeat,
                                     .count = cells->tasks,
                                     .threads = plan->jobs,
                                     .bench_size = sizeof(struct bench),
                                     .outcome_size = sizeof(struct repetition_outcome),
                                     .run = run_task,
                                     .hand_over = hand_over,
                                     .discard = discard,
                                     .context = cells};
    await_task(cells, tasks.first);
    const enum tasks_end end = tasks_run(&tasks, error);
    const enum cells_end cells_end = end == TASKS_FAILED ? CELLS_FAILED : cells->end;
    free(cells);
    return cells_end;
}

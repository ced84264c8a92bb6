#include "runner/cells.h"

#include <assert.h>

#include "runner/notes.h"
#include "runner/run.h"
#include "runner/tasks.h"
#include "runner/words.h"

/* What one thread needs to run cells. */
struct bench {
    struct settings settings;
    struct scenario scenario;
    struct summary summary;
    struct run_result result;
    char command[COMMAND_SIZE];
};

static void single_command(const struct cells_plan *plan, struct bench *bench, uint32_t repetition)
{
    bool axes[OPTION_COUNT] = {false};
    for (size_t i = 0; i < plan->grid->axis_count; i++) {
        axes[plan->grid->axes[i].id] = true;
    }
    command_text(&bench->settings, "run", COMMAND_SINGLE_RUN, bench->scenario.seed + repetition, axes, bench->command);
}

/* One repetition into the summary. False if it did not come to its end. */
static bool run_repetition(const struct cells_plan *plan, struct bench *bench, uint32_t repetition,
                           struct cell_outcome *outcome)
{
    struct run_result *result = &bench->result;
    bool interrupted = atomic_load_explicit(plan->interrupted, memory_order_relaxed) != 0;
    if (interrupted) {
        outcome->end = CELL_INTERRUPTED;
        return false;
    }
    bool ran = run_scenario(&bench->scenario, repetition, plan->interrupted, result, &outcome->error);
    if (ran && result->end == END_INTERRUPTED) {
        outcome->end = CELL_INTERRUPTED;
        ran = false;
    } else if (ran) {
        single_command(plan, bench, repetition);
        ran = result_is_sound(result, bench->command, &outcome->error);
        summary_add(&bench->summary, &bench->scenario, repetition, result);
    }
    run_result_destroy(result);
    return ran;
}

/* The cells of a sweep as tasks. */
struct run_of_cells {
    const struct cells_plan *plan;
    enum cells_end end; /* why the caller stopped it */
    struct error *error;
};

static void run_cell(void *context, void *own, size_t place, void *to)
{
    const struct cells_plan *plan = ((struct run_of_cells *)context)->plan;
    struct bench *bench = own;
    struct cell_outcome *outcome = to;
    bool own_thread = plan->jobs == 1;
    size_t cell = shard_cell(plan->shard, place);
    *outcome = (struct cell_outcome){.end = CELL_FAILED};
    grid_cell(plan->grid, cell, &bench->settings);
    grid_scenario(plan->grid, cell, &bench->scenario);
    summary_reset(&bench->summary);
    for (uint32_t repetition = 0; repetition < bench->scenario.repeat; repetition++) {
        if (own_thread && plan->starting != NULL) {
            plan->starting(plan->context, place, repetition);
        }
        if (!run_repetition(plan, bench, repetition, outcome)) {
            return;
        }
    }
    outcome->end = CELL_DONE;
    outcome->runs = bench->summary.runs;
    outcome->overloaded = bench->summary.overloaded;
    outcome->empty = bench->summary.empty;
    outcome->primary_stopped = bench->summary.primary_stopped;
    row_of_cell(&outcome->row, plan->grid, cell, &bench->summary, plan->host);
}

/* False: not to be gone on with. */
static bool hand_over(void *context, size_t place, void *from)
{
    struct run_of_cells *cells = context;
    const struct cells_plan *plan = cells->plan;
    struct cell_outcome *outcome = from;
    if (outcome->end == CELL_FAILED) {
        *cells->error = outcome->error;
        cells->end = CELLS_FAILED;
    } else if (outcome->end == CELL_INTERRUPTED) {
        cells->end = CELLS_INTERRUPTED;
    } else if (!plan->done(plan->context, place, outcome)) {
        cells->end = CELLS_STOPPED;
    }
    row_destroy(&outcome->row);
    return cells->end == CELLS_ALL;
}

static void discard(void *outcome)
{
    row_destroy(&((struct cell_outcome *)outcome)->row);
}

enum cells_end cells_run(const struct cells_plan *plan, struct error *error)
{
    assert(plan->jobs >= 1);
    struct run_of_cells cells = {.plan = plan, .end = CELLS_ALL, .error = error};
    const struct tasks_plan tasks = {.first = plan->first,
                                     .count = shard_size(plan->shard, plan->grid->cells),
                                     .threads = plan->jobs,
                                     .bench_size = sizeof(struct bench),
                                     .outcome_size = sizeof(struct cell_outcome),
                                     .run = run_cell,
                                     .hand_over = hand_over,
                                     .discard = discard,
                                     .context = &cells};
    return tasks_run(&tasks, error) == TASKS_FAILED ? CELLS_FAILED : cells.end;
}

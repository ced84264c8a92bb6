#include "runner/cells.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "runner/notes.h"
#include "runner/run.h"
#include "runner/words.h"

#define SLOTS 256 /* cells that may be done before an earlier one is: bounds the memory of rows that wait */

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

static void run_cell(const struct cells_plan *plan, size_t place, bool own_thread, struct bench *bench,
                     struct cell_outcome *outcome)
{
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

/* Hands a cell over. CELLS_ALL: go on. */
static enum cells_end hand_over(const struct cells_plan *plan, size_t place, struct cell_outcome *outcome,
                                struct error *error)
{
    enum cells_end end = CELLS_ALL;
    if (outcome->end == CELL_FAILED) {
        *error = outcome->error;
        end = CELLS_FAILED;
    } else if (outcome->end == CELL_INTERRUPTED) {
        end = CELLS_INTERRUPTED;
    } else if (!plan->done(plan->context, place, outcome)) {
        end = CELLS_STOPPED;
    }
    row_destroy(&outcome->row);
    return end;
}

static enum cells_end run_alone(const struct cells_plan *plan, struct error *error)
{
    struct bench *bench = malloc(sizeof *bench);
    struct cell_outcome *outcome = malloc(sizeof *outcome);
    enum cells_end end = CELLS_ALL;
    if (bench == NULL || outcome == NULL) {
        error_set(error, "out of memory");
        end = CELLS_FAILED;
    }
    for (size_t place = plan->first; place < shard_size(plan->shard, plan->grid->cells) && end == CELLS_ALL; place++) {
        run_cell(plan, place, true, bench, outcome);
        end = hand_over(plan, place, outcome, error);
    }
    free(outcome);
    free(bench);
    return end;
}

struct slot {
    bool ready;
    struct cell_outcome outcome;
};

/* Shared by the threads; everything below is guarded by `lock`. */
struct pool {
    const struct cells_plan *plan;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t next; /* place that the next idle thread takes */
    size_t handed_over;
    size_t places;
    bool stop;
    bool no_memory;
    struct slot slots[SLOTS];
};

/* The next place to run, or `places`. */
static size_t take_place(struct pool *pool)
{
    while (!pool->stop && pool->next < pool->places && pool->next >= pool->handed_over + SLOTS) {
        pthread_cond_wait(&pool->changed, &pool->lock);
    }
    return pool->stop || pool->next == pool->places ? pool->places : pool->next++;
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    struct bench *bench = malloc(sizeof *bench);
    pthread_mutex_lock(&pool->lock);
    if (bench == NULL) {
        pool->no_memory = true;
        pthread_cond_broadcast(&pool->changed);
    }
    for (size_t place; bench != NULL && (place = take_place(pool)) < pool->places;) {
        struct slot *slot = &pool->slots[place % SLOTS]; /* ours until it is ready */
        pthread_mutex_unlock(&pool->lock);
        run_cell(pool->plan, place, false, bench, &slot->outcome);
        pthread_mutex_lock(&pool->lock);
        slot->ready = true;
        pthread_cond_broadcast(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    free(bench);
    return NULL;
}

/* Takes the cells in order as they become ready. */
static enum cells_end collect(struct pool *pool, struct error *error)
{
    enum cells_end end = CELLS_ALL;
    pthread_mutex_lock(&pool->lock);
    while (pool->handed_over < pool->places && end == CELLS_ALL) {
        struct slot *slot = &pool->slots[pool->handed_over % SLOTS];
        while (!slot->ready && !pool->no_memory) {
            pthread_cond_wait(&pool->changed, &pool->lock);
        }
        if (!slot->ready) {
            error_set(error, "out of memory");
            end = CELLS_FAILED;
            break;
        }
        pthread_mutex_unlock(&pool->lock);
        end = hand_over(pool->plan, pool->handed_over, &slot->outcome, error);
        pthread_mutex_lock(&pool->lock);
        slot->ready = false;
        pool->handed_over++;
        pthread_cond_broadcast(&pool->changed);
    }
    pool->stop = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    return end;
}

static enum cells_end run_together(const struct cells_plan *plan, struct error *error)
{
    struct pool *pool = calloc(1, sizeof *pool);
    pthread_t *threads = calloc(plan->jobs, sizeof *threads);
    unsigned started = 0;
    if (pool == NULL || threads == NULL) {
        free(pool);
        free(threads);
        error_set(error, "out of memory");
        return CELLS_FAILED;
    }
    pool->plan = plan;
    pool->next = pool->handed_over = plan->first;
    pool->places = shard_size(plan->shard, plan->grid->cells);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    while (started < plan->jobs && pthread_create(&threads[started], NULL, work, pool) == 0) {
        started++;
    }
    enum cells_end end = CELLS_FAILED;
    if (started == 0) {
        error_set(error, "cannot start a thread");
    } else {
        end = collect(pool, error);
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < SLOTS; i++) { /* done behind one that ended the sweep */
        if (pool->slots[i].ready) {
            row_destroy(&pool->slots[i].outcome.row);
        }
    }
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(threads);
    free(pool);
    return end;
}

enum cells_end cells_run(const struct cells_plan *plan, struct error *error)
{
    assert(plan->jobs >= 1);
    return plan->jobs == 1 ? run_alone(plan, error) : run_together(plan, error);
}

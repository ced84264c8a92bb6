#include "runner/tasks.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define SLOTS 256 /* tasks that may be done before an earlier one is: bounds the memory of outcomes that wait */

unsigned tasks_core_count(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
}

static enum tasks_end run_alone(const struct tasks_plan *plan, struct error *error)
{
    void *bench = calloc(1, plan->bench_size);
    void *outcome = malloc(plan->outcome_size);
    enum tasks_end end = TASKS_ALL;
    if (bench == NULL || outcome == NULL) {
        error_set(error, "out of memory");
        end = TASKS_FAILED;
    }
    for (size_t task = plan->first; task < plan->count && end == TASKS_ALL; task++) {
        plan->run(plan->context, bench, task, outcome);
        if (!plan->hand_over(plan->context, task, outcome)) {
            end = TASKS_STOPPED;
        }
    }
    free(outcome);
    free(bench);
    return end;
}

/* Shared by the threads; everything below `plan` is guarded by `lock`. */
struct pool {
    const struct tasks_plan *plan;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t next; /* the task that the next idle thread takes */
    size_t handed_over;
    bool stop;
    bool no_memory;
    bool ready[SLOTS];
    unsigned char *outcomes; /* SLOTS of them; one that is not ready is its thread's own */
};

static void *outcome_at(const struct pool *pool, size_t task)
{
    return pool->outcomes + task % SLOTS * pool->plan->outcome_size;
}

/* The next task to run, or `count`. */
static size_t take(struct pool *pool)
{
    size_t count = pool->plan->count;
    while (!pool->stop && pool->next < count && pool->next >= pool->handed_over + SLOTS) {
        pthread_cond_wait(&pool->changed, &pool->lock);
    }
    return pool->stop || pool->next == count ? count : pool->next++;
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    const struct tasks_plan *plan = pool->plan;
    void *bench = calloc(1, plan->bench_size);
    pthread_mutex_lock(&pool->lock);
    if (bench == NULL) {
        pool->no_memory = true;
        pthread_cond_broadcast(&pool->changed);
    }
    for (size_t task; bench != NULL && (task = take(pool)) < plan->count;) {
        pthread_mutex_unlock(&pool->lock);
        plan->run(plan->context, bench, task, outcome_at(pool, task));
        pthread_mutex_lock(&pool->lock);
        pool->ready[task % SLOTS] = true;
        pthread_cond_broadcast(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    free(bench);
    return NULL;
}

/* Takes the outcomes in order as they become ready. */
static enum tasks_end collect(struct pool *pool, struct error *error)
{
    const struct tasks_plan *plan = pool->plan;
    enum tasks_end end = TASKS_ALL;
    pthread_mutex_lock(&pool->lock);
    while (pool->handed_over < plan->count && end == TASKS_ALL) {
        bool *ready = &pool->ready[pool->handed_over % SLOTS];
        while (!*ready && !pool->no_memory) {
            pthread_cond_wait(&pool->changed, &pool->lock);
        }
        if (!*ready) {
            error_set(error, "out of memory");
            end = TASKS_FAILED;
            break;
        }
        pthread_mutex_unlock(&pool->lock);
        bool go_on = plan->hand_over(plan->context, pool->handed_over, outcome_at(pool, pool->handed_over));
        end = go_on ? TASKS_ALL : TASKS_STOPPED;
        pthread_mutex_lock(&pool->lock);
        *ready = false;
        pool->handed_over++;
        pthread_cond_broadcast(&pool->changed);
    }
    pool->stop = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    return end;
}

static enum tasks_end run_pool(struct pool *pool, pthread_t *threads, struct error *error)
{
    enum tasks_end end = TASKS_FAILED;
    unsigned started = 0;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    while (started < pool->plan->threads && pthread_create(&threads[started], NULL, work, pool) == 0) {
        started++;
    }
    if (started == 0) {
        error_set(error, "cannot start a thread");
    } else {
        end = collect(pool, error);
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    for (size_t i = 0; i < SLOTS; i++) { /* done behind one that ended it all */
        if (pool->ready[i] && pool->plan->discard != NULL) {
            pool->plan->discard(outcome_at(pool, i));
        }
    }
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    return end;
}

static enum tasks_end run_together(const struct tasks_plan *plan, struct error *error)
{
    struct pool *pool = calloc(1, sizeof *pool);
    pthread_t *threads = calloc(plan->threads, sizeof *threads);
    unsigned char *outcomes = malloc(SLOTS * plan->outcome_size);
    enum tasks_end end = TASKS_FAILED;
    if (pool == NULL || threads == NULL || outcomes == NULL) {
        error_set(error, "out of memory");
    } else {
        pool->plan = plan;
        pool->next = pool->handed_over = plan->first;
        pool->outcomes = outcomes;
        end = run_pool(pool, threads, error);
    }
    free(outcomes);
    free(threads);
    free(pool);
    return end;
}

enum tasks_end tasks_run(const struct tasks_plan *plan, struct error *error)
{
    assert(plan->threads >= 1 && plan->bench_size > 0 && plan->outcome_size > 0);
    return plan->threads == 1 ? run_alone(plan, error) : run_together(plan, error);
}

/* Runs numbered tasks, one after the other or several at once, and hands over what each came to in the order of their
 * numbers, whatever order they end in. The caller's thread does the handing over. */
#ifndef PBFT_RUNNER_TASKS_H
#define PBFT_RUNNER_TASKS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/error.h"

struct tasks_plan {
    size_t first, count; /* tasks first .. count-1 */
    unsigned threads;    /* >= 1; with 1 everything runs on the caller's own */
    size_t bench_size;   /* bytes of what a thread needs to run tasks; zero before the first */
    size_t outcome_size; /* bytes of what a task comes to; undefined before `run` */
    /* On any thread; `bench` is that thread's own. */
    void (*run)(void *context, void *bench, size_t task, void *outcome);
    /* On the caller's thread, in order. The outcome is the caller's to release. False ends it all. */
    bool (*hand_over)(void *context, size_t task, void *outcome);
    /* Releases an outcome that will not be handed over. NULL: there is nothing to release. */
    void (*discard)(void *outcome);
    void *context;
};

enum tasks_end { TASKS_ALL, TASKS_STOPPED /* by `hand_over` */, TASKS_FAILED };

/* Runs them all. With TASKS_FAILED (memory, threads), `error` says why. Nothing runs any more when it returns. */
enum tasks_end tasks_run(const struct tasks_plan *plan, struct error *error);

/* Cores that this process may use. */
unsigned tasks_core_count(void);

#endif

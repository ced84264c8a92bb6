/* `bench start`: a cluster's nodes are created, its threads started and stopped again at once, and all is given
 * back. */
#include <pthread.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/park.h"
#include "runner/bench_grid.h"
#include "runner/bench_host.h"
#include "runner/bench_parts.h"
#include "runner/bench_sink.h"
#include "runner/cluster.h"
#include "runner/version.h"

#define STACK_BYTES (128u << 10) /* as a replica's thread has */

enum step { CREATE, START_STOP, DESTROY, STEPS };

struct start_bench {
    struct bench *bench;
    struct scenario scenario;
    struct samples steps[STEPS], threads, bytes;
};

static double milliseconds_since(uint64_t start_ns)
{
    return (double)(host_now_ns() - start_ns) * 1e-6;
}

static bool start_and_stop(struct start_bench *start, const struct cluster *cluster, struct error *error)
{
    struct driver_report *report = calloc(1, sizeof *report);
    if (report == NULL) {
        return error_set(error, "out of memory");
    }
    struct driver_options options = cluster_driver_options(cluster, &start->scenario, 0);
    options.deadline_ns = 1; /* over as soon as it has begun */
    options.sink = bench_sink();
    const bool done = threads_run(&options, report, error);
    free(report);
    return done;
}

/* One cluster, from nothing to nothing. */
static bool run_once(struct start_bench *start, struct error *error)
{
    struct cluster cluster;
    version_trim_memory();
    bench_peak_reset();
    const uint64_t before_bytes = bench_resident_bytes();
    uint64_t begin_ns = host_now_ns();
    if (!cluster_create(&cluster, &start->scenario, 0, error)) {
        return false;
    }
    samples_add(&start->steps[CREATE], milliseconds_since(begin_ns));
    begin_ns = host_now_ns();
    const bool done = start_and_stop(start, &cluster, error);
    samples_add(&start->steps[START_STOP], milliseconds_since(begin_ns));
    const uint64_t peak_bytes = bench_peak_bytes();
    begin_ns = host_now_ns();
    cluster_destroy(&cluster);
    samples_add(&start->steps[DESTROY], milliseconds_since(begin_ns));
    if (peak_bytes > before_bytes) {
        samples_add(&start->bytes, (double)(peak_bytes - before_bytes) / 1024 / start->scenario.nodes);
    }
    return done;
}

static void *wait_at_gate(void *argument)
{
    gate_wait(argument);
    return NULL;
}

/* The ceiling: as many threads that only wait for each other. */
static void run_threads(struct start_bench *start)
{
    const uint32_t wanted = start->scenario.nodes + 1; /* and the delay line's */
    pthread_t *threads = calloc(wanted, sizeof *threads);
    pthread_attr_t attributes;
    struct gate gate;
    uint32_t count = 0;
    gate_init(&gate);
    pthread_attr_init(&attributes);
    if (start->bench->plan.small_stacks) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
    }
    const uint64_t begin_ns = host_now_ns();
    while (threads != NULL && count < wanted &&
           pthread_create(&threads[count], &attributes, wait_at_gate, &gate) == 0) {
        count++;
    }
    gate_open(&gate, 1);
    for (uint32_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
    }
    if (count == wanted) {
        samples_add(&start->threads, milliseconds_since(begin_ns));
    }
    pthread_attr_destroy(&attributes);
    free(threads);
}

static struct bench_row row_of(const struct start_bench *start, const char *quantity, const char *unit)
{
    struct bench_row row = {.part = "start", .quantity = quantity, .unit = unit, .sense = BENCH_COST};
    bench_case_number(&row.where, "nodes", start->scenario.nodes);
    return row;
}

static bool measure(struct start_bench *start, struct error *error)
{
    struct bench *bench = start->bench;
    for (uint32_t i = 0; i < bench->plan.repeat && !bench_was_interrupted(bench); i++) {
        if (!run_once(start, error)) {
            return false;
        }
        run_threads(start);
    }
    if (!bench_was_interrupted(bench)) {
        bench_report(bench, row_of(start, "create", "ms"), &start->steps[CREATE], NULL);
        bench_report(bench, row_of(start, "start and stop", "ms"), &start->steps[START_STOP], &start->threads);
        bench_report(bench, row_of(start, "destroy", "ms"), &start->steps[DESTROY], NULL);
        bench_report(bench, row_of(start, "a replica, with what it touches of its stack", "KiB"), &start->bytes, NULL);
    }
    return true;
}

bool bench_start(struct bench *bench, struct error *error)
{
    const struct bench_default defaults[] = {
        {OPT_NODES, bench->plan.quick ? "10,100" : "10,100,1000"},
        {OPT_DELAY, "none"},
        {OPTION_COUNT, ""},
    };
    struct grid grid;
    bool done = bench_grid_make(bench, defaults, &grid, error);
    for (size_t cell = 0; done && cell < grid.cells && !bench_was_interrupted(bench); cell++) {
        struct start_bench *start = calloc(1, sizeof *start);
        if (start == NULL) {
            done = error_set(error, "out of memory");
            break;
        }
        start->bench = bench;
        bench_grid_scenario(&grid, cell, &start->scenario);
        start->scenario.clock = CLOCK_REAL;
        done = measure(start, error);
        free(start);
    }
    grid_destroy(&grid);
    return done;
}

/* One run of the benchmark: what it is to do, what it has found so far, and how measurements are repeated. The parts
 * (bench_parts.h) are given it one after the other. One thread. */
#ifndef PBFT_RUNNER_BENCH_SESSION_H
#define PBFT_RUNNER_BENCH_SESSION_H

#include <stdatomic.h>

#include "net/error.h"
#include "runner/bench_rows.h"
#include "runner/settings.h"

#define BENCH_MOST_CORES 256

struct bench_plan {
    uint32_t repeat;   /* of each measurement, 1 .. BENCH_MOST_REPEATS */
    uint64_t time_ns;  /* a run of replicas lasts about so long */
    bool small_stacks; /* threads may have them: no sanitizer wants more */
    bool quick;        /* fewer and smaller cases */
    uint32_t cores;    /* that the machine lets us use */
    bool cores_given;  /* the next were asked for: else `cluster` chooses */
    uint32_t core_count;
    uint32_t core_list[BENCH_MOST_CORES]; /* how many cores `cluster` may use, each in turn */
    struct settings settings;             /* of scenarios: what the user gave; the seed is set */
};

struct bench {
    struct bench_plan plan;
    struct bench_rows rows;
    uint32_t undecided; /* runs that decided nothing */
    const atomic_int *interrupted;
    /* Called with each row as soon as it is complete. */
    void (*tell)(void *context, const struct bench_row *row);
    void *context;
};

bool bench_was_interrupted(const struct bench *bench);

/* A loop over a part alone lasts so long: it repeats a short thing often enough in a fraction of a run's time. */
uint64_t bench_loop_ns(const struct bench *bench);

/* A way to measure: takes about `time_ns`, returns the quantity in the row's unit. */
typedef double bench_measurement(void *context, uint64_t time_ns);

/* Measures as often as the plan says, each time the ceiling (if there is one) right behind, so that what disturbs the
 * machine disturbs both; adds the row. Nothing is added when the user interrupts. */
void bench_compare(struct bench *bench, struct bench_row row, bench_measurement *product, bench_measurement *ceiling,
                   void *context);
/* Adds a row whose samples are there; sorts them. `ceilings` may be NULL or empty. Without samples there is no row. */
void bench_report(struct bench *bench, struct bench_row row, struct samples *values, struct samples *ceilings);

/* CPU time of this thread between start and stop, without the time that looking at the clock takes: what other
 * processes do in between does not count, and short stretches can be added up. */
struct stopwatch {
    uint64_t cost_ns; /* of a look */
    uint64_t started_ns, total_ns;
};
void stopwatch_reset(struct stopwatch *watch);
void stopwatch_start(struct stopwatch *watch);
void stopwatch_stop(struct stopwatch *watch);

/* Cheap numbers for loads that must not cost more than what is measured: a linear congruential generator (Knuth). */
static inline uint32_t bench_draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}
/* 0 .. below - 1 */
static inline uint32_t bench_draw_below(uint64_t *state, uint32_t below)
{
    return (uint32_t)((uint64_t)bench_draw(state) * below >> 32);
}

#endif

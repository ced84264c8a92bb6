/* One run of a scenario: builds the cluster, drives it, checks it, measures it. */
#ifndef PBFT_RUNNER_RUN_H
#define PBFT_RUNNER_RUN_H

#include "net/recording.h"
#include "net/replay.h"
#include "runner/draw.h"
#include "runner/result.h"

/* What a recorded run came to that its replay cannot find out by itself. */
struct run_facts {
    struct schedule_result schedule; /* without what had no effect */
    enum driver_end end;
    uint64_t elapsed_ns;
    uint64_t duplicated, dropped, discarded; /* of messages */
};

/* A run that is not driven, but replayed. */
struct run_replay {
    const struct recorded *recorded;
    struct run_facts facts;
    struct replay_observer observer;
    enum replay_end end; /* set by the run */
};

/* A run, and what is to be done beside it. */
struct run_plan {
    const struct scenario *scenario;
    uint32_t index;                /* repetition: seed + index */
    const atomic_int *interrupted; /* may be NULL */
    struct recording *recording;   /* of its steps, begun with recording_create(); or NULL */
    struct run_replay *replay;     /* instead of a driver; or NULL */
    /* Looks at every journal before the checker takes it: `consume` leaves the entries and their references alone,
     * `finished` is not asked. Or NULL. */
    const struct journal_sink *watch;
};

/* As run_scenario(). False also where a replay did not come to its end; replay->end says why. */
bool run_planned(const struct run_plan *plan, struct run_result *result, struct error *error);

/* Runs repetition `index` (seed + index). `interrupted` may be NULL. True when the run took place, whatever came of
 * it; false with a sentence when it could not (memory, threads). Release with run_result_destroy(), also on false.
 * A result is large (histograms): keep it on the heap. */
bool run_scenario(const struct scenario *scenario, uint32_t index, const atomic_int *interrupted,
                  struct run_result *result, struct error *error);
void run_result_destroy(struct run_result *result);

#endif

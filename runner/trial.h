/* One run of a generated scenario, judged as a campaign judges it: safety as always, and I14 on top. One thread a
 * trial. */
#ifndef PBFT_RUNNER_TRIAL_H
#define PBFT_RUNNER_TRIAL_H

#include "runner/plan.h"
#include "runner/run.h"

enum finding {
    FOUND_NOTHING,
    FOUND_UNSAFE,        /* an invariant is broken: result.violation */
    FOUND_NOT_LIVE,      /* I14: requests were never done although the network healed */
    FOUND_TOO_MANY_VIEWS /* I14: they were, but in too late a view */
};

/* Large: keep it on the heap. */
struct trial {
    struct run_result result;
    enum finding finding;
    uint64_t healed_ns;
    bool life_promised, views_promised;
    uint32_t views_allowed;                       /* above `view_at_healing`, if views are promised */
    view_number view_at_healing;                  /* highest that a correct replica was in, or asked for */
    view_number view_asked;                       /* highest that a correct replica asked for or entered */
    view_number view_at_end;                      /* highest that a correct replica entered; at least view_at_healing */
    uint64_t fetched, transferred, null_requests; /* decisions by certificate (R32); states; null requests executed */
};

/* True when the run took place, whatever came of it; release with trial_destroy(), also on false. A run that was
 * interrupted finds nothing. */
bool trial_run(const struct plan *plan, const atomic_int *interrupted, struct trial *trial, struct error *error);
void trial_destroy(struct trial *trial);

#endif

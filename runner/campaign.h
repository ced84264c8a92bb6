/* Runs many generated scenarios on all cores up to the first that breaks something. Run i has the seed S + i; what
 * comes out is the same however many threads there are. */
#ifndef PBFT_RUNNER_CAMPAIGN_H
#define PBFT_RUNNER_CAMPAIGN_H

#include <stdatomic.h>

#include "runner/coverage.h"
#include "runner/space.h"

struct campaign_plan {
    const struct space *space;
    uint64_t seed; /* of the first run */
    uint64_t runs;
    unsigned jobs; /* threads; 1 = the caller's own */
    const atomic_int *interrupted;
    void (*progress)(void *context, uint64_t runs); /* now and then, on the caller's thread; may be NULL */
    void *context;
};

enum campaign_end { CAMPAIGN_ALL, CAMPAIGN_FOUND, CAMPAIGN_INTERRUPTED, CAMPAIGN_FAILED };

struct campaign {
    enum campaign_end end;
    struct coverage coverage; /* of the first runs, without gaps, the one that found something included */
    enum finding finding;     /* CAMPAIGN_FOUND */
    uint64_t seed;            /* CAMPAIGN_FOUND, CAMPAIGN_FAILED: of that run */
};

/* With CAMPAIGN_FAILED, `error` says why. */
void campaign_run(const struct campaign_plan *plan, struct campaign *campaign, struct error *error);

#endif

/* The ways in which a plan can be made smaller or plainer, one change at a time. Pure. */
#ifndef PBFT_RUNNER_SIMPLIFY_H
#define PBFT_RUNNER_SIMPLIFY_H

#include "runner/options.h"
#include "runner/plan.h"

/* A way of making a plan smaller. `place` counts what it can be applied to; false where there is no such place. What it
 * leaves as it was is no step. */
struct simplification {
    bool (*apply)(struct plan *plan, uint32_t place);
    enum option_id touches; /* not to be applied if the user has given this; OPTION_COUNT: nothing */
    bool anew;              /* draws everything anew: worth other seeds */
};

/* In the order in which they are tried; NULL behind the last. */
const struct simplification *simplification_at(size_t index);

/* Whether a simplification has left all as it was. */
bool plan_same(const struct plan *a, const struct plan *b);

/* Whether b is within f, or enough to break agreement: a smaller scenario must not change sides. */
enum zone { ZONE_WITHIN, ZONE_BETWEEN, ZONE_BREAKING };
enum zone plan_zone(const struct plan *plan);

#endif

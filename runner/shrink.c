#include "runner/shrink.h"

#include <stdlib.h>

#include "runner/healing.h"
#include "runner/resolve.h"
#include "runner/simplify.h"

#define OTHER_SEEDS 12u /* a change that draws all messages' fates anew is tried with so many seeds */

/* Whether the candidate breaks the same with its own seed, or with one of the next. */
static bool try_candidate(struct shrink *shrink, struct plan *candidate, const struct plan *plan, bool anew)
{
    struct error ignored;
    if (candidate->scenario.deadline_ns == plan->scenario.deadline_ns && !space_gives(shrink->space, OPT_DEADLINE)) {
        candidate->scenario.deadline_ns = healing_deadline_ns(&candidate->scenario);
    }
    plan_bind(candidate);
    if (!scenario_check(&candidate->scenario, &ignored) || plan_zone(candidate) != plan_zone(plan)) {
        return false;
    }
    uint32_t seeds = anew ? OTHER_SEEDS : 1;
    for (uint32_t i = 0; i < seeds && shrink->tries < shrink->most_tries; i++) {
        if (shrink->interrupted != NULL && atomic_load_explicit(shrink->interrupted, memory_order_relaxed) != 0) {
            return false;
        }
        shrink->tries++;
        if (shrink->still(shrink->context, candidate)) {
            return true;
        }
        candidate->scenario.seed++;
    }
    return false;
}

/* Applies one kind of simplification wherever it helps. */
static uint64_t simplify(struct shrink *shrink, const struct simplification *kind, struct plan *plan,
                         struct plan *candidate)
{
    uint64_t steps = 0;
    bool fixed = kind->touches != OPTION_COUNT && space_fixes(shrink->space, kind->touches);
    for (uint32_t place = 0; !fixed; place++) {
        *candidate = *plan;
        if (!kind->apply(candidate, place)) {
            return steps;
        }
        if (!plan_same(candidate, plan) && try_candidate(shrink, candidate, plan, kind->anew)) {
            *plan = *candidate;
            plan_bind(plan);
            steps++;
            place--; /* what came behind it stands here now */
        }
    }
    return steps;
}

uint64_t shrink_plan(struct shrink *shrink, struct plan *plan)
{
    uint64_t steps = 0, before;
    struct plan *candidate = malloc(sizeof *candidate);
    do {
        before = steps;
        for (size_t i = 0; candidate != NULL && simplification_at(i) != NULL; i++) {
            steps += simplify(shrink, simplification_at(i), plan, candidate);
        }
    } while (steps > before && shrink->tries < shrink->most_tries);
    free(candidate);
    plan_bind(plan);
    return steps;
}

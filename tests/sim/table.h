/* The same scenarios for both clocks. Header-only. */
#ifndef PBFT_TESTS_SIM_TABLE_H
#define PBFT_TESTS_SIM_TABLE_H

#include "tests/support/scenario.h"

struct expected_run {
    const char *name;
    uint32_t nodes;
    const char *behavior; /* of the last `misbehaving` replicas; NULL = none */
    uint32_t misbehaving;
    bool live;
};

static const struct expected_run expected_runs[] = {
    {"one replica", 1, NULL, 0, true},
    {"two replicas", 2, NULL, 0, true},
    {"three replicas", 3, NULL, 0, true},
    {"four replicas", 4, NULL, 0, true},
    {"ten replicas", 10, NULL, 0, true},
    {"one of four silent", 4, "silent", 1, true},
    {"one of four crashes", 4, "crash", 1, true},
    {"one of four says what it likes", 4, "conflicting-digest", 1, true},
    {"one of four is eager", 4, "eager", 1, true},
    {"one of four is the article's", 4, "article", 1, true},
    {"one of four would equivocate", 4, "equivocate", 1, true},
    {"three of ten silent", 10, "silent", 3, true},
    {"three of ten crash", 10, "crash", 3, true},
    {"three of ten say what they like", 10, "conflicting-digest", 3, true},
    {"three of ten are the article's", 10, "article", 3, true},
    {"three of ten are selective", 10, "selective", 3, true},
    {"two of four silent: no quorum is left", 4, "silent", 2, false},
    {"two of five silent: no quorum is left", 5, "silent", 2, false},
    {"two of six silent: a quorum is left", 6, "silent", 2, true},
    {"four of ten silent: no quorum is left", 10, "silent", 4, false},
};

#define EXPECTED_RUNS (sizeof expected_runs / sizeof *expected_runs)

static inline struct scenario expected_scenario(const struct expected_run *expected, uint64_t requests)
{
    struct scenario scenario = scenario_of(expected->nodes);
    scenario.requests = requests;
    scenario.deadline_ns = expected->live ? 120 * SECOND : SECOND;
    if (expected->behavior != NULL) {
        scenario_misbehave_last(&scenario, expected->behavior, expected->misbehaving);
    }
    return scenario;
}

#endif

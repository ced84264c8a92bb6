/* A table of scenarios under the virtual clock: what ends live, what stalls, and that all of it is safe. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/sim/table.h"

Test(scenarios, end_as_the_table_says)
{
    for (size_t i = 0; i < EXPECTED_RUNS; i++) {
        const struct expected_run *expected = &expected_runs[i];
        struct scenario scenario = expected_scenario(expected, 20);
        for (uint32_t index = 0; index < 5; index++) {
            struct run_result *result = scenario_play(&scenario, index);
            cr_assert(result->safe, "%s: %s at %lu", expected->name, result->violation.property,
                      result->violation.sequence);
            cr_assert(result->live == expected->live, "%s, seed %lu", expected->name, result->seed);
            cr_assert(result->executed == (expected->live ? 20 : 0), "%s: %lu", expected->name, result->executed);
            cr_assert(result->books_balanced && result->log_bounded && result->digests_agree, "%s", expected->name);
            scenario_release(result);
        }
    }
}

Test(scenarios, many_requests_pass_many_checkpoints)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 3000;
    scenario.clients = 50;
    scenario.deadline_ns = 1000 * SECOND;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live && result->executed == 3000 && result->log_bounded);
    for (node_id id = 0; id < 4; id++) {
        cr_assert(result->replicas[id].stable > 2700, "%lu", result->replicas[id].stable);
    }
    scenario_release(result);
}

Test(scenarios, batches_hold_what_they_are_given)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 2000;
    scenario.clients = 200;
    scenario.batch = 32;
    scenario.pipeline = 2;
    scenario.deadline_ns = 1000 * SECOND;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live && result->executed == 2000);
    cr_assert(result->decisions >= 2000 / 32 && result->decisions < 300, "%lu decisions", result->decisions);
    scenario_release(result);
}

Test(scenarios, a_network_that_drops_everything_costs_liveness_alone)
{
    struct scenario scenario = scenario_of(4);
    scenario.drop = 1;
    scenario.deadline_ns = SECOND;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && !result->live && result->books_balanced);
    cr_assert(result->messages.dropped > 0 && result->accepted == 0);
    scenario_release(result);
}

/* ---- beyond the bound: agreement really breaks, and the checker shows it ---- */

static uint32_t violations(const struct scenario *scenario, uint32_t seeds)
{
    uint32_t found = 0;
    for (uint32_t index = 0; index < seeds; index++) {
        struct run_result *result = scenario_play(scenario, index);
        const struct violation *violation = &result->violation;
        cr_assert(result->safe == !violation->found && result->books_balanced);
        if (violation->found) {
            found++;
            cr_assert_str_eq(violation->property, "I1");
            cr_assert(!result->digests_agree && violation->replica_count >= 2);
            cr_assert(!digest_equal(violation->digests[0], violation->digests[1]));
            cr_assert(result->replicas[violation->replicas[0]].correct);
            cr_assert(result->replicas[violation->replicas[1]].correct);
        }
        scenario_release(result);
    }
    return found;
}

static struct scenario coalition_of(uint32_t nodes, uint32_t misbehaving)
{
    struct scenario scenario = scenario_of(nodes);
    scenario.requests = 5;
    scenario.deadline_ns = SECOND;
    scenario.named_behavior_count = misbehaving;
    for (uint32_t id = 0; id < misbehaving; id++) {
        const char *name = id == 0 ? "equivocate" : "split-vote";
        scenario.named_behaviors[id] = (struct named_behavior){.id = id, .behavior = behavior_find(name)};
    }
    return scenario;
}

Test(scenarios, an_equivocating_primary_with_split_votes_breaks_agreement_at_the_bound_and_not_below)
{
    const uint32_t sizes[] = {4, 5, 6, 7, 10};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t breaking = quorum_breaking(sizes[i], quorum_size(sizes[i]));
        struct scenario below = coalition_of(sizes[i], breaking - 1);
        cr_assert(violations(&below, 10) == 0, "%u of %u", breaking - 1, sizes[i]);
        struct scenario at = coalition_of(sizes[i], breaking);
        cr_assert(violations(&at, 10) > 0, "%u of %u", breaking, sizes[i]);
    }
}

/* Primaries that say nothing, one or several in a row, cost view changes and nothing else. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/scenario.h"

static struct scenario silent_primaries(uint32_t nodes, uint32_t silent)
{
    struct scenario scenario = scenario_of(nodes);
    node_id ids[MAX_NAMED_BEHAVIORS];
    for (uint32_t i = 0; i < silent; i++) {
        ids[i] = i;
    }
    scenario_misbehave(&scenario, "silent", silent, ids);
    scenario.requests = 12;
    scenario.clients = 3;
    scenario.timeline_ns = 20 * MS;
    return scenario;
}

Test(view_changes, silent_primaries_in_a_row_end_in_the_first_view_with_a_correct_one)
{
    for (uint32_t nodes = 4; nodes <= 31; nodes += 3) {
        uint32_t most = quorum_faults(nodes) < 4 ? quorum_faults(nodes) : 4; /* each doubles the wait */
        for (uint32_t silent = 1; silent <= most; silent++) {
            struct scenario scenario = silent_primaries(nodes, silent);
            struct run_result *result = scenario_play(&scenario, 0);
            cr_assert(result->safe && result->live && result->executed == 12, "%u of %u", silent, nodes);
            cr_assert(result->final_view == silent && result->view_changes == 1, "%u of %u: view %u", silent, nodes,
                      result->final_view);
            cr_assert(result->decisions >= 12 && result->log_bounded && result->books_balanced);
            scenario_release(result);
        }
    }
}

/* What a view change costs is in the latency that clients see, from their first sending on, and on the timeline. */
Test(view_changes, show_in_the_commit_latency_and_on_the_timeline)
{
    struct scenario scenario = silent_primaries(4, 1);
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->commit.max > scenario.client_timeout_ns + scenario.view_timeout_ns);
    cr_assert(result->all.max < 200 * MS, "no pre-prepare was sent in view 0: %lu ns", result->all.max);
    cr_assert(result->timeline[0].view == 0 && result->timeline[result->timeline_bins - 1].view == 1);
    uint64_t executed = 0;
    for (uint32_t i = 0; i < result->timeline_bins; i++) {
        executed += result->timeline[i].executed;
        cr_assert(result->timeline[i].executed == 0 || result->timeline[i].view == 1);
    }
    cr_assert(executed == 12);
    scenario_release(result);
}

Test(view_changes, a_primary_that_crashes_in_the_middle_loses_nothing)
{
    struct scenario scenario = silent_primaries(7, 1);
    scenario.behavior = behavior_find("crash");
    scenario.requests = 60;
    for (uint32_t index = 0; index < 20; index++) {
        struct run_result *result = scenario_play(&scenario, index);
        cr_assert(result->safe && result->live && result->executed == 60, "seed %lu", result->seed);
        cr_assert(result->view_changes >= 1 && result->commit.count == 60);
        scenario_release(result);
    }
}

/* With f replicas silent every other one is needed, and each message of a view change may be lost for some of them:
 * it takes several views, but each run comes to its end. */
Test(view_changes, under_loss_with_f_silent_replicas_cost_time_not_progress)
{
    struct scenario scenario = scenario_of(10);
    scenario_misbehave(&scenario, "silent", 3, NULL);
    scenario.drop = scenario.client_drop = 0.3;
    scenario.requests = 10;
    scenario.deadline_ns = 300 * SECOND;
    for (uint32_t index = 0; index < 20; index++) {
        struct run_result *result = scenario_play(&scenario, index);
        cr_assert(result->safe && result->live && result->executed == 10, "seed %lu: %lu executed", result->seed,
                  result->executed);
        scenario_release(result);
    }
}

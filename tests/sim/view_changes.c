/* Primaries that say nothing, one or several in a row, cost view changes and nothing else. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "runner/patience.h"
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

/* One, two, and f primaries in a row that say nothing. */
static uint32_t count_in_a_row(uint32_t nodes, uint32_t choice)
{
    uint32_t most = quorum_faults(nodes);
    return choice == 2 || choice + 1 > most ? most : choice + 1;
}

/* Nothing is lost, and nothing is ordered or executed twice. */
Test(view_changes, silent_primaries_in_a_row_end_in_the_first_view_with_a_correct_one)
{
    for (uint32_t nodes = 4; nodes <= 31; nodes++) {
        for (uint32_t choice = 0; choice < 3; choice++) {
            uint32_t silent = count_in_a_row(nodes, choice);
            struct scenario scenario = silent_primaries(nodes, silent);
            scenario.deadline_ns = 1000 * SECOND; /* each doubles the wait */
            struct run_result *result = scenario_play(&scenario, 0);
            cr_assert(result->safe && result->live && result->executed == 12, "%u of %u", silent, nodes);
            cr_assert(result->final_view == silent && result->view_changes == 1, "%u of %u: view %u", silent, nodes,
                      result->final_view);
            cr_assert(result->decisions == 12 && result->digests_agree && result->log_bounded &&
                      result->books_balanced);
            scenario_release(result);
        }
    }
}

/* Each correct replica asks all others for each of the views 1..k, and the primary of view k, the only one of them that
 * speaks, opens it: k(n-k)(n-1) VIEW-CHANGEs and n-1 NEW-VIEWs; for k = 1, (n-1)^2 and n-1. */
Test(view_changes, cost_exactly_k_times_n_minus_k_times_n_minus_1_view_changes_and_n_minus_1_new_views)
{
    for (uint32_t nodes = 4; nodes <= 31; nodes++) {
        for (uint32_t choice = 0; choice < 3; choice++) {
            uint64_t k = count_in_a_row(nodes, choice), n = nodes;
            struct scenario scenario = silent_primaries(nodes, (uint32_t)k);
            scenario.requests = scenario.clients = 1;
            scenario.deadline_ns = 1000 * SECOND;
            struct run_result *result = scenario_play(&scenario, 0);
            const uint64_t *by_type = result->messages.by_type;
            cr_assert(result->safe && result->live && result->executed == 1 && result->decisions == 1);
            cr_assert(result->final_view == k && result->view_changes == 1, "%lu of %lu", k, n);
            cr_assert(by_type[MESSAGE_VIEW_CHANGE] == k * (n - k) * (n - 1), "%lu of %lu silent: %lu VIEW-CHANGEs", k,
                      n, by_type[MESSAGE_VIEW_CHANGE]);
            cr_assert(by_type[MESSAGE_NEW_VIEW] == n - 1, "%lu of %lu: %lu NEW-VIEWs", k, n, by_type[MESSAGE_NEW_VIEW]);
            cr_assert(by_type[MESSAGE_PRE_PREPARE] == n - 1, "proposed once");
            cr_assert(by_type[MESSAGE_PREPARE] == (n - k - 1) * (n - 1) &&
                      by_type[MESSAGE_COMMIT] == (n - k) * (n - 1));
            scenario_release(result);
        }
    }
}

/* Silent ones that are nobody's next primary say nothing either: with s of them in all, k(n-s)(n-1). */
Test(view_changes, cost_nothing_to_those_who_are_silent)
{
    for (uint64_t n = 7; n <= 31; n += 3) {
        uint64_t s = quorum_faults((uint32_t)n);
        struct scenario scenario = silent_primaries((uint32_t)n, (uint32_t)s);
        for (uint64_t i = 1; i < s; i++) {
            scenario.byzantine_ids[i] = (node_id)(n - i); /* 0, and the last ones */
        }
        scenario.requests = scenario.clients = 1;
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe && result->live && result->final_view == 1);
        cr_assert(result->messages.by_type[MESSAGE_VIEW_CHANGE] == (n - s) * (n - 1), "n = %lu", n);
        cr_assert(result->messages.by_type[MESSAGE_NEW_VIEW] == n - 1, "n = %lu", n);
        scenario_release(result);
    }
}

/* Links of D, client timeout C, view timeout T. The backups hear of the request at C + D and ask for view 1 at
 * C + D + T; they ask for view j + 1 when q VIEW-CHANGEs for j have come, D later, and T 2^(j-1) has passed since. Four
 * hops after they ask for view k (VIEW-CHANGE, NEW-VIEW and PRE-PREPARE, PREPARE, COMMIT) all have executed. */
static uint64_t executed_after_ns(uint32_t k, uint64_t hop_ns, uint64_t client_ns, uint64_t view_ns)
{
    uint64_t asked_ns = client_ns + hop_ns + view_ns;
    for (uint32_t view = 1; view < k; view++) {
        asked_ns += hop_ns + (view_ns << (view - 1));
    }
    return asked_ns + 4 * hop_ns;
}

Test(view_changes, take_exactly_as_long_as_their_timers_say)
{
    const uint32_t sizes[] = {4, 7, 10, 16, 31};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint32_t k = 1; k <= quorum_faults(sizes[i]); k++) {
            struct scenario scenario = silent_primaries(sizes[i], k);
            scenario.requests = scenario.clients = 1;
            scenario.delay = scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 10e6};
            scenario.client_timeout_ns = 150 * MS;
            scenario.deadline_ns = 1000 * SECOND;
            struct run_result *result = scenario_play(&scenario, 0);
            uint64_t expected_ns = executed_after_ns(k, 10 * MS, 150 * MS, 200 * MS);
            cr_assert(result->live && result->commit.min == expected_ns, "%u of %u: %lu ns instead of %lu", k, sizes[i],
                      result->commit.min, expected_ns);
            cr_assert(result->all.max == 30 * MS, "three hops from the pre-prepare on");
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

/* R35: each request waits for many times T, behind others. */
Test(view_changes, a_queue_that_moves_costs_none)
{
    const struct {
        uint32_t clients, pipeline, batch;
    } loads[] = {{8, 1, 1}, {40, 1, 4}, {600, 16, 1}, {1000, 64, 1}};
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        struct scenario scenario = scenario_of(i % 2 == 0 ? 4 : 7);
        scenario.clients = loads[i].clients;
        scenario.pipeline = loads[i].pipeline;
        scenario.batch = loads[i].batch;
        scenario.requests = 5 * loads[i].clients;
        scenario.view_timeout_ns = scenario_view_timeout_ns(&scenario);
        scenario.client_timeout_ns = 200 * MS; /* the backups hear of each that waits */
        scenario.deadline_ns = scenario_deadline_ns(&scenario);
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe && result->live && result->executed > 0, "%u clients", loads[i].clients);
        cr_assert_eq(result->view_changes, 0, "%u clients, pipeline %u", loads[i].clients, loads[i].pipeline);
        scenario_release(result);
    }
}

/* R34: over narrow uplinks a silent primary costs one change of views, although what is lost would be sent again. */
Test(view_changes, narrow_uplinks_are_not_drowned_by_what_is_sent_again)
{
    const struct {
        uint32_t nodes;
        uint64_t bandwidth;
        enum auth_mode auth;
    } uplinks[] = {
        {4, 10000, AUTH_NONE}, {10, 10000000, AUTH_SIGNATURE}, {31, 1000000, AUTH_NONE}, {64, 10000000, AUTH_NONE}};
    for (size_t i = 0; i < sizeof uplinks / sizeof *uplinks; i++) {
        struct scenario scenario = silent_primaries(uplinks[i].nodes, 1);
        scenario.requests = 4;
        scenario.clients = 1;
        scenario.bandwidth = uplinks[i].bandwidth;
        scenario.auth = uplinks[i].auth;
        scenario.view_timeout_ns = scenario_view_timeout_ns(&scenario);
        scenario.client_timeout_ns = scenario_client_timeout_ns(&scenario);
        scenario.retransmit_ns = scenario_retransmit_ns(&scenario);
        scenario.deadline_ns = scenario_deadline_ns(&scenario);
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe && result->live, "n = %u", uplinks[i].nodes);
        cr_assert_leq(result->final_view, 2, "n = %u: view %u", uplinks[i].nodes, result->final_view);
        scenario_release(result);
    }
}

/* Who misbehaves, how a cluster is built, and what a run says about itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "runner/cluster.h"
#include "tests/support/scenario.h"

static uint32_t marked(const bool *misbehaving, uint32_t nodes)
{
    uint32_t count = 0;
    for (uint32_t id = 0; id < nodes; id++) {
        count += misbehaving[id];
    }
    return count;
}

Test(draw, as_many_misbehave_as_asked_for)
{
    struct scenario scenario = scenario_of(10);
    bool misbehaving[10];
    for (scenario.byzantine = 0; scenario.byzantine <= 10; scenario.byzantine++) {
        for (uint32_t index = 0; index < 50; index++) {
            scenario_draw_byzantine(&scenario, index, misbehaving);
            cr_assert(marked(misbehaving, 10) == scenario.byzantine);
        }
    }
}

Test(draw, every_pair_of_replicas_is_drawn_equally_often)
{
    struct scenario scenario = scenario_of(10);
    scenario.byzantine = 3;
    uint32_t pairs[10][10] = {{0}};
    const uint32_t runs = 45000;
    bool misbehaving[10];
    for (uint32_t index = 0; index < runs; index++) {
        scenario_draw_byzantine(&scenario, index, misbehaving);
        for (uint32_t a = 0; a < 10; a++) {
            for (uint32_t b = 0; b < a; b++) {
                pairs[a][b] += misbehaving[a] && misbehaving[b];
            }
        }
    }
    /* three pairs of 45 a run: 3000 each, with a standard deviation of 53 */
    double chi_square = 0;
    for (uint32_t a = 0; a < 10; a++) {
        for (uint32_t b = 0; b < a; b++) {
            chi_square += (pairs[a][b] - 3000.0) * (pairs[a][b] - 3000.0) / 3000.0;
        }
    }
    cr_assert(chi_square < 90, "chi square %.1f with about 44 degrees of freedom", chi_square);
    cr_assert(chi_square > 15, "chi square %.1f: too even to be drawn", chi_square);
}

Test(draw, a_repetition_is_the_run_of_its_own_seed)
{
    struct scenario scenario = scenario_of(31), later = scenario_of(31);
    scenario.byzantine = later.byzantine = 11;
    later.seed = scenario.seed + 17;
    bool one[31], other[31];
    scenario_draw_byzantine(&scenario, 17, one);
    scenario_draw_byzantine(&later, 0, other);
    cr_assert(memcmp(one, other, sizeof one) == 0);
    scenario_draw_byzantine(&scenario, 18, other);
    cr_assert(memcmp(one, other, sizeof one) != 0);
}

/* What compilers and machines must agree on. */
Test(draw, the_draw_is_a_known_one)
{
    struct scenario scenario = scenario_of(16);
    scenario.byzantine = 5;
    scenario.seed = 42;
    bool misbehaving[16];
    scenario_draw_byzantine(&scenario, 0, misbehaving);
    uint32_t bits = 0;
    for (uint32_t id = 0; id < 16; id++) {
        bits |= (uint32_t)misbehaving[id] << id;
    }
    cr_assert(bits == 0x50c1u, "%#x", bits);
}

Test(draw, ids_that_are_given_are_taken)
{
    struct scenario scenario = scenario_of(7);
    scenario_misbehave(&scenario, "silent", 2, (node_id[]){0, 5});
    bool misbehaving[7];
    for (uint32_t index = 0; index < 10; index++) {
        scenario_draw_byzantine(&scenario, index, misbehaving);
        cr_assert(misbehaving[0] && misbehaving[5] && marked(misbehaving, 7) == 2);
    }
}

Test(draw, replicas_with_a_behaviour_of_their_own_misbehave_and_count)
{
    struct scenario scenario = scenario_of(7);
    scenario.behavior = behavior_find("silent");
    scenario.named_behavior_count = 1;
    scenario.named_behaviors[0] = (struct named_behavior){.id = 4, .behavior = behavior_find("eager")};
    bool misbehaving[7];
    for (scenario.byzantine = 0; scenario.byzantine <= 3; scenario.byzantine++) {
        scenario_draw_byzantine(&scenario, 3, misbehaving);
        cr_assert(misbehaving[4]);
        cr_assert(marked(misbehaving, 7) == (scenario.byzantine > 1 ? scenario.byzantine : 1));
    }
    cr_assert_str_eq(scenario_behavior_of(&scenario, 4)->name, "eager");
    cr_assert_str_eq(scenario_behavior_of(&scenario, 2)->name, "silent");
}

Test(draw, a_crash_comes_while_the_run_is_expected_to_last)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 100; /* one client: 100 rounds of five hops of 20 ms */
    uint64_t least = UINT64_MAX, most = 0;
    for (uint32_t index = 0; index < 500; index++) {
        uint64_t at_ns = scenario_draw_crash_ns(&scenario, index, 1);
        least = at_ns < least ? at_ns : least;
        most = at_ns > most ? at_ns : most;
    }
    cr_assert(least < 200 * MS && most > 9800 * MS && most < 10000 * MS, "%lu..%lu", least, most);
    cr_assert(scenario_draw_crash_ns(&scenario, 0, 1) != scenario_draw_crash_ns(&scenario, 0, 2));
    scenario.rate = 1000;
    cr_assert(scenario_draw_crash_ns(&scenario, 3, 1) < 100 * MS);
    scenario.rate = 0;
    scenario_without_delay(&scenario);
    cr_assert(scenario_draw_crash_ns(&scenario, 3, 1) == 0);
}

Test(cluster, has_an_accomplice_only_where_a_behaviour_needs_one)
{
    for (int needed = 0; needed <= 1; needed++) {
        struct scenario scenario = scenario_of(4);
        scenario.clients = 3;
        scenario_misbehave(&scenario, needed ? "equivocate" : "silent", 1, NULL);
        struct cluster cluster;
        struct error error;
        cr_assert(cluster_create(&cluster, &scenario, 0, &error));
        cr_assert(cluster.node_count == 7u + (uint32_t)needed);
        cr_assert(cluster.protocol.accomplices == (uint32_t)needed);
        cr_assert(cluster.coalition.accomplice == (needed ? 7 : NO_NODE));
        for (node_id id = 0; id < cluster.node_count; id++) {
            cr_assert(cluster.nodes[id] != NULL && cluster.nodes[id]->id == id);
        }
        cr_assert(cluster.coalition.count == 1);
        cluster_destroy(&cluster);
    }
}

Test(run, requests_are_split_evenly_and_all_are_submitted)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 11;
    scenario.clients = 3;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->submitted == 11 && result->accepted == 11 && result->executed == 11);
    cr_assert(result->safe && result->live && result->books_balanced && result->log_bounded);
    cr_assert(result->end == END_FINISHED);
    scenario_release(result);
}

Test(run, an_open_loop_plans_its_requests_evenly)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 40;
    scenario.clients = 8;
    scenario.rate = 20;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->live);
    /* the last is planned at 39 / 20 s and takes two hops more than a decision */
    cr_assert(result->elapsed_ns > 1950 * MS && result->elapsed_ns < 2200 * MS, "%lu", result->elapsed_ns);
    cr_assert(result->request.max < 200 * MS);
    scenario_release(result);
}

Test(run, a_misbehaviour_that_never_fires_leaves_the_run_empty)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 3;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(!result->empty && result->fault_count == 0);
    scenario_release(result);
    scenario_misbehave_last(&scenario, "silent", 1);
    result = scenario_play(&scenario, 0);
    cr_assert(!result->empty && result->fault_count == 1 && result->faults[0].fired > 0);
    cr_assert(result->faults[0].replicas == 1);
    cr_assert_str_eq(result->faults[0].behavior, "silent");
    scenario_release(result);
    scenario_misbehave_last(&scenario, "slow-primary", 1); /* of a view that never comes */
    result = scenario_play(&scenario, 0);
    cr_assert(result->empty && result->safe && result->live);
    scenario_release(result);
}

Test(run, reports_each_replica)
{
    struct scenario scenario = scenario_of(7);
    scenario.requests = 70;
    scenario_misbehave(&scenario, "silent", 1, (node_id[]){3});
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->replica_count == 7);
    for (node_id id = 0; id < 7; id++) {
        const struct replica_result *replica = &result->replicas[id];
        cr_assert(replica->id == id && replica->correct == (id != 3));
        if (id != 3) {
            cr_assert(replica->executed == 70);
            cr_assert(digest_equal(replica->state, result->replicas[0].state));
        }
    }
    scenario_release(result);
}

Test(run, an_interrupted_run_says_so)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 1000000;
    scenario.deadline_ns = TIME_NEVER_NS / 2;
    atomic_int interrupted = 1;
    struct run_result *result = malloc(sizeof *result);
    struct error error;
    cr_assert(run_scenario(&scenario, 0, &interrupted, result, &error));
    cr_assert(result->end == END_INTERRUPTED && !result->live && result->safe);
    cr_assert(result->books_balanced);
    scenario_release(result);
}

Test(run, the_deadline_ends_a_run_that_cannot_go_on)
{
    struct scenario scenario = scenario_of(4);
    scenario.deadline_ns = 700 * MS;
    scenario_misbehave_last(&scenario, "silent", 2);
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->end == END_DEADLINE && result->elapsed_ns == 700 * MS);
    cr_assert(result->safe && !result->live && result->decisions == 0 && result->accepted == 0);
    scenario_release(result);
}

static long page_faults(void)
{
    struct rusage usage;
    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

static long page_faults_of_a_cluster(enum clock_kind clock)
{
    struct scenario scenario = scenario_of(4);
    struct cluster cluster;
    struct error error;
    scenario.clock = clock;
    scenario.window = 131072; /* 8 MB of slots, and more of their records: too much to be cleared by hand */
    const long before = page_faults();
    cr_assert(cluster_create(&cluster, &scenario, 0, &error), "%s", error.text);
    const long faults = page_faults() - before;
    cluster_destroy(&cluster);
    return faults;
}

/* Where time is real a page fault would delay a vote; where it is not, what is never touched is never paid for. */
Test(cluster, logs_are_touched_ahead_on_threads_alone)
{
    const long untouched = page_faults_of_a_cluster(CLOCK_VIRTUAL), touched = page_faults_of_a_cluster(CLOCK_REAL);
    cr_assert_gt(touched, untouched + 4 * 2048, "%ld, and %ld", touched, untouched);
}

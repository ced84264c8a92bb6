/* Up to f replicas, whatever they do and whoever is the primary: nothing breaks, and every correct replica gets every
 * request, also those that a selective or equivocating primary leaves out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

static struct scenario small(uint32_t nodes)
{
    struct scenario scenario = scenario_of(nodes);
    scenario.requests = 24;
    scenario.clients = 3;
    scenario.pipeline = 8;
    scenario.checkpoint_interval = 4; /* checkpoints to lie about, and a window to flood */
    scenario.window = 8;
    scenario.deadline_ns = 1000 * SECOND;
    return scenario;
}

/* The first f, so that the first primaries are among them; or as many drawn from the seed. */
static struct scenario with_f(uint32_t nodes, const char *behavior, bool first)
{
    struct scenario scenario = small(nodes);
    const node_id ids[] = {0, 1, 2};
    scenario_misbehave(&scenario, behavior, quorum_faults(nodes), first ? ids : NULL);
    return scenario;
}

static void expect_everything_everywhere(const struct run_result *result, const char *behavior, uint64_t requests)
{
    cr_assert(result->safe, "%s, n = %u, seed %lu: %s at %lu", behavior, result->replica_count, result->seed,
              result->violation.property, result->violation.sequence);
    cr_assert(result->live, "%s, n = %u, seed %lu: %lu executed, %lu accepted", behavior, result->replica_count,
              result->seed, result->executed, result->accepted);
    cr_assert(result->executed == requests && result->accepted == requests && result->digests_agree);
    cr_assert(result->books_balanced && result->log_bounded, "%s, n = %u, seed %lu", behavior, result->replica_count,
              result->seed);
}

/* Returns how often it fired. */
static uint64_t play(const struct scenario *scenario, const char *behavior, uint32_t seeds)
{
    uint64_t fired = 0;
    for (uint32_t index = 0; index < seeds; index++) {
        struct run_result *result = scenario_play(scenario, index);
        expect_everything_everywhere(result, behavior, scenario->requests);
        for (uint32_t i = 0; i < result->fault_count; i++) {
            fired += result->faults[i].fired;
        }
        scenario_release(result);
    }
    return fired;
}

static const uint32_t sizes[] = {4, 7, 10};

Test(misbehaviours, of_every_kind_up_to_f_leave_no_correct_replica_behind)
{
    for (size_t b = 0; behavior_at(b)->name != NULL; b++) {
        const char *name = behavior_at(b)->name;
        for (size_t i = 0; i < 3; i++) {
            struct scenario first = with_f(sizes[i], name, true), drawn = with_f(sizes[i], name, false);
            cr_assert(play(&first, name, 3) > 0, "%s never fired, n = %u", name, sizes[i]);
            (void)play(&drawn, name, 2);
        }
    }
}

/* Links lose a fifth, so that what a primary leaves out and what the network loses come together. */
Test(misbehaviours, of_every_kind_up_to_f_leave_nobody_behind_on_lossy_links_either)
{
    for (size_t b = 0; behavior_at(b)->name != NULL; b++) {
        const char *name = behavior_at(b)->name;
        for (size_t i = 0; i < 2; i++) {
            struct scenario scenario = with_f(sizes[i], name, true);
            scenario.drop = 0.2;
            (void)play(&scenario, name, 2);
        }
    }
}

/* The first primary is silent, the second does this: what only shows when a view is opened. */
Test(misbehaviours, of_the_next_primary_are_survived_as_well)
{
    for (size_t b = 0; behavior_at(b)->name != NULL; b++) {
        const char *name = behavior_at(b)->name;
        struct scenario scenario = small(7);
        scenario_misbehave(&scenario, name, 0, NULL);
        scenario.named_behavior_count = 2;
        scenario.named_behaviors[0] = (struct named_behavior){.id = 0, .behavior = behavior_find("silent")};
        scenario.named_behaviors[1] = (struct named_behavior){.id = 1, .behavior = behavior_find(name)};
        (void)play(&scenario, name, 3);
    }
}

/* Authenticated messages are others on the wire, and the same to the replicas: each run is as without. */
Test(misbehaviours, are_the_same_whether_messages_are_authenticated_or_not)
{
    for (size_t b = 0; behavior_at(b)->name != NULL; b++) {
        struct scenario scenario = with_f(4, behavior_at(b)->name, true);
        struct run_result *ideal = scenario_play(&scenario, 0);
        scenario.auth = AUTH_MAC;
        struct run_result *authenticated = scenario_play(&scenario, 0);
        expect_everything_everywhere(authenticated, behavior_at(b)->name, scenario.requests);
        cr_assert(digest_equal(ideal->history_digest, authenticated->history_digest), "%s", behavior_at(b)->name);
        cr_assert(ideal->elapsed_ns == authenticated->elapsed_ns, "%s", behavior_at(b)->name);
        cr_assert(ideal->messages.sent == authenticated->messages.sent, "%s", behavior_at(b)->name);
        scenario_release(ideal);
        scenario_release(authenticated);
    }
}

/* R33: with b >= 2 one replica holds a certificate whose contents every other primary's view tried to make forgotten. */
Test(misbehaviours, that_make_contents_vanish_stop_nobody)
{
    static const enum auth_mode modes[] = {AUTH_NONE, AUTH_MAC, AUTH_SIGNATURE};
    for (uint32_t nodes = 4; nodes <= 13; nodes++) {
        for (size_t mode = 0; mode < 3; mode++) {
            struct scenario scenario = scenario_of(nodes);
            const node_id ids[] = {0, 1, 2, 3};
            scenario.requests = 12;
            scenario.clients = 3;
            scenario.deadline_ns = 24 * SECOND;
            scenario.auth = modes[mode];
            scenario_misbehave(&scenario, "vanish", quorum_faults(nodes), ids);
            cr_assert(play(&scenario, "vanish", mode == 0 ? 20 : 3) > 0);
        }
    }
}

/* The three ways to authenticate, over the whole of a run: what is decided is the same, misbehaviour is found out, and
 * with signatures what is verified is counted. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

static const enum auth_mode real_modes[] = {AUTH_MAC, AUTH_SIGNATURE};

static uint64_t rejected(const struct run_result *result, enum reject reason)
{
    return result->rejected[reason];
}

/* Authenticators change sizes, not what the network does to a message: with the same seed all is decided the same. */
Test(authentication, does_not_change_what_is_decided_nor_when)
{
    static const uint32_t sizes[] = {1, 2, 4, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = scenario_of(sizes[i]);
        scenario.requests = 10;
        struct run_result *none = scenario_play(&scenario, 0);
        for (size_t mode = 0; mode < 2; mode++) {
            scenario.auth = real_modes[mode];
            struct run_result *result = scenario_play(&scenario, 0);
            cr_assert(result->safe && result->live);
            cr_assert(digest_equal(result->history_digest, none->history_digest), "n = %u", sizes[i]);
            cr_assert_eq(result->elapsed_ns, none->elapsed_ns, "n = %u", sizes[i]);
            cr_assert_eq(rejected(result, REJECT_NOT_AUTHENTIC), 0);
            scenario_release(result);
        }
        scenario_release(none);
    }
}

static void play(const char *behavior, uint32_t nodes, enum auth_mode mode, uint32_t seed)
{
    bool dear = mode == AUTH_SIGNATURE && strcmp(behavior, "flood") == 0; /* it signs, and all verify, by thousands */
    struct scenario scenario = scenario_of(nodes);
    scenario.auth = mode;
    scenario.requests = dear ? 1 : 6;
    scenario.clients = dear ? 1 : 2;
    scenario.checkpoint_interval = 2;
    scenario.window = 4;
    scenario.pipeline = 4;
    scenario.deadline_ns = 1000 * SECOND;
    const node_id ids[] = {0, 1};
    scenario_misbehave(&scenario, behavior, (nodes - 1) / 3, ids);
    struct run_result *result = scenario_play(&scenario, seed);
    cr_assert(result->safe, "%s, n = %u, mode %d", behavior, nodes, mode);
    cr_assert(result->live, "%s, n = %u, mode %d", behavior, nodes, mode);
    cr_assert(result->executed == scenario.requests && result->digests_agree, "%s, n = %u", behavior, nodes);
    scenario_release(result);
}

/* The first f replicas, so that the first primaries are among them. */
Test(authentication, with_macs_every_misbehaviour_up_to_f_is_survived)
{
    for (size_t b = 0; behavior_at(b)->name != NULL; b++) {
        for (uint32_t seed = 0; seed < 5; seed++) {
            play(behavior_at(b)->name, 4, AUTH_MAC, seed);
            play(behavior_at(b)->name, 7, AUTH_MAC, seed);
        }
    }
}

Test(authentication, with_signatures_every_misbehaviour_up_to_f_is_survived)
{
    for (size_t b = 0; behavior_at(b)->name != NULL; b++) {
        play(behavior_at(b)->name, 4, AUTH_SIGNATURE, 0);
        play(behavior_at(b)->name, 7, AUTH_SIGNATURE, 0);
    }
}

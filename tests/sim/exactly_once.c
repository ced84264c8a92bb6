/* Whatever the network repeats and mixes up, each request is executed once, by all alike. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/scenario.h"

/* Every message twice, each copy up to half a second late: several view timeouts, so views change too. */
static struct scenario mixed_up(uint32_t nodes, uint32_t batch)
{
    struct scenario scenario = scenario_of(nodes);
    scenario.requests = 60;
    scenario.clients = 6;
    scenario.batch = batch;
    scenario.duplicate = 1;
    scenario.reorder = 1;
    scenario.reorder_extra_ns = 500 * MS;
    scenario.pipeline = 8;
    scenario.checkpoint_interval = 4;
    scenario.window = 8;
    scenario.retransmit_ns = 80 * MS; /* a view change loses what it leaves behind */
    scenario.deadline_ns = 1000 * SECOND;
    return scenario;
}

static void expect_exactly_once(const struct run_result *result, uint64_t requests, uint32_t nodes)
{
    cr_assert(result->safe && result->live, "n = %u, seed %lu: %s", nodes, result->seed, result->violation.property);
    cr_assert(result->submitted == requests && result->executed == requests && result->accepted == requests,
              "n = %u, seed %lu: %lu", nodes, result->seed, result->executed);
    cr_assert(result->digests_agree && result->books_balanced && result->log_bounded);
    for (node_id one = 0; one < nodes; one++) {
        for (node_id other = 0; other < one; other++) {
            const struct replica_result *a = &result->replicas[one], *b = &result->replicas[other];
            if (!a->correct || !b->correct) {
                continue;
            }
            cr_assert(a->executed != b->executed || digest_equal(a->state, b->state), "n = %u, seed %lu", nodes,
                      result->seed);
        }
    }
}

Test(exactly_once, is_each_request_executed_under_full_duplication_and_reordering)
{
    const uint32_t sizes[] = {4, 7, 10}, batches[] = {1, 4};
    for (size_t i = 0; i < 3; i++) {
        for (size_t b = 0; b < 2; b++) {
            struct scenario scenario = mixed_up(sizes[i], batches[b]);
            for (uint32_t index = 0; index < 2; index++) {
                struct run_result *result = scenario_play(&scenario, index);
                expect_exactly_once(result, 60, sizes[i]);
                scenario_release(result);
            }
        }
    }
}

/* What the runs above are made of: each message comes twice, and a request that comes again when it is executed is
 * answered again (R28). */
Test(exactly_once, is_what_comes_of_twice_as_many_messages)
{
    struct scenario scenario = scenario_of(7);
    scenario.requests = 10;
    scenario.duplicate = 1;
    struct run_result *result = scenario_play(&scenario, 0);
    expect_exactly_once(result, 10, 7);
    const struct message_counts *messages = &result->messages;
    cr_assert(messages->duplicated == messages->sent, "%lu of %lu", messages->duplicated, messages->sent);
    cr_assert(messages->by_type[MESSAGE_PRE_PREPARE] + messages->by_type[MESSAGE_PREPARE] +
                  messages->by_type[MESSAGE_COMMIT] ==
              10 * 2 * 7 * 6);
    scenario_release(result);
}

/* The same with every behaviour that repeats or contradicts itself, as the first primary. */
Test(exactly_once, also_with_a_primary_that_repeats_and_contradicts_itself)
{
    const char *const behaviors[] = {"replay", "equivocate", "twin", "flood", "conflicting-digest"};
    for (size_t i = 0; i < sizeof behaviors / sizeof *behaviors; i++) {
        struct scenario scenario = mixed_up(4, 2);
        const node_id primary = 0;
        scenario_misbehave(&scenario, behaviors[i], 1, &primary);
        for (uint32_t index = 0; index < 3; index++) {
            struct run_result *result = scenario_play(&scenario, index);
            expect_exactly_once(result, 60, 4);
            scenario_release(result);
        }
    }
}

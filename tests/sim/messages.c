/* A decision without faults costs exactly 2n(n-1) messages between replicas. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/scenario.h"

static void expect_exact(const struct scenario *scenario)
{
    struct run_result *result = scenario_play(scenario, 0);
    uint64_t n = scenario->nodes, decisions = scenario->requests;
    const uint64_t *by_type = result->messages.by_type;
    cr_assert(result->safe && result->live && result->books_balanced && result->decisions == decisions);
    cr_assert(result->executed == decisions && result->accepted == decisions);
    cr_assert(by_type[MESSAGE_PRE_PREPARE] == decisions * (n - 1), "n = %lu", n);
    cr_assert(by_type[MESSAGE_PREPARE] == decisions * (n - 1) * (n - 1), "n = %lu", n);
    cr_assert(by_type[MESSAGE_COMMIT] == decisions * n * (n - 1), "n = %lu", n);
    uint64_t agreement = by_type[MESSAGE_PRE_PREPARE] + by_type[MESSAGE_PREPARE] + by_type[MESSAGE_COMMIT];
    cr_assert(agreement == decisions * 2 * n * (n - 1));
    cr_assert(by_type[MESSAGE_REQUEST] == decisions, "n = %lu: %lu requests", n, by_type[MESSAGE_REQUEST]);
    cr_assert(by_type[MESSAGE_REPLY] == decisions * n);
    cr_assert(by_type[MESSAGE_VIEW_CHANGE] == 0 && by_type[MESSAGE_NEW_VIEW] == 0);
    cr_assert(result->view_changes == 0 && result->final_view == 0);
    scenario_release(result);
}

static const uint32_t sizes[] = {1, 2, 3, 4, 7, 10, 16, 31, 64};

Test(messages, are_exactly_2n_times_n_minus_1_a_decision_under_delay)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = scenario_of(sizes[i]);
        scenario.requests = 50;
        expect_exact(&scenario);
    }
}

Test(messages, are_exactly_2n_times_n_minus_1_a_decision_without_delay)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = scenario_of(sizes[i]);
        scenario_without_delay(&scenario);
        scenario.requests = 50;
        expect_exact(&scenario);
    }
}

Test(messages, are_as_many_when_many_decisions_are_under_way)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = scenario_of(sizes[i]);
        scenario.requests = 50;
        scenario.clients = 25;
        expect_exact(&scenario);
    }
}

/* The table of the bounds, for n = 1..13, as whole runs: what stops a cluster, and what breaks its agreement. The numbers
 * stand here once more, written down, not computed. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/scenario.h"

#define NEVER UINT32_MAX

struct bounds {
    uint32_t nodes, quorum, breaking, stalling;
};

static const struct bounds table[] = {
    {1, 1, NEVER, 1}, {2, 2, NEVER, 1}, {3, 2, 1, 2},  {4, 3, 2, 2},  {5, 4, 3, 2},  {6, 4, 2, 3},  {7, 5, 3, 3},
    {8, 6, 4, 3},     {9, 6, 3, 4},     {10, 7, 4, 4}, {11, 8, 5, 4}, {12, 8, 4, 5}, {13, 9, 5, 5},
};

#define ROWS (sizeof table / sizeof *table)

/* With `silent` of them silent from the first on, so that several primaries in a row are. */
static struct scenario silent_from_the_first(uint32_t nodes, uint32_t silent)
{
    struct scenario scenario = scenario_of(nodes);
    node_id ids[MAX_NAMED_BEHAVIORS];
    for (uint32_t i = 0; i < silent; i++) {
        ids[i] = i;
    }
    scenario_misbehave(&scenario, "silent", silent, ids);
    return scenario;
}

static struct scenario silent_from_the_last(uint32_t nodes, uint32_t silent)
{
    struct scenario scenario = scenario_of(nodes);
    scenario_misbehave_last(&scenario, "silent", silent);
    return scenario;
}

static void expect_progress(struct scenario scenario, bool goes_on)
{
    scenario.requests = 5;
    scenario.clients = 2;
    scenario.deadline_ns = goes_on ? 100 * SECOND : 10 * SECOND;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->digests_agree && result->log_bounded && result->books_balanced);
    cr_assert(result->live == goes_on, "%u of %u silent", scenario.byzantine, scenario.nodes);
    cr_assert(result->executed == (goes_on ? 5 : 0) && result->accepted == (goes_on ? 5 : 0), "%u of %u silent: %lu",
              scenario.byzantine, scenario.nodes, result->executed);
    scenario_release(result);
}

/* For every number of silent replicas: six with two silent ones go on, eight with three stop and stay safe. */
Test(bounds, silence_stops_progress_exactly_where_the_table_says)
{
    for (size_t row = 0; row < ROWS; row++) {
        for (uint32_t silent = 0; silent < table[row].nodes; silent++) {
            bool goes_on = silent < table[row].stalling;
            expect_progress(silent_from_the_last(table[row].nodes, silent), goes_on);
            expect_progress(silent_from_the_first(table[row].nodes, silent), goes_on);
        }
    }
}

/* `b` replicas that act as one, the first primary among them or not. */
static uint32_t disagreements(uint32_t nodes, uint32_t b, uint32_t seeds)
{
    struct scenario scenario = scenario_of(nodes);
    node_id ids[MAX_NAMED_BEHAVIORS];
    for (uint32_t i = 0; i < b; i++) {
        ids[i] = i;
    }
    scenario_misbehave(&scenario, "collude", b, ids);
    scenario.requests = 3;
    scenario.deadline_ns = 2 * SECOND;
    uint32_t found = 0;
    for (uint32_t index = 0; index < seeds; index++) {
        struct run_result *result = scenario_play(&scenario, index);
        cr_assert(result->safe == result->digests_agree, "nothing but agreement is broken: %s",
                  result->violation.property);
        found += !result->safe;
        scenario_release(result);
    }
    return found;
}

Test(bounds, agreement_breaks_exactly_where_the_table_says)
{
    for (size_t row = 0; row < ROWS; row++) {
        uint32_t nodes = table[row].nodes;
        cr_assert(quorum_size(nodes) == table[row].quorum, "n = %u", nodes);
        for (uint32_t b = 1; b < nodes; b++) {
            bool breaks = b >= table[row].breaking && b + 2 <= nodes; /* it takes two correct ones to disagree */
            uint32_t found = disagreements(nodes, b, 4);
            cr_assert(breaks ? found > 0 : found == 0, "%u of %u collude: %u of 4 disagree", b, nodes, found);
        }
    }
}

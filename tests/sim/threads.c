/* The table of scenarios on threads in real time. Few requests: these take as long as they emulate. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/sim/table.h"

/* Nobody gives up waiting, however long the host keeps a thread from its core. */
static struct scenario patient(uint32_t nodes)
{
    struct scenario scenario = scenario_of(nodes);
    scenario.view_timeout_ns = scenario.client_timeout_ns = 60 * SECOND;
    return scenario;
}

Test(threads, end_as_the_table_says)
{
    for (size_t i = 0; i < EXPECTED_RUNS; i++) {
        const struct expected_run *expected = &expected_runs[i];
        struct scenario scenario = expected_scenario(expected, 3);
        scenario.clock = CLOCK_REAL;
        scenario.stall_ns = 30 * SECOND;
        scenario.retransmit_ns = 80 *
                                 MS; /* where the host delays a message beyond the timers, it may be wanted twice */
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe, "%s: %s at %lu", expected->name, result->violation.property,
                  result->violation.sequence);
        cr_assert(result->live == expected->live, "%s", expected->name);
        cr_assert(result->executed == (expected->live ? 3 : 0), "%s: %lu", expected->name, result->executed);
        cr_assert(result->books_balanced && result->log_bounded && result->digests_agree, "%s", expected->name);
        scenario_release(result);
    }
}

Test(threads, send_exactly_2n_times_n_minus_1_messages_a_decision)
{
    const uint32_t sizes[] = {1, 2, 4, 7, 16};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = patient(sizes[i]);
        scenario.delay = scenario.client_delay = (struct delay){.kind = DELAY_NONE};
        scenario.clock = CLOCK_REAL;
        scenario.requests = 200;
        scenario.clients = 8;
        struct run_result *result = scenario_play(&scenario, 0);
        uint64_t n = sizes[i];
        cr_assert(result->safe && result->live && result->decisions == 200 && result->books_balanced, "n = %lu", n);
        const uint64_t *by_type = result->messages.by_type;
        cr_assert(by_type[MESSAGE_PRE_PREPARE] == 200 * (n - 1));
        cr_assert(by_type[MESSAGE_PREPARE] == 200 * (n - 1) * (n - 1));
        cr_assert(by_type[MESSAGE_COMMIT] == 200 * n * (n - 1));
        cr_assert(!result->overloaded, "there is no emulated latency to spoil");
        scenario_release(result);
    }
}

/* The network does the same to the same messages under both clocks. */
Test(threads, and_the_virtual_clock_agree_on_one_decision)
{
    struct scenario scenario = patient(4);
    scenario.requests = 5;
    scenario.pipeline = 1;
    struct run_result *twin = scenario_play(&scenario, 0);
    cr_assert(twin->live);
    scenario.clock = CLOCK_REAL;
    double late_ms = INFINITY;
    for (uint32_t trial = 0; trial < 20 && late_ms >= 20; trial++) { /* a busy machine may need several */
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->live);
        cr_assert(digest_equal(result->history_digest, twin->history_digest));
        cr_assert(digest_equal(result->replicas[0].state, twin->replicas[0].state));
        late_ms = (result->all.mean - twin->all.mean) / 1e6;
        cr_assert(late_ms > -0.5, "%.3f ms early", -late_ms);
        scenario_release(result);
    }
    cr_assert(late_ms < 20, "%.3f ms late", late_ms);
    scenario_release(twin);
}

static uint32_t late_latencies(uint32_t nodes, uint32_t run)
{
    struct scenario scenario = patient(nodes);
    struct run_result *twin = scenario_play(&scenario, run);
    scenario.clock = CLOCK_REAL;
    struct run_result *result = scenario_play(&scenario, run);
    const struct histogram *real[] = {&result->first, &result->median, &result->quorum, &result->all};
    const struct histogram *ideal[] = {&twin->first, &twin->median, &twin->quorum, &twin->all};
    uint32_t late = 0;
    for (size_t kind = 0; kind < 4; kind++) {
        cr_assert(real[kind]->count == 1 && ideal[kind]->count == 1);
        double late_ms = ((double)real[kind]->max - (double)ideal[kind]->max) / 1e6;
        cr_assert(late_ms >= -0.001, "n = %u, seed %lu: %.3f ms early", nodes, result->seed, -late_ms);
        late += late_ms > 3 * (double)result->lateness.max / 1e6 + 1 && !result->overloaded;
    }
    cr_assert(digest_equal(result->history_digest, twin->history_digest));
    scenario_release(result);
    scenario_release(twin);
    return late;
}

/* Laid side by side, decision by decision: on threads nothing is earlier than under the virtual clock, and what is later
 * is what the host added. A decision is three hops, and each may be handed over late; that a thread sleeps on besides is
 * not in that figure, so the bound is for most of the decisions, and a busy machine may need several trials. */
Test(threads, and_the_virtual_clock_delay_the_same_messages_alike)
{
    const uint32_t sizes[] = {4, 10};
    uint32_t late = UINT32_MAX;
    for (uint32_t trial = 0; trial < 5 && late >= 24; trial++) {
        late = 0;
        for (uint32_t run = 0; run < 12; run++) {
            late += late_latencies(sizes[run % 2], run);
        }
    }
    cr_assert(late < 24, "%u of 48 latencies are later than the deliveries", late);
}

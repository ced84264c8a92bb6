/* Latencies against theory: independent uniform 5..35 ms links, no queueing, no CPU cost, one decision at a time. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/scenario.h"

static struct run_result *one_at_a_time(uint32_t nodes, uint64_t requests)
{
    struct scenario scenario = scenario_of(nodes);
    scenario.requests = requests;
    scenario.pipeline = 1;
    scenario.deadline_ns = requests * SECOND;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live);
    return result;
}

static void expect_mean(const struct histogram *histogram, double mean_ms, uint64_t count)
{
    double error_ms = histogram_sd(histogram) / sqrt((double)histogram->count) / 1e6;
    cr_assert(histogram->count == count);
    cr_assert(fabs(histogram->mean / 1e6 - mean_ms) < 4 * error_ms, "mean %.3f ms, expected %.2f, standard error %.3f",
              histogram->mean / 1e6, mean_ms, error_ms);
}

Test(latency, of_the_last_of_four_replicas_is_62_97_ms_on_average)
{
    struct run_result *result = one_at_a_time(4, 4000);
    expect_mean(&result->all, 62.97, 4000);
    double sd_ms = histogram_sd(&result->all) / 1e6;
    cr_assert(sd_ms > 7.5 && sd_ms < 8.5, "one decision varies by %.2f ms", sd_ms);
    scenario_release(result);
}

Test(latency, of_the_last_of_ten_replicas_is_71_52_ms_on_average)
{
    struct run_result *result = one_at_a_time(10, 2000);
    expect_mean(&result->all, 71.52, 2000);
    double sd_ms = histogram_sd(&result->all) / 1e6;
    cr_assert(sd_ms > 3.5 && sd_ms < 4.5, "one decision varies by %.2f ms", sd_ms);
    scenario_release(result);
}

/* With a fixed delay D the primary has q PREPAREs after 2D and q COMMITs after 3D; so has everybody. */
Test(latency, under_a_fixed_delay_is_three_hops_for_everyone)
{
    struct scenario scenario = scenario_of(7);
    scenario.requests = 20;
    scenario.delay = (struct delay){.kind = DELAY_FIXED, .a = 10e6};
    scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 3e6};
    struct run_result *result = scenario_play(&scenario, 0);
    const struct histogram *histograms[] = {&result->first, &result->median, &result->quorum, &result->all};
    for (size_t i = 0; i < 4; i++) {
        cr_assert(histograms[i]->count == 20);
        cr_assert(histograms[i]->min == 30 * MS && histograms[i]->max == 30 * MS, "%lu", histograms[i]->min);
    }
    cr_assert(result->commit.min == 33 * MS && result->commit.max == 33 * MS);
    cr_assert(result->request.min == 36 * MS && result->request.max == 36 * MS);
    cr_assert_float_eq(result->operations_per_second, 1000.0 / 36, 1e-6);
    cr_assert(result->elapsed_ns == 20 * 36 * MS);
    scenario_release(result);
}

Test(latency, first_median_quorum_and_all_are_in_order)
{
    struct run_result *result = one_at_a_time(10, 200);
    cr_assert(result->first.mean < result->median.mean && result->median.mean < result->quorum.mean);
    cr_assert(result->quorum.mean < result->all.mean && result->all.mean < result->commit.mean);
    scenario_release(result);
}

Test(latency, leaves_the_warm_up_out)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 100;
    scenario.warmup = 40;
    scenario.clients = 7;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->decisions == 100 && result->accepted == 100);
    cr_assert(result->all.count == 60 && result->commit.count == 60 && result->request.count == 60);
    scenario_release(result);
}

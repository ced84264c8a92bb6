/* Latencies against theory: independent uniform 5..35 ms links, no queueing, no CPU cost, one decision at a time. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "runner/stats.h"
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

/* ---- the same by simulating nothing but the quorums, for any n ----
 *
 * The pre-prepare reaches backup i at a_i. Backup j is prepared when it has it and PREPAREs of q-2 other backups, the
 * primary with PREPAREs of q-1; j is committed-local when it is prepared and has COMMITs of q-1 others. */

#define MOST 31

struct theory {
    double first_ms, quorum_ms, all_ms;          /* means */
    double first_error, quorum_error, all_error; /* their standard errors */
};

static double uniform_5_to_35_ms(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 5 + 30 * (double)(*state >> 11) * 0x1p-53;
}

static int ascending(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* When replica `to` has `needed` messages of those that all but `to` and `silent` sent at sent_ms[]; at least `own_ms`. */
static double gathered_ms(const double *sent_ms, uint32_t nodes, uint32_t to, uint32_t silent, uint32_t needed,
                          double own_ms, uint64_t *random)
{
    double arrived_ms[MOST];
    uint32_t count = 0;
    for (uint32_t from = 0; from < nodes; from++) {
        if (from != to && from != silent) {
            arrived_ms[count++] = sent_ms[from] + uniform_5_to_35_ms(random);
        }
    }
    qsort(arrived_ms, count, sizeof *arrived_ms, ascending);
    return needed == 0 || arrived_ms[needed - 1] < own_ms ? own_ms : arrived_ms[needed - 1];
}

/* One decision: when each replica is committed-local, in order. */
static void draw_decision(uint32_t nodes, double *committed_ms, uint64_t *random)
{
    uint32_t q = quorum_size(nodes);
    double heard_ms[MOST] = {0}, prepared_ms[MOST];
    for (uint32_t id = 1; id < nodes; id++) {
        heard_ms[id] = uniform_5_to_35_ms(random);
    }
    for (uint32_t id = 0; id < nodes; id++) {
        prepared_ms[id] = gathered_ms(heard_ms, nodes, id, 0, id == 0 ? q - 1 : q - 2, heard_ms[id], random);
    }
    for (uint32_t id = 0; id < nodes; id++) {
        committed_ms[id] = gathered_ms(prepared_ms, nodes, id, nodes, q - 1, prepared_ms[id], random);
    }
    qsort(committed_ms, nodes, sizeof *committed_ms, ascending);
}

struct moments {
    double sum, squares;
};

static void add(struct moments *moments, double value)
{
    moments->sum += value;
    moments->squares += value * value;
}

static double standard_error(const struct moments *moments, uint32_t count)
{
    double mean = moments->sum / count;
    return sqrt((moments->squares / count - mean * mean) / count);
}

static struct theory theory_of(uint32_t nodes, uint32_t draws)
{
    struct moments first = {0}, quorum = {0}, all = {0};
    uint64_t random = nodes;
    for (uint32_t i = 0; i < draws; i++) {
        double committed_ms[MOST];
        draw_decision(nodes, committed_ms, &random);
        add(&first, committed_ms[0]);
        add(&quorum, committed_ms[quorum_size(nodes) - 1]);
        add(&all, committed_ms[nodes - 1]);
    }
    return (struct theory){first.sum / draws,
                           quorum.sum / draws,
                           all.sum / draws,
                           standard_error(&first, draws),
                           standard_error(&quorum, draws),
                           standard_error(&all, draws)};
}

static void expect_near(const char *what, uint32_t nodes, const struct histogram *histogram, double mean_ms,
                        double error_ms)
{
    double own_ms = histogram_sd(histogram) / sqrt((double)histogram->count) / 1e6;
    double apart_ms = histogram->mean / 1e6 - mean_ms;
    cr_assert(fabs(apart_ms) < 4 * sqrt(own_ms * own_ms + error_ms * error_ms), "%s, n = %u: %.3f ms from %.3f +- %.3f",
              what, nodes, apart_ms, mean_ms, error_ms);
}

Test(latency, of_any_number_of_replicas_is_what_the_quorums_make_it)
{
    const uint32_t sizes[] = {2, 3, 4, 5, 6, 8, 9, 13, 31};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t nodes = sizes[i];
        struct theory theory = theory_of(nodes, nodes > 10 ? 2000 : 10000);
        struct run_result *result = one_at_a_time(nodes, nodes > 10 ? 300 : 1000);
        expect_near("first", nodes, &result->first, theory.first_ms, theory.first_error);
        expect_near("quorum", nodes, &result->quorum, theory.quorum_ms, theory.quorum_error);
        expect_near("all", nodes, &result->all, theory.all_ms, theory.all_error);
        scenario_release(result);
    }
}

/* The known means, by the same draws: so that the draws are right too. */
Test(latency, in_theory_is_62_97_ms_for_four_replicas_and_71_52_ms_for_ten)
{
    struct theory four = theory_of(4, 100000), ten = theory_of(10, 20000);
    cr_assert(fabs(four.all_ms - 62.97) < 4 * four.all_error + 0.005, "%.3f +- %.3f", four.all_ms, four.all_error);
    cr_assert(fabs(ten.all_ms - 71.52) < 4 * ten.all_error + 0.005, "%.3f +- %.3f", ten.all_ms, ten.all_error);
}

/* ---- the intervals ---- */

/* Of 200 runs of 200 decisions each, one after the other or many at a time, 190 should, give or take 12 (4 sigma). */
static uint32_t covering(uint32_t nodes, uint32_t clients, double mean_ms)
{
    uint32_t covered = 0;
    for (uint32_t index = 0; index < 200; index++) {
        struct scenario scenario = scenario_of(nodes);
        scenario.requests = 200;
        scenario.clients = clients;
        scenario.pipeline = clients;
        struct run_result *result = scenario_play(&scenario, index);
        double half_ns = result->half_width_ns[LATENCY_ALL];
        covered += fabs(result->all.mean - mean_ms * 1e6) <= half_ns;
        scenario_release(result);
    }
    return covered;
}

Test(latency, lies_in_its_95_percent_interval_in_95_percent_of_the_runs)
{
    const uint32_t clients[] = {1, 10};
    for (size_t i = 0; i < 2; i++) {
        uint32_t four = covering(4, clients[i], 62.97), ten = covering(10, clients[i], 71.52);
        cr_assert(four >= 177 && four < 200, "n = 4, %u clients: %u of 200", clients[i], four);
        cr_assert(ten >= 177 && ten < 200, "n = 10, %u clients: %u of 200", clients[i], ten);
    }
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

/* ---- throughput against its exact limits ---- */

/* Clients that wait for their answers send one request each in a latency. Fixed delays: 3 hops and two of the client. */
static void expect_closed_loop(uint32_t clients, uint64_t requests, uint64_t warmup)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = requests;
    scenario.warmup = warmup;
    scenario.clients = clients;
    scenario.batch = clients;
    scenario.delay = (struct delay){.kind = DELAY_FIXED, .a = 10e6};
    scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 3e6};
    struct run_result *result = scenario_play(&scenario, 0);
    double limit = clients / 0.036;
    cr_assert(fabs(result->operations_per_second / limit - 1) < 0.01, "%u clients, warm-up %lu: %f, not %f", clients,
              warmup, result->operations_per_second, limit);
    scenario_release(result);
}

Test(throughput, of_a_closed_loop_is_clients_by_latency_whatever_the_warm_up)
{
    static const uint32_t clients[] = {1, 4, 16, 64};
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        for (uint64_t tenths = 0; tenths <= 9; tenths += 3) {
            expect_closed_loop(clients[i], clients[i] * 50, clients[i] * 5 * tenths);
        }
    }
}

/* Random delays: Little's law with the latency that the run itself measured. */
Test(throughput, of_a_closed_loop_obeys_little_s_law)
{
    for (uint64_t warmup = 0; warmup <= 6000; warmup += 2000) {
        struct scenario scenario = scenario_of(4);
        scenario.requests = 10000;
        scenario.warmup = warmup;
        scenario.clients = 10;
        struct run_result *result = scenario_play(&scenario, 0);
        double limit = 10 / (result->request.mean * 1e-9);
        cr_assert(fabs(result->operations_per_second / limit - 1) < 0.01, "warm-up %lu: %f, not %f", warmup,
                  result->operations_per_second, limit);
        scenario_release(result);
    }
}

/* Whether 95% intervals cover the true mean in 95% of the runs, in scenarios whose samples depend on each other.
 *
 * Of each scenario, the true mean comes from long runs with other seeds. Then each of so many runs, or groups of runs,
 * says its interval. The short form, which CTest runs, has SHORT_RUNS of them in a few scenarios. The campaign has as
 * many as PBFT_COVERAGE_RUNS says, in all scenarios, or in those whose name begins with PBFT_COVERAGE_ONLY:
 *     PBFT_COVERAGE_RUNS=400 build/release/tests/sim/sim.coverage --timeout 3600
 * It prints the coverage of each scenario beside that of the formula for independent samples, and wants 93% to 97%,
 * give or take two standard errors of such a count (the short form: three). Runs that allow no interval are left out,
 * and must be few. Virtual clock: the same seeds say the same everywhere. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "runner/summary.h"
#include "tests/support/scenario.h"

#define SHORT_RUNS 40u
#define TRUE_SEED 1000000u

struct coverage {
    const char *name;
    uint32_t nodes, clients, batch, pipeline;
    uint32_t group; /* runs that one interval is of */
    uint64_t requests;
    struct delay delay;
    double drop;
    double rate;
    const char *behavior; /* of the last replica */
    uint64_t bandwidth;
    enum latency latency;
    bool quick; /* in the short form, too */
};

#define UNIFORM                                    \
    {                                              \
        .kind = DELAY_UNIFORM, .a = 5e6, .b = 35e6 \
    }
#define EXPONENTIAL                          \
    {                                        \
        .kind = DELAY_EXPONENTIAL, .a = 10e6 \
    }

static const struct coverage scenarios[] = {
    {"one client", 4, 1, 1, 64, 1, 1000, UNIFORM, .latency = LATENCY_REQUEST, .quick = true},
    {"sixteen clients", 4, 16, 1, 64, 1, 4000, UNIFORM, .latency = LATENCY_REQUEST},
    {"64 clients in batches of 16", 4, 64, 16, 64, 1, 6000, UNIFORM, .latency = LATENCY_REQUEST},
    {"16 clients, 5% lost", 4, 16, 1, 64, 1, 6000, UNIFORM, .drop = 0.05, .latency = LATENCY_REQUEST},
    {"4 clients, 10% lost, commits", 4, 4, 1, 64, 1, 6000, UNIFORM, .drop = 0.10, .latency = LATENCY_COMMIT},
    {"8 clients, one decision at a time", 7, 8, 1, 1, 1, 2000, EXPONENTIAL, .latency = LATENCY_REQUEST, .quick = true},
    {"open loop, 16 clients", 4, 16, 8, 4, 1, 6000, EXPONENTIAL, .rate = 100, .latency = LATENCY_REQUEST},
    {"a silent backup, 8 clients", 7, 8, 4, 64, 1, 4000, UNIFORM, .behavior = "silent", .latency = LATENCY_REQUEST},
    {"full uplinks", 4, 64, 8, 4, 1, 8000, UNIFORM, .bandwidth = 1000000, .latency = LATENCY_REQUEST},
    {"decisions at the last replica", 4, 16, 4, 8, 1, 4000, EXPONENTIAL, .latency = LATENCY_ALL},
    {"5 runs of 16 clients, 5% lost", 4, 16, 1, 64, 5, 1000, UNIFORM, .drop = 0.05, .latency = LATENCY_REQUEST,
     .quick = true},
    {"20 runs of one request", 10, 1, 1, 64, 20, 1, UNIFORM, .latency = LATENCY_COMMIT, .quick = true},
};

static struct scenario scenario_for(const struct coverage *coverage)
{
    struct scenario scenario = scenario_of(coverage->nodes);
    scenario.delay = scenario.client_delay = coverage->delay;
    scenario.clients = coverage->clients;
    scenario.batch = coverage->batch;
    scenario.pipeline = coverage->pipeline;
    scenario.requests = coverage->requests;
    scenario.drop = scenario.client_drop = coverage->drop;
    scenario.rate = coverage->rate;
    scenario.bandwidth = coverage->bandwidth;
    scenario.retransmit_ns = coverage->drop > 0 ? 80 * MS : 0;
    scenario.deadline_ns = 1000000 * SECOND;
    if (coverage->behavior != NULL) {
        scenario_misbehave_last(&scenario, coverage->behavior, 1);
    }
    if (coverage->pipeline < 8) { /* requests wait for each other */
        scenario.view_timeout_ns = scenario.client_timeout_ns = 30 * SECOND;
    }
    return scenario;
}

static struct summary *play(const struct scenario *scenario, uint32_t first, uint32_t runs)
{
    struct summary *summary = malloc(sizeof *summary);
    cr_assert_not_null(summary);
    summary_reset(summary);
    for (uint32_t i = 0; i < runs; i++) {
        struct run_result *result = scenario_play(scenario, first + i);
        cr_assert(result->safe && result->live);
        summary_add(summary, scenario, first + i, result);
        scenario_release(result);
    }
    return summary;
}

static double true_mean(const struct coverage *coverage, uint32_t runs)
{
    struct scenario scenario = scenario_for(coverage);
    if (coverage->group == 1) {
        scenario.warmup = coverage->requests / 2;
        scenario.requests = coverage->requests * 20;
    }
    uint32_t repeat = coverage->group == 1 ? 2 + runs / 40 : runs * coverage->group * 2;
    struct summary *summary = play(&scenario, TRUE_SEED, repeat);
    double mean = summary->latency[coverage->latency].mean;
    free(summary);
    return mean;
}

static void expect_coverage(const struct coverage *coverage, uint32_t runs, bool campaign)
{
    const struct scenario scenario = scenario_for(coverage);
    double mean = true_mean(coverage, runs), width = 0;
    uint32_t covered = 0, naive = 0, intervals = 0;
    for (uint32_t i = 0; i < runs; i++) {
        struct summary *summary = play(&scenario, i * coverage->group, coverage->group);
        const struct histogram *latency = &summary->latency[coverage->latency];
        double half = summary_half_width(&summary->spread[coverage->latency]);
        double off = fabs(latency->mean - mean);
        intervals += isfinite(half);
        covered += off <= half;
        naive += off <= mean_half_width(histogram_sd(latency), latency->count);
        width += isfinite(half) ? half : 0;
        free(summary);
    }
    double share = intervals > 0 ? (double)covered / intervals : 0;
    double slack = (campaign ? 2 : 3) * sqrt(0.95 * 0.05 / runs);
    fprintf(campaign ? stderr : stdout,
            "%-36s %5.1f%% of %u intervals in %u runs (mean %.3f ms +- %.3f; as if independent: %.1f%%)\n",
            coverage->name, 100 * share, intervals, runs, mean / 1e6, width / intervals / 1e6, 100.0 * naive / runs);
    cr_expect(intervals >= runs * 9 / 10, "%s: %u of %u runs have an interval", coverage->name, intervals, runs);
    cr_expect(share >= 0.93 - slack && share <= 0.97 + slack, "%s: %.1f%% of %u runs", coverage->name, 100 * share,
              runs);
}

Test(coverage, of_95_percent_intervals_is_95_percent)
{
    const char *wanted = getenv("PBFT_COVERAGE_RUNS");
    const char *only = getenv("PBFT_COVERAGE_ONLY"); /* the start of a scenario's name */
    uint32_t runs = wanted == NULL ? SHORT_RUNS : (uint32_t)strtoul(wanted, NULL, 10);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (wanted == NULL && !scenarios[i].quick) {
            continue;
        }
        if (only == NULL || strncmp(only, scenarios[i].name, strlen(only)) == 0) {
            expect_coverage(&scenarios[i], runs, wanted != NULL);
        }
    }
}

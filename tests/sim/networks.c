/* Regions, uplinks and processors: latencies that a few lines of arithmetic can tell exactly. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "core/request.h"
#include "net/latency_table.h"
#include "runner/builtin_matrix.h"
#include "tests/support/scenario.h"

#define MBIT UINT64_C(1000000)
enum { MOST = 16 };

static struct scenario still(uint32_t nodes)
{
    struct scenario scenario = scenario_of(nodes);
    scenario_without_delay(&scenario);
    scenario.view_timeout_ns = scenario.client_timeout_ns = 60 * SECOND;
    scenario.deadline_ns = 10000 * SECOND;
    return scenario;
}

/* --- regions ------------------------------------------------------------------------------------------------------ */

static int ascending(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The k-th smallest, k from 1. */
static uint64_t smallest(const uint64_t *times_ns, uint32_t count, uint32_t k)
{
    uint64_t sorted[MOST];
    memcpy(sorted, times_ns, count * sizeof *times_ns);
    qsort(sorted, count, sizeof *sorted, ascending);
    return sorted[k - 1];
}

static uint64_t greater(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* From the table itself: row by row, and clients behind the replicas. */
static uint64_t way(const struct scenario *scenario, node_id from, node_id to)
{
    const struct placement *placement = &scenario->placement;
    uint32_t homes[2];
    for (int i = 0; i < 2; i++) {
        node_id id = i == 0 ? from : to;
        homes[i] = id < scenario->nodes ? placement->regions[id % placement->region_count] : placement->client_region;
    }
    return from == to ? 0 : placement->matrix->delays_ns[homes[0] * placement->matrix->count + homes[1]];
}

/* When each replica has committed, if replica 0 sends the pre-prepare at 0: every certificate is there with its q-th
 * vote. */
static void expect_commits(const struct scenario *scenario, uint64_t *committed_ns)
{
    uint32_t n = scenario->nodes;
    uint64_t prepared_ns[MOST];
    uint64_t votes_ns[MOST];
    for (node_id i = 0; i < n; i++) {
        for (node_id backup = 1; backup < n; backup++) {
            votes_ns[backup - 1] = way(scenario, 0, backup) + way(scenario, backup, i);
        }
        prepared_ns[i] = greater(way(scenario, 0, i), smallest(votes_ns, n - 1, scenario->quorum - 1));
    }
    for (node_id i = 0; i < n; i++) {
        for (node_id voter = 0; voter < n; voter++) {
            votes_ns[voter] = prepared_ns[voter] + way(scenario, voter, i);
        }
        committed_ns[i] = greater(prepared_ns[i], smallest(votes_ns, n, scenario->quorum));
    }
}

static void expect_exactly(const struct histogram *histogram, uint64_t ns, const char *what, uint32_t nodes)
{
    cr_assert(histogram->count > 0);
    cr_assert(histogram->min == ns && histogram->max == ns, "n = %u, %s: %lu to %lu, not %lu", nodes, what,
              histogram->min, histogram->max, ns);
}

static void play_placed(struct scenario *scenario)
{
    uint32_t n = scenario->nodes;
    uint64_t committed_ns[MOST];
    uint64_t replies_ns[MOST];
    scenario->requests = 5;
    struct run_result *result = scenario_play(scenario, 0);
    cr_assert(result->safe && result->live && result->view_changes == 0);
    expect_commits(scenario, committed_ns);
    uint64_t request_ns = way(scenario, n, 0);
    for (node_id i = 0; i < n; i++) {
        replies_ns[i] = committed_ns[i] + way(scenario, i, n);
    }
    expect_exactly(&result->first, smallest(committed_ns, n, 1), "first", n);
    expect_exactly(&result->quorum, smallest(committed_ns, n, scenario->quorum), "quorum", n);
    expect_exactly(&result->all, smallest(committed_ns, n, n), "all", n);
    expect_exactly(&result->commit, request_ns + smallest(committed_ns, n, n), "commit", n);
    expect_exactly(&result->request, request_ns + smallest(replies_ns, n, scenario->reply_quorum), "request", n);
    scenario_release(result);
}

static struct latency_matrix *wan(void)
{
    struct error error = {""};
    cr_assert_str_eq(builtin_matrices[0].name, "wan");
    struct latency_matrix *matrix = latency_parse(builtin_matrices[0].table, "wan", &error);
    cr_assert_not_null(matrix, "%s", error.text);
    cr_assert_eq(matrix->count, 7);
    return matrix;
}

Test(regions, latency_is_the_order_statistic_of_the_matrix)
{
    struct latency_matrix *matrix = wan();
    static const uint32_t sizes[] = {4, 7, 10, 13};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = still(sizes[i]);
        scenario.placement = (struct placement){
            .matrix = matrix, .region_count = 7, .regions = {0, 1, 2, 3, 4, 5, 6}, .client_region = 5};
        play_placed(&scenario);
    }
    latency_matrix_destroy(matrix);
}

Test(regions, that_are_chosen_and_ordered_otherwise_give_another_latency)
{
    struct latency_matrix *matrix = wan();
    struct scenario scenario = still(4);
    scenario.placement = (struct placement){
        .matrix = matrix, .region_count = 3, .regions = {6, 2, 4}, .client_region = 6};
    play_placed(&scenario);
    latency_matrix_destroy(matrix);
}

Test(regions, there_and_back_may_be_as_different_as_one_likes)
{
    struct latency_matrix *matrix = latency_matrix_create("odd", 8);
    for (uint32_t i = 0; i < 64; i++) {
        matrix->delays_ns[i] = (1 + i * 29 % 67) * MS; /* all different */
    }
    for (uint32_t n = 4; n <= 12; n++) {
        struct scenario scenario = still(n);
        scenario.placement = (struct placement){
            .matrix = matrix, .region_count = 8, .regions = {3, 1, 4, 0, 5, 2, 6, 7}, .client_region = 2};
        play_placed(&scenario);
    }
    latency_matrix_destroy(matrix);
}

Test(regions, are_added_to_the_delay_of_a_link)
{
    struct latency_matrix *matrix = latency_matrix_create("flat", 1);
    matrix->delays_ns[0] = 7 * MS;
    struct scenario scenario = still(4);
    scenario.requests = 10;
    scenario.delay = (struct delay){.kind = DELAY_FIXED, .a = 10e6};
    scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 3e6};
    scenario.placement = (struct placement){.matrix = matrix, .region_count = 1};
    struct run_result *result = scenario_play(&scenario, 0);
    expect_exactly(&result->all, 3 * 17 * MS, "all", 4);
    expect_exactly(&result->request, 3 * 17 * MS + 2 * 10 * MS, "request", 4);
    scenario_release(result);
    latency_matrix_destroy(matrix);
}

/* --- uplinks ------------------------------------------------------------------------------------------------------ */

/* At 10 Mbit/s a byte takes 0.8 us: the pre-prepare (64 bytes, and a request of 40) 83.2, a vote 51.2. Backups get it
 * at 83.2, 166.4, 249.6. PREPAREs of 1 reach 0, 2, 3 at 134.4, 185.6, 236.8; of 2 reach 0, 1, 3 at 217.6, 268.8, 320.0;
 * of 3 reach 0, 1, 2 at 300.8, 352.0, 403.2. So prepared: 0 at 217.6, 1 at 268.8, 2 at 185.6, 3 at 249.6. The COMMITs
 * follow as uplinks are free, at 249.6, 268.8, 320.0 and 403.2, and reach
 *     0 from 1, 2, 3 at 320.0, 371.2, 454.4      1 from 0, 2, 3 at 300.8, 422.4, 505.6
 *     2 from 0, 1, 3 at 352.0, 371.2, 556.8      3 from 0, 1, 2 at 403.2, 422.4, 473.6
 * of which everybody needs two. */
Test(uplinks, messages_of_one_decision_leave_one_behind_another)
{
    struct scenario scenario = still(4);
    scenario.bandwidth = 10 * MBIT;
    cr_assert_eq(request_footprint(scenario.payload), 40);
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live);
    expect_exactly(&result->first, 371200, "first", 4);
    expect_exactly(&result->quorum, 422400, "quorum", 4);
    expect_exactly(&result->all, 422400, "all", 4);
    scenario_release(result);
}

/* What the primary sends for a decision: the batch to n-1 backups, its COMMIT to them, and a REPLY to each client. */
static double primary_bytes(const struct scenario *scenario, double requests)
{
    double others = scenario->nodes - 1;
    return others * (64 + requests * (double)request_footprint(scenario->payload)) + others * 64 + requests * 64;
}

/* As many requests as the primary's uplink carries, and no more . */
static void expect_saturation(uint32_t nodes, uint32_t batch, uint32_t payload, uint64_t rate)
{
    struct scenario scenario = still(nodes);
    scenario.requests = 200 * batch;
    scenario.warmup = 20 * batch;
    scenario.clients = 8 * batch;
    scenario.batch = batch;
    scenario.pipeline = 4;
    scenario.payload = payload;
    scenario.checkpoint_interval = 100;
    scenario.bandwidth = rate;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live && result->view_changes == 0);
    double limit = (double)rate / 8 / primary_bytes(&scenario, batch) * batch;
    double reached = result->operations_per_second;
    cr_assert(reached < limit * 1.01 && reached > limit * 0.99,
              "n = %u, batch %u, payload %u: %.1f requests/s, limit %.1f", nodes, batch, payload, reached, limit);
    scenario_release(result);
}

Test(uplinks, throughput_ends_where_the_primary_s_uplink_is_full)
{
    expect_saturation(4, 64, 1024, 10 * MBIT);
    expect_saturation(7, 64, 1024, 10 * MBIT);
    expect_saturation(10, 16, 4096, 100 * MBIT);
    expect_saturation(4, 256, 256, 1000 * MBIT);
}

/* On threads nothing comes early, and a little late. */
Test(uplinks, and_regions_mean_the_same_under_both_clocks)
{
    struct latency_matrix *matrix = wan();
    struct scenario scenario = still(4);
    scenario.payload = 2000;
    scenario.bandwidth = MBIT;
    scenario.placement = (struct placement){
        .matrix = matrix, .region_count = 7, .regions = {0, 1, 2, 3, 4, 5, 6}, .client_region = 5};
    struct run_result *expected = scenario_play(&scenario, 0);
    scenario.clock = CLOCK_REAL;
    const uint64_t most_ns = expected->request.min / 4;
    uint64_t late_ns = TIME_NEVER_NS;
    for (uint32_t trial = 0; trial < 20 && late_ns > most_ns; trial++) { /* a busy machine may need several */
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe && result->live);
        cr_assert(result->all.min >= expected->all.min, "%lu before %lu", result->all.min, expected->all.min);
        cr_assert(result->request.min >= expected->request.min, "%lu, %lu", result->request.min, expected->request.min);
        late_ns = result->request.min - expected->request.min;
        scenario_release(result);
    }
    cr_assert(late_ns <= most_ns, "%lu ns late", late_ns);
    scenario_release(expected);
    latency_matrix_destroy(matrix);
}

/* Eight pre-prepares of 2 kB, three copies each: 50 ms of the primary's uplink for each, 400 for the last. */
Test(uplinks, make_messages_wait_on_threads_too)
{
    struct scenario scenario = still(4);
    scenario.payload = 2000;
    scenario.bandwidth = MBIT;
    scenario.requests = scenario.clients = 8;
    struct run_result *expected = scenario_play(&scenario, 0);
    scenario.clock = CLOCK_REAL;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live && expected->elapsed_ns > 400 * MS);
    cr_assert(result->elapsed_ns > expected->elapsed_ns * 9 / 10, "%lu ns, not %lu", result->elapsed_ns,
              expected->elapsed_ns);
    scenario_release(result);
    scenario_release(expected);
}

Test(uplinks, that_are_fast_enough_are_not_noticed)
{
    struct scenario scenario = scenario_of(7);
    scenario.requests = 50;
    struct run_result *without = scenario_play(&scenario, 0);
    scenario.bandwidth = UINT64_C(1000000000000000);
    struct run_result *with = scenario_play(&scenario, 0);
    cr_assert_eq(with->decisions, without->decisions);
    cr_assert_eq(with->messages.bytes, without->messages.bytes);
    cr_assert(fabs(with->all.mean - without->all.mean) < 100, "%f and %f ns", with->all.mean, without->all.mean);
    scenario_release(without);
    scenario_release(with);
}

Test(uplinks, of_clients_have_no_limit)
{
    struct scenario scenario = still(1);
    scenario.payload = 100000;
    scenario.bandwidth = 1000;
    struct run_result *result = scenario_play(&scenario, 0);
    expect_exactly(&result->commit, 0, "a request of 100 kB, and nobody to tell", 1);
    expect_exactly(&result->request, 512 * MS, "the reply of 64 bytes", 1);
    scenario_release(result);
}

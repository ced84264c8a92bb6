/* Processors: decisions and throughput as the costs of their messages have it. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/scenario.h"

#define US UINT64_C(1000)

static struct scenario still(uint32_t nodes)
{
    struct scenario scenario = scenario_of(nodes);
    scenario_without_delay(&scenario);
    scenario.view_timeout_ns = scenario.client_timeout_ns = 60 * SECOND;
    scenario.deadline_ns = 10000 * SECOND;
    return scenario;
}

static void expect_exactly(const struct histogram *histogram, uint64_t ns, const char *what, uint32_t nodes)
{
    cr_assert(histogram->count > 0);
    cr_assert(histogram->min == ns && histogram->max == ns, "n = %u, %s: %lu to %lu, not %lu", nodes, what,
              histogram->min, histogram->max, ns);
}

/* Every message costs c, links take no time. A backup has its pre-prepare at c and its PREPAREs, which all arrive then,
 * at 2c .. (n-1)c; its COMMIT leaves at (q-1)c. The COMMITs of other backups wait behind the PREPAREs: with q-1 of them
 * it is done at (n-1)c + (q-1)c. The primary has a PREPARE more to go through. */
Test(processors, without_links_a_decision_takes_n_and_q_times_a_message)
{
    static const uint32_t sizes[] = {4, 7, 10, 13, 31};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = still(sizes[i]);
        scenario.processing.delay = (struct delay){.kind = DELAY_FIXED, .a = 1e6};
        struct run_result *result = scenario_play(&scenario, 0);
        uint64_t n = scenario.nodes;
        uint64_t q = scenario.quorum;
        cr_assert(result->safe && result->live);
        expect_exactly(&result->first, (n + q - 2) * MS, "first", scenario.nodes);
        expect_exactly(&result->quorum, (n + q - 2) * MS, "quorum", scenario.nodes);
        expect_exactly(&result->all, (n + q - 1) * MS, "all", scenario.nodes);
        scenario_release(result);
    }
}

/* One link takes 1 ms; V = 112 us to verify, S = 36 us to sign; the pre-prepare's 40 bytes of contents are hashed and
 * their request checked by whoever receives it: H = 259 + 62 ns. From the primary's decision to propose, in units of
 * links and work:
 *     the pre-prepare leaves at S, a backup has it at L + S + V + H, its PREPARE leaves at L + 2S + V + H =: P
 *     a backup verifies one of the two that come at P + L and is prepared at P + L + V, its COMMIT leaves S later
 *     the primary needs two of three: it is prepared at P + L + 2V
 *     everybody needs two of the backups' COMMITs, which come at P + 2L + V + S: done at P + 2L + 3V + S */
Test(processors, that_sign_and_verify_add_their_time_to_a_decision)
{
    struct scenario scenario = still(4);
    scenario.delay = scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 1e6};
    scenario.auth = AUTH_SIGNATURE;
    scenario.processing.auth = true;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live);
    uint64_t proposal_ns = MS + 2 * 36 * US + 112 * US + 259 + 62;
    uint64_t done_ns = proposal_ns + 2 * MS + 3 * 112 * US + 36 * US;
    expect_exactly(&result->first, done_ns, "first", 4);
    expect_exactly(&result->all, done_ns, "all", 4);
    /* the request: a link, and V + H at the primary before it proposes; the reply: signed, and a link */
    expect_exactly(&result->commit, MS + 112 * US + 259 + 62 + done_ns, "commit", 4);
    expect_exactly(&result->request, MS + 112 * US + 259 + 62 + done_ns + 36 * US + MS, "request", 4);
    scenario_release(result);
}

/* The same with M = 62 ns for a keyed hash: a message takes one, and a broadcast one for each receiver. */
Test(processors, that_hash_with_keys_add_less)
{
    struct scenario scenario = still(4);
    scenario.delay = scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 1e6};
    scenario.auth = AUTH_MAC;
    scenario.processing.auth = true;
    struct run_result *result = scenario_play(&scenario, 0);
    cr_assert(result->safe && result->live);
    uint64_t proposal_ns = MS + 2 * 3 * 62 + 62 + 259 + 62;
    expect_exactly(&result->first, proposal_ns + 2 * MS + 3 * 62 + 3 * 62, "first", 4);
    scenario_release(result);
}

Test(processors, of_the_ideal_channel_hash_only)
{
    struct scenario scenario = still(4);
    scenario.delay = scenario.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 1e6};
    scenario.processing.auth = true;
    struct run_result *result = scenario_play(&scenario, 0);
    expect_exactly(&result->all, 3 * MS + 259, "all", 4);
    scenario_release(result);
}

/* For a request the primary verifies it, 2(n-1) votes, and signs the pre-prepare, its COMMIT and the reply. */
Test(processors, throughput_ends_where_the_primary_s_is_always_busy)
{
    static const uint32_t sizes[] = {4, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = still(sizes[i]);
        scenario.requests = 300;
        scenario.clients = 30;
        scenario.checkpoint_interval = 10000;
        scenario.window = 20000;
        scenario.auth = AUTH_SIGNATURE;
        scenario.processing.auth = true;
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe && result->live && result->view_changes == 0);
        double busy_ns = (2.0 * (scenario.nodes - 1) + 1) * 112e3 + 3 * 36e3 + 259 + 62;
        double limit = 1e9 / busy_ns;
        double reached = (double)scenario.requests / ((double)result->elapsed_ns / 1e9);
        cr_assert(reached < 1.02 * limit && reached > 0.97 * limit, "n = %u: %.1f requests/s, limit %.1f",
                  scenario.nodes, reached, limit);
        scenario_release(result);
    }
}

/* A broadcast of a vote is signed once, but hashed with a key for each receiver. */
Test(processors, a_batch_shares_the_costs_of_its_votes)
{
    double each_ns[2];
    for (uint32_t i = 0; i < 2; i++) {
        struct scenario scenario = still(4);
        scenario.requests = 640;
        scenario.clients = 64;
        scenario.batch = i == 0 ? 1 : 32;
        scenario.pipeline = i == 0 ? 64 : 2;
        scenario.auth = AUTH_SIGNATURE;
        scenario.processing.auth = true;
        struct run_result *result = scenario_play(&scenario, 0);
        cr_assert(result->safe && result->live && result->view_changes == 0);
        each_ns[i] = (double)result->elapsed_ns / (double)scenario.requests;
        scenario_release(result);
    }
    cr_assert(each_ns[0] > 7 * 112e3 && each_ns[1] < 2 * 112e3, "%.0f and %.0f ns a request", each_ns[0], each_ns[1]);
}

/* Lossy links: with retransmission they cost time, not progress; without, what they cost follows from the quorums. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

/* ---- with retransmission ---- */

Test(loss, of_thirty_percent_with_retransmission_leaves_no_request_behind)
{
    const uint32_t sizes[] = {4, 7, 10};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scenario scenario = scenario_of(sizes[i]);
        scenario.drop = scenario.client_drop = 0.3;
        scenario.retransmit_ns = 80 * MS;
        scenario.requests = 30;
        scenario.clients = 3;
        scenario.deadline_ns = 1000 * SECOND;
        for (uint32_t index = 0; index < 10; index++) {
            struct run_result *result = scenario_play(&scenario, index);
            cr_assert(result->safe && result->digests_agree && result->log_bounded && result->books_balanced);
            cr_assert(result->live && result->executed == 30 && result->accepted == 30,
                      "n = %u, seed %lu: %lu executed", sizes[i], result->seed, result->executed);
            cr_assert(result->messages.dropped > 0 && result->messages.retransmitted > 0);
            scenario_release(result);
        }
    }
}

/* ---- without: one request, and each message arrives with probability s, independently ----
 *
 * The request reaches the primary. Of the n-1 backups r hear the pre-prepare. Each of these sends PREPARE to all others:
 * the primary is prepared by q-1 of r PREPAREs, a backup that heard by q-2 of the r-1 others'. Each of the m that are
 * prepared sends COMMIT, and executes with q-1 of the m-1 others' COMMITs. The client accepts with f+1 of the replies of
 * the c that executed. Given r, what each replica receives is independent of what the others do; so is it given m. */

#define MOST 16

static double binomial(uint32_t n, uint32_t k, double p)
{
    double coefficient = 1;
    for (uint32_t i = 0; i < k; i++) {
        coefficient *= (double)(n - i) / (i + 1);
    }
    return coefficient * pow(p, k) * pow(1 - p, n - k);
}

/* At least k of n. */
static double at_least(uint32_t n, uint32_t k, double p)
{
    double sum = 0;
    for (uint32_t i = k; i <= n; i++) {
        sum += binomial(n, i, p);
    }
    return sum;
}

/* executed[c]: that c replicas execute; returns that the client accepts. */
static double model(uint32_t n, double s, double s_client, double executed[MOST + 1])
{
    uint32_t q = quorum_size(n);
    double accepted = 0;
    memset(executed, 0, (MOST + 1) * sizeof *executed);
    executed[0] = 1 - s_client;
    for (uint32_t r = 0; r < n; r++) {
        double heard = s_client * binomial(n - 1, r, s);
        double primary = at_least(r, q - 1, s), backup = r == 0 ? 0 : at_least(r - 1, q - 2, s);
        for (uint32_t m = 0; m <= r + 1; m++) { /* the primary and m - 1 backups, or m backups */
            double prepared = (m > 0 ? primary * binomial(r, m - 1, backup) : 0) +
                              (m <= r ? (1 - primary) * binomial(r, m, backup) : 0);
            double committed = m == 0 ? 0 : at_least(m - 1, q - 1, s);
            for (uint32_t c = 0; c <= m; c++) {
                double probability = heard * prepared * binomial(m, c, committed);
                executed[c] += probability;
                accepted += probability * at_least(c, quorum_weak(n), s_client);
            }
        }
    }
    return accepted;
}

static void expect_share(const char *what, uint32_t n, double drop, uint32_t count, uint32_t runs, double probability)
{
    double error = sqrt(probability * (1 - probability) * runs);
    cr_assert(fabs(count - runs * probability) <= 4 * error + 1e-6,
              "%s, n = %u, drop %.2f: %u of %u, expected %.1f +- %.1f", what, n, drop, count, runs, runs * probability,
              error);
}

/* Timers that never run out: no view changes, and the client sends once. */
static struct scenario once(uint32_t nodes, double drop, double client_drop)
{
    struct scenario scenario = scenario_of(nodes);
    scenario.drop = drop;
    scenario.client_drop = client_drop;
    scenario.retransmit_ns = 0;
    scenario.view_timeout_ns = scenario.client_timeout_ns = 3600 * SECOND;
    scenario.deadline_ns = SECOND;
    scenario.pipeline = 1;            /* a small cluster is built quickly */
    scenario.checkpoint_interval = 2; /* none after one decision: it would bring the state to those that miss it */
    scenario.window = 4;
    return scenario;
}

static void expect_the_model(uint32_t nodes, double drop, double client_drop, uint32_t runs)
{
    double expected[MOST + 1];
    double accepted = model(nodes, 1 - drop, 1 - client_drop, expected);
    uint32_t executing[MOST + 1] = {0}, accepting = 0, live = 0;
    struct scenario scenario = once(nodes, drop, client_drop);
    for (uint32_t index = 0; index < runs; index++) {
        struct run_result *result = scenario_play(&scenario, index);
        uint32_t executed = 0;
        for (node_id id = 0; id < nodes; id++) {
            executed += result->replicas[id].executed == 1;
        }
        cr_assert(result->safe && result->view_changes == 0 && result->messages.retransmitted == 0);
        cr_assert(result->live == (executed == nodes && result->accepted == 1));
        executing[executed]++;
        accepting += result->accepted == 1;
        live += result->live;
        scenario_release(result);
    }
    for (uint32_t count = 0; count <= nodes; count++) {
        char what[32];
        snprintf(what, sizeof what, "%u execute", count);
        expect_share(what, nodes, drop, executing[count], runs, expected[count]);
    }
    expect_share("the client accepts", nodes, drop, accepting, runs, accepted);
    /* where all execute all have replied */
    double all = expected[nodes] * at_least(nodes, quorum_weak(nodes), 1 - client_drop);
    expect_share("live", nodes, drop, live, runs, all);
}

Test(loss, without_retransmission_follows_the_binomial_model)
{
    const double drops[] = {0.05, 0.2, 0.5};
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++) {
        expect_the_model(4, drops[i], 0, 1200);
        expect_the_model(4, drops[i], drops[i], 500);
    }
}

Test(loss, follows_the_model_in_other_sizes_too)
{
    const uint32_t sizes[] = {3, 6, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_the_model(sizes[i], 0.1, 0.1, 250);
        expect_the_model(sizes[i], 0.25, 0, 250);
    }
}

/* The model's own check: "live" in closed form. All n-1 pre-prepares arrive, the primary gets q-1 of n-1 PREPAREs and
 * each backup q-2 of n-2, and every replica q-1 of n-1 COMMITs. */
Test(loss, lets_all_execute_with_the_probability_of_a_product_of_binomials)
{
    for (uint32_t n = 2; n <= MOST; n++) {
        for (double s = 0.5; s < 1; s += 0.1) {
            uint32_t q = quorum_size(n);
            double expected[MOST + 1];
            (void)model(n, s, 1, expected);
            double all = pow(s, n - 1) * at_least(n - 1, q - 1, s) * pow(at_least(n - 2, q - 2, s), n - 1) *
                         pow(at_least(n - 1, q - 1, s), n);
            cr_assert(fabs(all - expected[n]) < 1e-12, "n = %u, s = %.1f", n, s);
        }
    }
}

/* Coalitions beyond the bound: from b = 2q-n on they really break agreement, below it they never do. */
#include <criterion/criterion.h>

#include "tests/support/faults/cluster.h"

/* The sequence number at which the first `b` replicas, the primary among them, break agreement, or 0. */
static sequence_number break_agreement(const char *primary, const char *backup, uint32_t n, uint32_t b, uint64_t seed)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = n, .clients = 2, .requests = 3, .seed = seed};
    for (node_id i = 0; i < b; i++) {
        options.behavior[i] = i == 0 ? primary : backup;
    }
    cluster_create(&cluster, &options);
    cluster.pump.max_delay_ns = seed % 2 == 0 ? 0 : 30 * MS;
    (void)pump_run(&cluster.pump, 3000 * MS, 300000);
    sequence_number broken = cluster_disagreement(&cluster);
    cluster_destroy(&cluster);
    return broken;
}

Test(collude, two_of_four_make_two_correct_replicas_execute_different_contents_at_sequence_1)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = 4, .behavior = {"collude", "collude"}, .requests = 1, .seed = 5};
    cluster_create(&cluster, &options);
    cr_assert(pump_run(&cluster.pump, 100 * MS, 10000));
    const struct journal_entry *one = cluster_executed(&cluster, 2, 1), *other = cluster_executed(&cluster, 3, 1);
    cr_assert_not_null(one);
    cr_assert_not_null(other);
    cr_assert(!digest_equal(one->digest, other->digest));
    cr_assert_neq(one->history, other->history);
    cr_assert_eq(one->count, 1u);
    cr_assert_eq(other->count, 1u);
    cr_assert_eq(cluster_accepted(&cluster), 1u, "and the client suspects nothing");
    cluster_destroy(&cluster);
}

Test(collude, breaks_agreement_exactly_where_the_table_says, .timeout = 50)
{
    for (uint32_t n = 3; n <= 10; n++) {
        uint32_t q = quorum_size(n);
        for (uint32_t b = 1; b <= n - 2; b++) {
            for (uint64_t seed = 0; seed < 4; seed++) {
                sequence_number broken = break_agreement("collude", "collude", n, b, seed);
                sequence_number expected = b >= 2 * q - n ? 1 : 0;
                cr_assert_eq(broken, expected, "n=%u q=%u b=%u seed=%lu: broken at %lu", n, q, b, (unsigned long)seed,
                             (unsigned long)broken);
            }
        }
    }
}

Test(equivocate, with_split_votes_breaks_agreement_exactly_where_the_table_says, .timeout = 50)
{
    for (uint32_t n = 3; n <= 10; n++) {
        uint32_t q = quorum_size(n);
        for (uint32_t b = 1; b <= n - 2; b++) {
            for (uint64_t seed = 0; seed < 4; seed++) {
                sequence_number broken = break_agreement("equivocate", "split-vote", n, b, seed);
                cr_assert_eq(broken, b >= 2 * q - n ? 1u : 0u, "n=%u q=%u b=%u", n, q, b);
            }
        }
    }
}

Test(twin, breaks_agreement_for_many_seeds_from_2q_minus_n_on_and_for_none_below, .timeout = 50)
{
    for (uint32_t n = 3; n <= 8; n++) {
        uint32_t q = quorum_size(n);
        for (uint32_t b = 1; b <= n - 2; b++) {
            unsigned broken = 0;
            for (uint64_t seed = 0; seed < 60; seed++) {
                broken += break_agreement("twin", "twin", n, b, seed) != 0;
            }
            cr_assert_eq(broken > 5, b >= 2 * q - n, "n=%u b=%u: %u", n, b, broken);
            cr_assert(broken == 0 || b >= 2 * q - n, "n=%u b=%u: %u", n, b, broken);
        }
    }
}

/* The last `b` replicas collude under a correct primary. */
static sequence_number break_from_below(uint32_t n, uint32_t b, uint64_t seed)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = n, .clients = 2, .requests = 5, .seed = seed};
    options.retransmit_ns = 60 * MS;
    for (node_id i = n - b; i < n; i++) {
        options.behavior[i] = "collude";
    }
    cluster_create(&cluster, &options);
    cluster.pump.max_delay_ns = seed % 2 == 0 ? 0 : 30 * MS;
    (void)pump_run(&cluster.pump, 4000 * MS, 300000);
    sequence_number broken = cluster_disagreement(&cluster);
    cluster_destroy(&cluster);
    return broken;
}

Test(collude, under_a_correct_primary_moves_the_view_and_breaks_agreement_where_the_table_says, .timeout = 50)
{
    for (uint32_t n = 3; n <= 10; n++) {
        uint32_t q = quorum_size(n);
        for (uint32_t b = 1; b <= n - 2; b++) {
            for (uint64_t seed = 0; seed < 3; seed++) {
                sequence_number broken = break_from_below(n, b, seed);
                cr_assert_eq(broken != 0, b >= 2 * q - n, "n=%u q=%u b=%u seed=%lu: broken at %lu", n, q, b,
                             (unsigned long)seed, (unsigned long)broken);
                /* where the others cannot prepare without the coalition, what the view had executed is undone */
                cr_assert(broken <= 1 || n - b >= q, "n=%u b=%u seed=%lu: only at %lu", n, b, (unsigned long)seed,
                          (unsigned long)broken);
            }
        }
    }
}

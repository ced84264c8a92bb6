/* Whole clusters with misbehaving replicas: at b <= f nothing breaks, and what can go on goes on; from b = 2q-n on a
 * coalition really breaks agreement. */
#include <criterion/criterion.h>

#include "tests/support/faults/cluster.h"

#define REQUESTS 30u /* several windows of 8 */

/* The last f replicas, all backups of view 0, behave so: every request is executed by every correct replica, and
 * accepted. Returns how often it fired. */
static uint64_t check_backups(const char *behavior, uint32_t n, uint64_t seed)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = n, .clients = 2, .requests = REQUESTS / 2, .seed = seed};
    uint32_t f = quorum_faults(n);
    options.at_ns = 200 * MS;
    for (node_id i = n - f; i < n; i++) {
        options.behavior[i] = behavior;
    }
    cluster_create(&cluster, &options);
    cluster.pump.max_delay_ns = seed % 2 == 0 ? 0 : 30 * MS;
    cr_assert(pump_run(&cluster.pump, 100000 * MS, 3000000), "%s n=%u: no end", behavior, n);
    cr_assert_eq(cluster_disagreement(&cluster), 0u, "%s n=%u seed=%lu", behavior, n, (unsigned long)seed);
    cr_assert_eq(cluster_accepted(&cluster), REQUESTS, "%s n=%u seed=%lu", behavior, n, (unsigned long)seed);
    uint64_t fired = 0;
    for (node_id i = 0; i < n; i++) {
        if (i < n - f) {
            cr_assert_geq(cluster_last(&cluster, i), REQUESTS, "%s n=%u: %u is behind", behavior, n, i);
        } else {
            fired += cluster_fired(&cluster, i);
        }
    }
    cluster_destroy(&cluster);
    return fired;
}

/* Those that misbehave only as primaries. */
static bool is_for_primaries(const char *name)
{
    static const char *const names[] = {"equivocate", "collude", "twin", "slow-primary"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

Test(cluster, f_backups_of_any_behaviour_keep_nobody_from_executing_everything, .timeout = 50)
{
    static const uint32_t sizes[] = {4, 7, 10};
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        const char *name = behavior_at(i)->name;
        for (size_t size = 0; size < 3; size++) {
            uint64_t fired = 0;
            for (uint64_t seed = 0; seed < 6; seed++) {
                fired += check_backups(name, sizes[size], seed);
            }
            cr_assert(fired > 0 || is_for_primaries(name), "%s never fired at n=%u", name, sizes[size]);
        }
    }
}

/* The first f replicas, the primary among them, behave so: it may cost progress, never agreement. */
static uint64_t check_primary(const char *behavior, uint32_t n, uint32_t b, uint64_t seed)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = n, .clients = 2, .requests = 10, .seed = seed, .at_ns = 100 * MS};
    for (node_id i = 0; i < b; i++) {
        options.behavior[i] = behavior;
    }
    cluster_create(&cluster, &options);
    cluster.pump.max_delay_ns = seed % 2 == 0 ? 0 : 30 * MS;
    cluster.pump.forgetful = true;
    (void)pump_run(&cluster.pump, 5000 * MS, 200000);
    cr_assert_eq(cluster_disagreement(&cluster), 0u, "%s n=%u b=%u seed=%lu", behavior, n, b, (unsigned long)seed);
    uint64_t fired = cluster_fired(&cluster, 0);
    cluster_destroy(&cluster);
    return fired;
}

Test(cluster, f_replicas_with_the_primary_among_them_break_no_agreement, .timeout = 50)
{
    static const uint32_t sizes[] = {4, 7, 10};
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        const char *name = behavior_at(i)->name;
        for (size_t size = 0; size < 3; size++) {
            uint64_t fired = 0;
            for (uint64_t seed = 0; seed < 6; seed++) {
                fired += check_primary(name, sizes[size], quorum_faults(sizes[size]), seed);
            }
            cr_assert_gt(fired, 0u, "%s never fired at n=%u", name, sizes[size]);
        }
    }
}

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
    for (uint32_t n = 3; n <= 13; n++) {
        uint32_t q = quorum_size(n);
        for (uint32_t b = 1; b <= n - 2; b++) {
            for (uint64_t seed = 0; seed < 6; seed++) {
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

Test(article, primary_is_rejected_for_a_reason_that_is_counted)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = 4, .behavior = {"article"}, .requests = 1, .seed = 3};
    cluster_create(&cluster, &options);
    (void)pump_run(&cluster.pump, 100 * MS, 10000);
    cr_assert_eq(cluster_rejected(&cluster, REJECT_WRONG_DIGEST), 3u);
    for (node_id i = 1; i < 4; i++) {
        cr_assert_eq(cluster_last(&cluster, i), 0u);
    }
    cluster_destroy(&cluster);
}

Test(forge_sender, every_forgery_is_rejected_as_one_at_any_b)
{
    for (uint32_t b = 1; b < 4; b++) {
        struct cluster cluster;
        struct cluster_options options = {.replicas = 4, .requests = 5, .seed = b};
        for (node_id i = 4 - b; i < 4; i++) {
            options.behavior[i] = "forge-sender";
        }
        cluster_create(&cluster, &options);
        cr_assert(pump_run(&cluster.pump, 10000 * MS, 100000));
        uint64_t forgeries = 0;
        for (size_t i = 0; i < cluster.pump.sent_count; i++) {
            const struct pump_sent *sent = &cluster.pump.sent[i];
            bool forged = sent->from < 4 && sent->message.sender != sent->from;
            forgeries += forged && sent->message.to == TO_ALL_REPLICAS ? 4 - b : 0; /* correct receivers */
        }
        cr_assert_gt(forgeries, 0u);
        cr_assert_eq(cluster_rejected(&cluster, REJECT_FORGED_SENDER), forgeries);
        cr_assert_eq(cluster_accepted(&cluster), 5u, "forgers are correct besides");
        cluster_destroy(&cluster);
    }
}

Test(flood, of_a_million_messages_leaves_the_log_within_its_window, .timeout = 50)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = 4, .behavior = {NULL, NULL, NULL, "flood"}, .requests = 1700};
    cluster_create(&cluster, &options);
    cluster.pump.forgetful = true;
    cr_assert(pump_run(&cluster.pump, 1000000 * MS, 10000000));
    cr_assert_gt(3 * cluster_fired(&cluster, 3), 1000000u);
    cr_assert_eq(cluster_accepted(&cluster), 1700u);
    for (node_id i = 0; i < 3; i++) {
        struct replica_status status;
        replica_status(cluster.replicas[i], &status);
        cr_assert_leq(status.in_log, cluster.protocol.window);
    }
    uint64_t rejected = 0, kept = 0;
    for (enum reject reason = REJECT_NONE + 1; reason < REJECT_REASONS; reason++) {
        rejected += cluster_rejected(&cluster, reason);
    }
    for (node_id i = 0; i < 3; i++) {
        struct replica_status status;
        replica_status(cluster.replicas[i], &status);
        cr_assert_leq(status.buffered_peak, 4096u, "a bounded share");
        kept += status.buffered_peak + 2; /* and its last checkpoints above H */
    }
    /* a sixteenth are CHECKPOINTs at a multiple of K, of which each sender's last two are kept */
    uint64_t total = 3 * cluster_fired(&cluster, 3);
    cr_assert_geq(rejected + kept, total / 16 * 15, "%lu of %lu have a reason", (unsigned long)rejected,
                  (unsigned long)total);
    cluster_destroy(&cluster);
}

Test(lying_reply, fewer_than_f_plus_1_deceive_no_client_and_more_can)
{
    for (uint32_t b = 1; b <= 2; b++) {
        struct cluster lying, correct;
        struct cluster_options options = {.replicas = 4, .requests = 1};
        cluster_create(&correct, &options);
        options.behavior[0] = "lying-reply";
        options.behavior[1] = b == 2 ? "lying-reply" : NULL;
        cluster_create(&lying, &options);
        cr_assert(pump_run(&lying.pump, 100 * MS, 10000));
        cr_assert(pump_run(&correct.pump, 100 * MS, 10000));
        uint64_t results[2] = {0, 0};
        for (size_t i = 0; i < lying.pump.entry_count; i++) {
            results[0] = lying.pump.entries[i].kind == JOURNAL_ACCEPTED ? lying.pump.entries[i].result : results[0];
        }
        for (size_t i = 0; i < correct.pump.entry_count; i++) {
            results[1] = correct.pump.entries[i].kind == JOURNAL_ACCEPTED ? correct.pump.entries[i].result : results[1];
        }
        cr_assert_eq(cluster_accepted(&lying), 1u);
        cr_assert_eq(results[0] == results[1], b == 1, "b=%u", b);
        cluster_destroy(&lying);
        cluster_destroy(&correct);
    }
}

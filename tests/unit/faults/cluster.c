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

/* Those that misbehave only as primaries, or in answers that nobody asks for here. */
static bool is_for_primaries(const char *name)
{
    static const char *const names[] = {"equivocate", "collude", "twin",       "slow-primary",
                                        "vanish",     "starve",  "null-flood", "hollow"};
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
            for (uint64_t seed = 0; seed < 4; seed++) {
                fired += check_backups(name, sizes[size], seed);
            }
            cr_assert(fired > 0 || is_for_primaries(name), "%s never fired at n=%u", name, sizes[size]);
        }
    }
}

/* The first f replicas, the primary among them, behave so: that costs a view change, and neither agreement nor
 * progress. Returns how often it fired. */
static uint64_t check_primary(const char *behavior, uint32_t n, uint64_t seed)
{
    struct cluster cluster;
    uint32_t f = quorum_faults(n);
    struct cluster_options options = {
        .replicas = n, .clients = 2, .requests = 10, .seed = seed, .at_ns = 100 * MS, .retransmit_ns = 60 * MS};
    for (node_id i = 0; i < f; i++) {
        options.behavior[i] = behavior;
    }
    cluster_create(&cluster, &options);
    cluster.pump.max_delay_ns = seed % 2 == 0 ? 0 : 30 * MS;
    cluster.pump.forgetful = true;
    bool done = false;
    for (uint64_t seconds = 1; seconds < 200 && !done; seconds++) {
        cr_assert(pump_run(&cluster.pump, seconds * 1000 * MS, 2000000), "%s n=%u: no end", behavior, n);
        done = cluster_accepted(&cluster) == 20;
        for (node_id i = f; i < n; i++) {
            done = done && cluster_last(&cluster, i) >= 20;
        }
    }
    cr_assert_eq(cluster_disagreement(&cluster), 0u, "%s n=%u seed=%lu", behavior, n, (unsigned long)seed);
    cr_assert(done, "%s n=%u seed=%lu: %lu accepted", behavior, n, (unsigned long)seed,
              (unsigned long)cluster_accepted(&cluster));
    uint64_t fired = 0;
    for (node_id i = 0; i < f; i++) {
        fired += cluster_fired(&cluster, i);
    }
    cluster_destroy(&cluster);
    return fired;
}

Test(cluster, f_replicas_with_the_primary_among_them_stop_nobody, .timeout = 50)
{
    static const uint32_t sizes[] = {4, 7, 10};
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        const char *name = behavior_at(i)->name;
        for (size_t size = 0; size < 3; size++) {
            uint64_t fired = 0;
            for (uint64_t seed = 0; seed < 4; seed++) {
                fired += check_primary(name, sizes[size], seed);
            }
            cr_assert_gt(fired, 0u, "%s never fired at n=%u", name, sizes[size]);
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

/* flood, at the scale that it is meant for. */
#include <criterion/criterion.h>

#include "tests/support/faults/cluster.h"

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

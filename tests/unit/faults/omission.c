/* silent, crash and its relatives, selective: what they leave out, and that they leave out nothing else. */
#include <criterion/criterion.h>

#include "faults/sides.h"
#include "tests/support/faults/script.h"

Test(silent, sends_nothing_whatever_it_hears)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "silent");
    script_client_asks(&cluster, 1, 1);
    script_backup_decides(&cluster, 1, 1);
    pump_tick(&cluster.pump, 1);
    cr_assert_eq(cluster.pump.sent_count, 0u);
    cr_assert_eq(cluster_fired(&cluster, 1), 7u, "the request, 1 pre-prepare, 2 PREPAREs, 3 COMMITs");
    cr_assert_eq(node_deadline(cluster.pump.nodes[1]), TIME_NEVER_NS);
    cluster_destroy(&cluster);
}

Test(crash, is_correct_until_its_time_and_says_nothing_afterwards)
{
    struct cluster crashing, correct;
    script_create(&crashing, 4, 1, "crash");
    script_create(&correct, 4, 1, NULL);
    crashing.pump.now_ns = correct.pump.now_ns = 100 * MS - 1;
    script_backup_decides(&crashing, 1, 1);
    script_backup_decides(&correct, 1, 1);
    cr_assert_gt(correct.pump.sent_count, 2u);
    cr_assert(script_same(&crashing, &correct));
    cr_assert_eq(cluster_fired(&crashing, 1), 0u);

    size_t before = crashing.pump.sent_count;
    crashing.pump.now_ns = 100 * MS;
    cr_assert_leq(node_deadline(crashing.pump.nodes[1]), 100 * MS, "it goes down also if it hears nothing");
    script_backup_decides(&crashing, 1, 2);
    cr_assert_eq(crashing.pump.sent_count, before);
    cr_assert_eq(cluster_fired(&crashing, 1), 1u);
    cr_assert_eq(node_deadline(crashing.pump.nodes[1]), TIME_NEVER_NS);
    cluster_destroy(&crashing);
    cluster_destroy(&correct);
}

Test(crash, at_the_very_start_is_silence)
{
    struct cluster cluster;
    struct cluster_options options = {.replicas = 4, .behavior = {NULL, "crash"}, .requests = 3, .at_ns = 0};
    cluster_create(&cluster, &options);
    cr_assert(pump_run(&cluster.pump, 1000 * MS, 100000));
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), 0u);
    cr_assert_eq(cluster_accepted(&cluster), 3u);
    cr_assert_eq(cluster_fired(&cluster, 1), 1u);
    cluster_destroy(&cluster);
}

Test(crash_recover, remembers_what_it_knew_and_misses_what_was_said_meanwhile)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "crash-recover");
    script_primary_proposes(&cluster, 1, 1);
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), 1u);
    cluster.pump.now_ns = 200 * MS;
    pump_tick(&cluster.pump, 1);
    script_primary_proposes(&cluster, 1, 2);
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), 1u, "it is down");
    cr_assert_eq(node_deadline(cluster.pump.nodes[1]), 300 * MS);
    cluster.pump.now_ns = 300 * MS;
    script_vote(&cluster, 1, 2, MESSAGE_PREPARE, 1);
    script_vote(&cluster, 1, 2, MESSAGE_PREPARE, 2);
    script_vote(&cluster, 1, 3, MESSAGE_PREPARE, 2);
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_COMMIT), 1u, "of 1, which it remembers, not of 2");
    cr_assert_eq(pump_find(&cluster.pump, 1, MESSAGE_COMMIT, 0)->sequence, 1u);
    cr_assert_eq(cluster_fired(&cluster, 1), 1u);
    cluster_destroy(&cluster);
}

Test(amnesia, votes_again_on_what_it_has_voted_on)
{
    struct cluster cluster;
    script_create(&cluster, 4, 1, "amnesia");
    script_backup_decides(&cluster, 1, 1);
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), 1u);
    cluster.pump.now_ns = 200 * MS;
    pump_tick(&cluster.pump, 1);
    cluster.pump.now_ns = 300 * MS;
    script_backup_decides(&cluster, 1, 1);
    cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_PREPARE), 2u);
    cr_assert_eq(cluster_fired(&cluster, 1), 2u, "went down, forgot");
    cluster_destroy(&cluster);
}

Test(selective, sends_its_victims_nothing_and_the_others_everything)
{
    struct cluster selective, correct;
    script_create(&selective, 7, 1, "selective");
    script_create(&correct, 7, 1, NULL);
    script_backup_decides(&selective, 1, 1);
    script_backup_decides(&correct, 1, 1);
    bool victim[CLUSTER_MAX];
    victims_draw(&selective.coalition, victim);
    uint64_t expected = 0;
    size_t next = 0;
    for (size_t i = 0; i < correct.pump.sent_count; i++) {
        struct message message = correct.pump.sent[i].message;
        if (message.to != TO_ALL_REPLICAS) {
            cr_assert(script_same_message(&message, &selective.pump.sent[next++].message), "a reply");
            continue;
        }
        for (node_id to = 0; to < 7; to++) {
            message.to = to;
            if (to != 1 && !victim[to]) {
                cr_assert(script_same_message(&message, &selective.pump.sent[next++].message));
            }
            expected += victim[to];
        }
    }
    cr_assert_eq(next, selective.pump.sent_count);
    cr_assert_eq(expected, 4u, "f = 2 victims, a PREPARE and a COMMIT");
    cr_assert_eq(cluster_fired(&selective, 1), expected);
    cluster_destroy(&selective);
    cluster_destroy(&correct);
}

Test(selective, replicas_of_a_run_leave_out_the_same_victims)
{
    struct cluster cluster;
    const node_id ids[] = {1, 2};
    script_create_coalition(&cluster, 7, ids, 2, "selective");
    bool heard[2][7] = {{false}};
    for (unsigned i = 0; i < 2; i++) {
        script_primary_proposes(&cluster, ids[i], 1);
    }
    for (size_t i = 0; i < cluster.pump.sent_count; i++) {
        const struct pump_sent *sent = &cluster.pump.sent[i];
        heard[sent->from - 1][sent->message.to] = true;
    }
    for (node_id to = 3; to < 7; to++) {
        cr_assert_eq(heard[0][to], heard[1][to]);
    }
    cluster_destroy(&cluster);
}

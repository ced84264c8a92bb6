/* article, conflicting-digest, eager: their votes against those of a correct replica that heard the same. */
#include <criterion/criterion.h>

#include "tests/support/faults/script.h"

Test(article, as_primary_gives_each_node_another_digest)
{
    struct cluster cluster;
    script_create(&cluster, 7, 0, "article");
    script_client_asks(&cluster, 0, 1);
    struct digest truth = script_digest(&cluster, 1);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_PRE_PREPARE), 6u);
    for (size_t i = 0; i < 6; i++) {
        const struct message *one = pump_find(&cluster.pump, 0, MESSAGE_PRE_PREPARE, i);
        cr_assert_eq(one->to, i + 1);
        cr_assert(!digest_equal(one->digest, truth));
        cr_assert(digest_equal(payload_digest(one->payload), truth), "the request itself is there");
        for (size_t j = 0; j < i; j++) {
            cr_assert(!digest_equal(one->digest, pump_find(&cluster.pump, 0, MESSAGE_PRE_PREPARE, j)->digest));
        }
    }
    cr_assert_eq(cluster_fired(&cluster, 0), 1u);
    cluster_destroy(&cluster);
}

Test(article, as_backup_prepares_half_the_time_and_half_of_that_falsely_and_never_commits)
{
    struct cluster cluster, again;
    script_create(&cluster, 4, 1, "article");
    script_create(&again, 4, 1, "article");
    unsigned honest = 0, lies = 0;
    for (sequence_number sequence = 1; sequence <= 1000; sequence++) {
        size_t before = pump_count(&cluster.pump, 1, MESSAGE_PREPARE);
        script_backup_decides(&cluster, 1, sequence);
        script_backup_decides(&again, 1, sequence);
        const struct message *prepare = pump_find(&cluster.pump, 1, MESSAGE_PREPARE, before);
        if (prepare != NULL) {
            cr_assert_eq(prepare->sequence, sequence);
            bool honestly = digest_equal(prepare->digest, script_digest(&cluster, sequence));
            honest += honestly;
            lies += !honestly;
        }
        if (sequence % 50 == 0) {
            cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_COMMIT), 0u);
            cr_assert_eq(pump_count(&cluster.pump, 1, MESSAGE_REPLY), 50u, "in everything else it is correct");
            cr_assert(script_same(&cluster, &again), "what it draws does not depend on the run");
            pump_forget(&cluster.pump);
            pump_forget(&again.pump);
        }
    }
    /* four standard errors: 4 * sqrt(1000 * 1/4 * 3/4) = 55 */
    cr_assert(honest > 195 && honest < 305, "honest %u", honest);
    cr_assert(lies > 195 && lies < 305, "false %u", lies);
    cr_assert_eq(cluster_fired(&cluster, 1), 1000u + (1000u - honest), "every COMMIT, every PREPARE but the honest");
    cluster_destroy(&cluster);
    cluster_destroy(&again);
}

Test(conflicting_digest, is_wrong_in_every_prepare_and_commit_and_in_nothing_else)
{
    struct cluster lying, correct;
    script_create(&lying, 4, 1, "conflicting-digest");
    script_create(&correct, 4, 1, NULL);
    for (sequence_number sequence = 1; sequence <= 5; sequence++) {
        script_backup_decides(&lying, 1, sequence);
        script_backup_decides(&correct, 1, sequence);
    }
    cr_assert_eq(lying.pump.sent_count, correct.pump.sent_count);
    uint64_t wrong = 0;
    for (size_t i = 0; i < correct.pump.sent_count; i++) {
        const struct message *truth = &correct.pump.sent[i].message;
        struct message message = lying.pump.sent[i].message;
        if (message.type == MESSAGE_PREPARE || message.type == MESSAGE_COMMIT) {
            cr_assert(!digest_equal(message.digest, truth->digest));
            cr_assert_neq(message.tag, truth->tag, "signed as it is");
            message.digest = truth->digest;
            message.tag = truth->tag;
            wrong++;
        }
        cr_assert(script_same_message(&message, truth));
    }
    cr_assert_eq(wrong, 10u);
    cr_assert_eq(cluster_fired(&lying, 1), wrong);
    cluster_destroy(&lying);
    cluster_destroy(&correct);
}

Test(eager, commits_and_replies_on_the_pre_prepare_alone)
{
    struct cluster eager, correct;
    script_create(&eager, 4, 1, "eager");
    script_create(&correct, 4, 1, NULL);
    script_primary_proposes(&eager, 1, 1);
    script_primary_proposes(&correct, 1, 1);
    cr_assert_eq(pump_count(&correct.pump, 1, MESSAGE_COMMIT), 0u);
    cr_assert_eq(pump_count(&eager.pump, 1, MESSAGE_PREPARE), 1u);
    cr_assert_eq(pump_count(&eager.pump, 1, MESSAGE_COMMIT), 1u);
    cr_assert_eq(pump_count(&eager.pump, 1, MESSAGE_REPLY), 1u);
    cr_assert_eq(cluster_fired(&eager, 1), 1u);
    script_backup_decides(&correct, 1, 1);
    const struct message *claimed = pump_find(&eager.pump, 1, MESSAGE_REPLY, 0);
    const struct message *truth = pump_find(&correct.pump, 1, MESSAGE_REPLY, 0);
    cr_assert(script_same_message(claimed, truth), "what it claims is what will come out");
    cr_assert_eq(eager.pump.entry_count, 0u, "its word counts for nothing");
    cluster_destroy(&eager);
    cluster_destroy(&correct);
}

Test(eager, as_primary_commits_with_its_proposal)
{
    struct cluster cluster;
    script_create(&cluster, 4, 0, "eager");
    script_client_asks(&cluster, 0, 1);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_PRE_PREPARE), 1u);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_COMMIT), 1u);
    cr_assert_eq(pump_count(&cluster.pump, 0, MESSAGE_REPLY), 1u);
    cluster_destroy(&cluster);
}

/* slow-primary, forge-sender, replay, flood, lying-checkpoint, lying-reply: what comes late, too often, or false. */
#include <criterion/criterion.h>

#include "tests/support/faults/script.h"

Test(slow_primary, holds_each_pre_prepare_until_just_under_the_view_timeout)
{
    struct cluster slow;
    script_create(&slow, 4, 0, "slow-primary");
    for (uint64_t timestamp = 1; timestamp <= 3; timestamp++) {
        slow.pump.now_ns = timestamp * MS;
        script_client_asks(&slow, 0, timestamp);
    }
    cr_assert_eq(pump_count(&slow.pump, 0, MESSAGE_PRE_PREPARE), 0u);
    cr_assert_eq(cluster_fired(&slow, 0), 3u);
    for (uint64_t timestamp = 1; timestamp <= 3; timestamp++) {
        uint64_t due_ns = timestamp * MS + 180 * MS;
        cr_assert_eq(node_deadline(slow.pump.nodes[0]), due_ns);
        slow.pump.now_ns = due_ns - 1;
        pump_tick(&slow.pump, 0);
        cr_assert_eq(pump_count(&slow.pump, 0, MESSAGE_PRE_PREPARE), timestamp - 1);
        slow.pump.now_ns = due_ns;
        pump_tick(&slow.pump, 0);
        cr_assert_eq(pump_count(&slow.pump, 0, MESSAGE_PRE_PREPARE), timestamp);
        const struct message *message = pump_find(&slow.pump, 0, MESSAGE_PRE_PREPARE, timestamp - 1);
        cr_assert_eq(message->sequence, timestamp);
        cr_assert(digest_equal(payload_digest(message->payload), script_digest(&slow, timestamp)));
    }
    cr_assert_eq(node_deadline(slow.pump.nodes[0]), TIME_NEVER_NS);
    cluster_destroy(&slow);
}

Test(slow_primary, gives_back_what_it_still_holds_and_what_it_has_no_room_for)
{
    struct cluster slow;
    script_create(&slow, 4, 0, "slow-primary");
    slow.pump.now_ns = MS;
    for (uint64_t timestamp = 1; timestamp <= 900; timestamp++) {
        script_client_asks(&slow, 0, timestamp);
    }
    cr_assert_eq(pump_count(&slow.pump, 0, MESSAGE_PRE_PREPARE), 0u);
    cluster_destroy(&slow); /* fails if a payload is left */
}

/* What `id` sends beside what a correct replica would; `check` judges each extra message. */
static uint64_t count_extra(const struct cluster *bad, const struct cluster *correct,
                            void (*check)(const struct cluster *, const struct message *))
{
    size_t next = 0;
    uint64_t extra = 0;
    for (size_t i = 0; i < bad->pump.sent_count; i++) {
        const struct message *message = &bad->pump.sent[i].message;
        bool expected = next < correct->pump.sent_count &&
                        script_same_message(message, &correct->pump.sent[next].message);
        if (expected) {
            next++;
        } else {
            check(bad, message);
            extra++;
        }
    }
    cr_assert_eq(next, correct->pump.sent_count, "all that a correct replica says is there");
    return extra;
}

static void is_forged(const struct cluster *cluster, const struct message *message)
{
    (void)cluster;
    cr_assert_neq(message->sender, 1u);
    cr_assert_lt(message->sender, 4u);
}

Test(forge_sender, adds_a_message_under_another_name_to_each_of_its_own)
{
    struct cluster forging, correct;
    script_create(&forging, 4, 1, "forge-sender");
    script_create(&correct, 4, 1, NULL);
    for (sequence_number sequence = 1; sequence <= 10; sequence++) {
        script_backup_decides(&forging, 1, sequence);
        script_backup_decides(&correct, 1, sequence);
    }
    uint64_t extra = count_extra(&forging, &correct, is_forged);
    cr_assert_eq(extra, 40u, "ten decisions: PRE-PREPARE, PREPARE, COMMIT, REPLY");
    cr_assert_eq(cluster_fired(&forging, 1), extra);
    cr_assert_eq(pump_find(&forging.pump, 1, MESSAGE_PRE_PREPARE, 0)->sender, 0u, "the primary's name");
    cluster_destroy(&forging);
    cluster_destroy(&correct);
}

static void is_old(const struct cluster *cluster, const struct message *message)
{
    cr_assert_eq(message->to, TO_ALL_REPLICAS);
    cr_assert_leq(message->sequence, 600u);
    if (message->payload != NULL) {
        struct digest digest = digest_of(message->payload->bytes, message->payload->size);
        cr_assert(digest_equal(digest, message->digest), "still there");
    }
    (void)cluster;
}

Test(replay, sends_an_old_message_beside_each_of_its_own)
{
    struct cluster replaying, correct;
    script_create(&replaying, 4, 1, "replay");
    script_create(&correct, 4, 1, NULL);
    for (sequence_number sequence = 1; sequence <= 600; sequence++) {
        script_backup_decides(&replaying, 1, sequence);
        script_backup_decides(&correct, 1, sequence);
    }
    uint64_t extra = count_extra(&replaying, &correct, is_old);
    cr_assert_eq(extra, 1201u, "PREPARE and COMMIT, 600 times, and one CHECKPOINT");
    cr_assert_eq(cluster_fired(&replaying, 1), extra);
    unsigned others = 0;
    for (size_t i = 0; i < replaying.pump.sent_count; i++) {
        others += replaying.pump.sent[i].message.sender != 1;
    }
    cr_assert_gt(others, 100u, "also what others said");
    cluster_destroy(&replaying);
    cluster_destroy(&correct);
}

static void is_far_outside(const struct cluster *cluster, const struct message *message)
{
    (void)cluster;
    cr_assert_geq(message->sequence, UINT64_C(1) << 32);
    cr_assert_eq(message->sender, 1u);
    cr_assert_null(message->payload);
}

Test(flood, answers_each_message_of_a_correct_node_with_a_burst_far_outside_the_window)
{
    struct cluster flooding, correct;
    script_create(&flooding, 4, 1, "flood");
    script_create(&correct, 4, 1, NULL);
    script_backup_decides(&flooding, 1, 1);
    script_backup_decides(&correct, 1, 1);
    uint64_t extra = count_extra(&flooding, &correct, is_far_outside);
    cr_assert_eq(extra, 32u * 6u);
    cr_assert_eq(cluster_fired(&flooding, 1), extra);
    cluster_destroy(&flooding);
    cluster_destroy(&correct);
}

Test(flood, does_not_feed_on_other_flooders)
{
    struct cluster cluster;
    const node_id ids[] = {1, 2};
    script_create_coalition(&cluster, 7, ids, 2, "flood");
    script_vote(&cluster, 1, 2, MESSAGE_PREPARE, 1);
    cr_assert_eq(cluster.pump.sent_count, 0u);
    script_vote(&cluster, 1, 3, MESSAGE_PREPARE, 1);
    cr_assert_eq(cluster.pump.sent_count, 32u);
    cluster_destroy(&cluster);
}

/* Both backups' messages of this type, against a correct one's. */
static void check_lie(const char *behavior, enum message_type type, sequence_number decisions, size_t expected)
{
    struct cluster lying, correct;
    const node_id ids[] = {1, 2};
    script_create_coalition(&lying, 7, ids, 2, behavior);
    script_create(&correct, 7, 1, NULL);
    for (sequence_number sequence = 1; sequence <= decisions; sequence++) {
        script_backup_decides(&lying, 1, sequence);
        script_backup_decides(&lying, 2, sequence);
        script_backup_decides(&correct, 1, sequence);
    }
    cr_assert_eq(pump_count(&correct.pump, 1, type), expected);
    cr_assert_eq(pump_count(&lying.pump, 1, type), expected);
    for (size_t i = 0; i < expected; i++) {
        const struct message *truth = pump_find(&correct.pump, 1, type, i);
        const struct message *one = pump_find(&lying.pump, 1, type, i);
        const struct message *two = pump_find(&lying.pump, 2, type, i);
        cr_assert(!digest_equal(one->digest, truth->digest));
        cr_assert(digest_equal(one->digest, two->digest), "liars agree");
        cr_assert_eq(one->sequence, truth->sequence);
    }
    cr_assert_eq(cluster_fired(&lying, 1), expected);
    for (enum message_type other = MESSAGE_PRE_PREPARE; other < MESSAGE_TYPES; other++) {
        for (size_t i = 0; other != type && i < pump_count(&correct.pump, 1, other); i++) {
            const struct message *truth = pump_find(&correct.pump, 1, other, i);
            cr_assert(script_same_message(pump_find(&lying.pump, 1, other, i), truth), "nothing else is false");
        }
    }
    cluster_destroy(&lying);
    cluster_destroy(&correct);
}

Test(lying_checkpoint, is_wrong_in_each_checkpoint_and_in_nothing_else)
{
    check_lie("lying-checkpoint", MESSAGE_CHECKPOINT, 512, 1);
}

Test(lying_reply, is_wrong_in_each_reply_and_in_nothing_else)
{
    check_lie("lying-reply", MESSAGE_REPLY, 20, 20);
}

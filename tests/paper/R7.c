/* R7: the sender is the origin that the network stamped at ingress, never a field that the sender can write. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

static struct message claimed(enum message_type type, node_id sender, const struct payload *payload)
{
    struct message message = {.type = (uint8_t)type, .sender = sender};
    message.sequence = 1;
    message.digest = payload_digest(payload);
    return message;
}

Test(paper, R7_every_type_of_message_in_anothers_name_is_rejected)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 4, .id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    for (enum message_type type = MESSAGE_PRE_PREPARE; type < MESSAGE_TYPES; type++) {
        for (node_id origin = 0; origin < 8; origin++) {
            struct message message = claimed(type, origin == 0 ? 3 : 0, a);
            message.payload = a;
            cr_assert_eq(stage_deliver(&stage, origin, message), REJECT_FORGED_SENDER, "%s", message_type_name(type));
        }
    }
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R7_one_replica_that_speaks_for_all_others_prepares_nothing)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        for (node_id victim = 0; victim < n; victim++) {
            if (victim != n - 1) {
                cr_assert_eq(stage_deliver(&stage, n - 1, claimed(MESSAGE_PREPARE, victim, a)), REJECT_FORGED_SENDER);
                cr_assert_eq(stage_deliver(&stage, n - 1, claimed(MESSAGE_COMMIT, victim, a)), REJECT_FORGED_SENDER);
            }
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R7_a_forged_vote_uses_up_neither_its_victims_vote_nor_its_origins)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        node_id victim = stage_other_backup(&stage, 0, 0), forger = stage_other_backup(&stage, 0, 1);
        cr_assert_eq(stage_deliver(&stage, forger, claimed(MESSAGE_PREPARE, victim, b)), REJECT_FORGED_SENDER);
        cr_assert_eq(stage_prepare(&stage, victim, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_prepare(&stage, forger, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R7_a_backup_cannot_propose_in_the_primarys_name)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct message message = claimed(MESSAGE_PRE_PREPARE, 0, a);
        message.payload = a;
        cr_assert_eq(stage_deliver(&stage, 2, message), REJECT_FORGED_SENDER);
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R7_a_client_is_no_replica)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 4, .id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    node_id client = stage_client(&stage, 0);
    cr_assert_eq(stage_pre_prepare(&stage, client, 0, 1, a), REJECT_NOT_A_REPLICA);
    cr_assert_eq(stage_prepare(&stage, client, 0, 1, a), REJECT_NOT_A_REPLICA);
    cr_assert_eq(stage_commit(&stage, client, 0, 1, a), REJECT_NOT_A_REPLICA);
    cr_assert_eq(stage_checkpoint(&stage, client, 8, payload_digest(a)), REJECT_NOT_A_REPLICA);
    cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
    cr_assert_eq(stage_prepare(&stage, client, 0, 1, a), REJECT_NOT_A_REPLICA, "where such a vote is waited for too");
    cr_assert_eq(stage_commit(&stage, client, 0, 1, a), REJECT_NOT_A_REPLICA);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R7_nobody_submits_a_request_in_anothers_name)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 4, .id = 0});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct message message = {.type = MESSAGE_REQUEST, .sender = NO_NODE, .payload = a};
    message.client = stage_client(&stage, 0);
    message.timestamp = 1;
    message.digest = payload_digest(a);
    cr_assert_eq(stage_deliver(&stage, stage_client(&stage, 1), message), REJECT_BAD_REQUEST, "another client");
    message.client = stage_client(&stage, 1);
    cr_assert_eq(stage_deliver(&stage, stage_client(&stage, 1), message), REJECT_MALFORMED, "it is client 0's");
    cr_assert_eq(stage_deliver(&stage, 2, message), REJECT_MALFORMED, "also when a replica relays it");
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_close(&stage), 0);
}

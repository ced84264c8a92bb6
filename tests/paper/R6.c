/* R6: of a sender's conflicting votes the first stays; the second never erases it, and is kept as evidence. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

/* One PREPARE short of prepared, without the vote of other backup 0: the turncoat, whom each test lets speak. */
static node_id one_prepare_short(struct stage *stage, struct payload *a)
{
    stage_pre_prepare(stage, 0, 0, 1, a);
    stage_prepares(stage, 0, 1, a, 1, stage_prepares_needed(stage, 0) - 1);
    return stage_other_backup(stage, 0, 0);
}

Test(paper, R6_a_second_prepare_does_not_erase_the_first)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        node_id turncoat = stage_other_backup(&stage, 0, 0);
        cr_assert_eq(stage_prepare(&stage, turncoat, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_prepare(&stage, turncoat, 0, 1, b), REJECT_CONFLICTING_VOTE, "evidence");
        stage_prepares(&stage, 0, 1, a, 1, stage_prepares_needed(&stage, 0) - 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u: the first vote is gone", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R6_a_second_prepare_does_not_count_when_the_first_named_another_digest)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        node_id turncoat = one_prepare_short(&stage, a);
        cr_assert_eq(stage_prepare(&stage, turncoat, 0, 1, b), REJECT_NONE, "kept");
        cr_assert_eq(stage_prepare(&stage, turncoat, 0, 1, a), REJECT_CONFLICTING_VOTE, "evidence");
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u: the second vote counted", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R6_the_first_prepare_stays_also_when_both_come_before_the_pre_prepare)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t first_is_right = 0; first_is_right <= 1; first_is_right++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *b = stage_request_of(&stage, 1, 1, "that");
            node_id turncoat = stage_other_backup(&stage, 0, 0);
            stage_prepare(&stage, turncoat, 0, 1, first_is_right ? a : b);
            cr_assert_eq(stage_prepare(&stage, turncoat, 0, 1, first_is_right ? b : a), REJECT_CONFLICTING_VOTE);
            stage_prepares(&stage, 0, 1, a, 1, stage_prepares_needed(&stage, 0) - 1);
            stage_pre_prepare(&stage, 0, 0, 1, a);
            cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), first_is_right, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* The early vote opened the account of the slot under its own digest, and steps aside for the pre-prepare's. */
Test(paper, R6_an_early_vote_for_another_digest_stays_its_senders_only_one_after_the_pre_prepare)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_prepare(&stage, stage_other_backup(&stage, 0, 0), 0, 1, b);
        node_id turncoat = one_prepare_short(&stage, a);
        cr_assert_eq(stage_prepare(&stage, turncoat, 0, 1, a), REJECT_CONFLICTING_VOTE);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R6_of_conflicting_commits_the_first_stays)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t first_is_right = 0; first_is_right <= 1; first_is_right++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *b = stage_request_of(&stage, 1, 1, "that");
            stage_pre_prepare(&stage, 0, 0, 1, a);
            stage_prepares(&stage, 0, 1, a, 0, n - 2);
            node_id turncoat = stage_other(&stage, 0);
            stage_commit(&stage, turncoat, 0, 1, first_is_right ? a : b);
            cr_assert_eq(stage_commit(&stage, turncoat, 0, 1, first_is_right ? b : a), REJECT_CONFLICTING_VOTE);
            stage_commits(&stage, 0, 1, a, 1, stage.config.quorum - 2);
            cr_assert_eq(stage_status(&stage).executed, first_is_right, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R6_of_conflicting_checkpoints_the_first_stays)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t first_is_right = 0; first_is_right <= 1; first_is_right++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 1});
            stage_decide(&stage, 0, 1, stage_request_of(&stage, 0, 1, "this"));
            struct digest right = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
            struct digest wrong = {{1, 2}};
            node_id turncoat = stage_other(&stage, 0);
            stage_checkpoint(&stage, turncoat, 1, first_is_right ? right : wrong);
            cr_assert_eq(stage_checkpoint(&stage, turncoat, 1, first_is_right ? wrong : right),
                         REJECT_CONFLICTING_VOTE);
            stage_checkpoints(&stage, 1, right, 1, stage.config.quorum - 2);
            cr_assert_eq(stage_status(&stage).stable, first_is_right, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R6_evidence_is_counted)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 4, .id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    stage_prepare(&stage, 2, 0, 1, a);
    stage_prepare(&stage, 2, 0, 1, b);
    stage_commit(&stage, 3, 0, 1, b);
    stage_commit(&stage, 3, 0, 1, a);
    cr_assert_eq(stage_status(&stage).rejected[REJECT_CONFLICTING_VOTE], 2);
    cr_assert_eq(stage_close(&stage), 0);
}

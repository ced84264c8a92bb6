/* R5: the own vote counts once, also if it loops back. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R5_a_backups_own_prepare_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, stage.config.quorum - 3);
        cr_assert_eq(stage_prepare(&stage, 1, 0, 1, a), REJECT_DUPLICATE_VOTE, "looped back");
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u: the own vote counted twice", n);
        stage_prepares(&stage, 0, 1, a, stage.config.quorum - 3, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u: the own vote did not count", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R5_the_primarys_own_pre_prepare_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_request(&stage, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, stage.config.quorum - 2);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_DUPLICATE_PRE_PREPARE, "looped back");
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u: the own vote counted twice", n);
        stage_prepares(&stage, 0, 1, a, stage.config.quorum - 2, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u: the own vote did not count", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R5_the_own_commit_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        stage_commits(&stage, 0, 1, a, 0, stage.config.quorum - 2);
        cr_assert_eq(stage_commit(&stage, 1, 0, 1, a), REJECT_DUPLICATE_VOTE, "looped back");
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u: the own vote counted twice", n);
        stage_commits(&stage, 0, 1, a, stage.config.quorum - 2, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u: the own vote did not count", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R5_the_own_checkpoint_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_decide(&stage, 0, 1, a);
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        stage_checkpoints(&stage, 1, state, 0, stage.config.quorum - 2);
        cr_assert_eq(stage_checkpoint(&stage, 1, 1, state), REJECT_DUPLICATE_VOTE, "looped back");
        cr_assert_eq(stage_status(&stage).stable, 0, "n = %u: the own vote counted twice", n);
        stage_checkpoints(&stage, 1, state, stage.config.quorum - 2, 1);
        cr_assert_eq(stage_status(&stage).stable, 1, "n = %u: the own vote did not count", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

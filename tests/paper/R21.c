/* R21: a checkpoint is stable with q matching digests. CHECKPOINTs above H are kept too (the last few of each sender):
 * a replica that fell behind needs them. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static const struct digest far = {{5, 6}};

Test(paper, R21_q_matching_checkpoints_make_it_stable_and_q_minus_1_do_not)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 1});
        stage_decide(&stage, 0, 1, stage_request_of(&stage, 0, 1, "this"));
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        for (uint32_t k = 0; k < stage.config.quorum - 1; k++) {
            cr_assert_eq(stage_status(&stage).stable, 0, "n = %u: too early", n);
            stage_checkpoints(&stage, 1, state, k, 1);
        }
        cr_assert_eq(stage_status(&stage).stable, 1, "n = %u: too late", n);
        cr_assert_eq(stage_recorded(&stage, JOURNAL_STABLE), 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R21_digests_that_do_not_match_do_not_add_up)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 1});
        stage_decide(&stage, 0, 1, stage_request_of(&stage, 0, 1, "this"));
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        stage_checkpoints(&stage, 1, state, 0, stage.config.quorum - 2);
        stage_checkpoints(&stage, 1, far, stage.config.quorum - 2, n + 1 - stage.config.quorum);
        cr_assert_eq(stage_status(&stage).stable, 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R21_a_quorum_above_H_tells_a_replica_that_fell_behind_where_to_go_on)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
        for (uint32_t k = 0; k < stage.config.quorum; k++) {
            cr_assert_eq(stage_status(&stage).stable, 0, "n = %u: too early", n);
            stage_checkpoints(&stage, 100, far, k, 1);
        }
        cr_assert_eq(stage_status(&stage).stable, 100, "n = %u: too late", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 1, "and it asks for the state");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The senders are at different checkpoints; what they said before is not lost when they say the next. */
Test(paper, R21_the_last_few_of_each_sender_are_kept)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
        stage_checkpoints(&stage, 100, far, 0, stage.config.quorum - 1);
        stage_checkpoints(&stage, 102, (struct digest){{7, 8}}, 0, stage.config.quorum - 1);
        cr_assert_eq(stage_status(&stage).stable, 0);
        stage_checkpoints(&stage, 100, far, stage.config.quorum - 1, 1);
        cr_assert_eq(stage_status(&stage).stable, 100, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R21_above_H_too_a_sender_has_one_vote_and_digests_must_match)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
        stage_checkpoints(&stage, 100, far, 0, stage.config.quorum - 2);
        stage_checkpoints(&stage, 100, (struct digest){{7, 8}}, stage.config.quorum - 2, 1);
        stage_checkpoints(&stage, 100, far, stage.config.quorum - 2, 1); /* it said otherwise */
        for (uint32_t time = 0; time < n; time++) {
            stage_checkpoints(&stage, 100, far, 0, 1); /* it said so already */
        }
        cr_assert_eq(stage_status(&stage).stable, 0, "n = %u", n);
        stage_checkpoints(&stage, 100, far, stage.config.quorum - 1, 1);
        cr_assert_eq(stage_status(&stage).stable, 0, "n = %u: still one short", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R21_only_multiples_of_K_are_checkpoints)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .checkpoint_interval = 4, .window = 8});
    static const sequence_number wrong[] = {0, 1, 3, 5, 9, 1001, UINT64_MAX};
    for (uint32_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        cr_assert_eq(stage_checkpoint(&stage, 1, wrong[index], far), REJECT_OUTSIDE_WINDOW);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

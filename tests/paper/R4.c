/* R4: one vote per sender, per (view, sequence, phase). */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R4_a_prepare_said_many_times_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t needed = stage_prepares_needed(&stage, 0);
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 1, needed - 1);
        for (uint32_t time = 0; time < n && needed > 1; time++) {
            cr_assert_eq(stage_prepare(&stage, stage_other_backup(&stage, 0, 1), 0, 1, a), REJECT_DUPLICATE_VOTE);
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, 0, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R4_a_prepare_said_many_times_before_the_pre_prepare_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t needed = stage_prepares_needed(&stage, 0);
        for (uint32_t time = 0; time < n && needed > 1; time++) {
            stage_prepares(&stage, 0, 1, a, 1, needed - 1);
        }
        stage_pre_prepare(&stage, 0, 0, 1, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, 0, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R4_a_commit_said_many_times_counts_once)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        stage_commits(&stage, 0, 1, a, 1, stage.config.quorum - 2);
        for (uint32_t time = 0; time < n; time++) {
            cr_assert_eq(stage_commit(&stage, stage_other(&stage, 1), 0, 1, a), REJECT_DUPLICATE_VOTE);
        }
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u", n);
        stage_commits(&stage, 0, 1, a, 0, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R4_the_same_sender_has_a_vote_in_each_phase_and_at_each_sequence_number)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        node_id sender = stage_other_backup(&stage, 0, 0);
        for (sequence_number sequence = 1; sequence <= 2; sequence++) {
            struct payload *a = stage_request_of(&stage, 0, sequence, "this");
            stage_pre_prepare(&stage, 0, 0, sequence, a);
            cr_assert_eq(stage_prepare(&stage, sender, 0, sequence, a), REJECT_NONE);
            cr_assert_eq(stage_commit(&stage, sender, 0, sequence, a), REJECT_NONE);
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

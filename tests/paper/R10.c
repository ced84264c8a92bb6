/* R10: a prepared certificate belongs to one view. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

Test(paper, R10_prepares_of_two_views_do_not_add_up)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t needed = stage_prepares_needed(&stage, 0);
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, needed - 1);
        stage_enter_view(&stage, 1);
        stage_forget(&stage);
        stage_pre_prepare(&stage, 1, 1, 1, a);
        for (uint32_t k = 0; k < needed; k++) { /* those first who did not vote in view 0 */
            cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u: votes of view 0 counted", n);
            stage_prepares(&stage, 1, 1, a, n - 3 - k, 1);
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R10_commits_of_two_views_do_not_add_up)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        stage_commits(&stage, 0, 1, a, 0, stage.config.quorum - 2);
        stage_enter_view(&stage, 1);
        stage_pre_prepare(&stage, 1, 1, 1, a);
        stage_prepares(&stage, 1, 1, a, 0, n - 2);
        for (uint32_t k = 0; k < stage.config.quorum - 1; k++) {
            cr_assert_eq(stage_status(&stage).executed, 0, "n = %u: votes of view 0 counted", n);
            stage_commits(&stage, 1, 1, a, n - 2 - k, 1);
        }
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert(stage_journal_is(&stage, LINES("prepared v0 s1 a", "new_view v1", "executed v1 s1 a 1")));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The first vote in view 0 was for a: in view 1 the same sender is free again. */
Test(paper, R10_a_sender_has_a_vote_of_its_own_in_each_view)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        cr_assert_eq(stage_prepare(&stage, 2, 0, 1, a), REJECT_NONE);
        stage_enter_view(&stage, 1);
        stage_pre_prepare(&stage, 1, 1, 1, b);
        cr_assert_eq(stage_prepare(&stage, 2, 1, 1, b), REJECT_NONE);
        cr_assert_eq(stage_prepare(&stage, 2, 1, 1, a), REJECT_CONFLICTING_VOTE);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

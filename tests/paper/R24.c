/* R24: a replica joins the (f+1)-th highest view among the latest valid VIEW-CHANGE of each sender, if that is above its
 * own, before its timer. f spammers cannot move it; f+1 can. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

Test(paper, R24_f_view_changes_move_nobody_and_one_more_does)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        stage_view_changes(&stage, 1, 0, quorum_faults(n));
        cr_assert(stage_sent_is(&stage, NOTHING), "n = %u: too early", n);
        cr_assert_eq(stage_status(&stage).view, 0);
        stage_view_changes(&stage, 1, quorum_faults(n), 1);
        cr_assert(stage_sent_is(&stage, LINES("view_change v1 s0 > all")), "n = %u: too late", n);
        cr_assert(stage_journal_is(&stage, LINES("view_change v1")));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* f+1 ask for views 10, 20, 30..: at least one of them is correct, and it may be the one that asks for 10. */
Test(paper, R24_of_different_views_it_joins_the_f_plus_1_th_highest)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t falling = 0; falling <= 1; falling++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
            uint32_t f = quorum_faults(n);
            for (uint32_t k = 0; k <= f; k++) {
                cr_assert_eq(stage_status(&stage).view, 0);
                stage_view_changes(&stage, 10 * (falling ? f + 1 - k : k + 1), k, 1);
            }
            cr_assert_eq(stage_status(&stage).view, 10, "n = %u", n);
            cr_assert_eq(stage_sent(&stage, MESSAGE_VIEW_CHANGE), 1);
            if (n - 1 > f + 1) {
                stage_view_changes(&stage, 15, f + 1, 1);
                cr_assert_eq(stage_status(&stage).view, 15, "n = %u: now it is the (f+1)-th highest", n);
            }
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R24_f_spammers_cannot_move_it_however_high_they_go)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        for (view_number view = 1; view <= 20; view++) {
            stage_view_changes(&stage, view * 100000000u, 0, quorum_faults(n));
        }
        cr_assert_eq(stage_status(&stage).view, 0, "n = %u", n);
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R24_one_sender_many_times_is_one)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        for (uint32_t time = 0; time < n; time++) {
            stage_view_changes(&stage, 1 + time % 3, 0, 1);
        }
        cr_assert_eq(stage_status(&stage).view, 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R24_only_valid_view_changes_count)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        const struct stage_prepared unproven = {1, 0, a, stage.config.quorum - 1};
        for (uint32_t k = 0; k < n - 1; k++) {
            node_id author = stage_other(&stage, k);
            struct payload *change = stage_change_of(
                &stage, (struct stage_change){.author = author, .view = 1, .prepared = &unproven, .count = 1});
            cr_assert_eq(stage_view_change(&stage, author, change), REJECT_BAD_CERTIFICATE);
        }
        cr_assert_eq(stage_status(&stage).view, 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R24_views_that_are_not_above_its_own_move_nobody)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        stage_enter_view(&stage, 5);
        stage_forget(&stage);
        for (view_number view = 1; view <= 5; view++) {
            stage_view_changes(&stage, view, 0, n - 1);
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_VIEW_CHANGE), 0, "n = %u", n);
        cr_assert_eq(stage_status(&stage).view, 5);
        cr_assert(stage_status(&stage).active);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

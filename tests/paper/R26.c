/* R26: catching up never cancels a VIEW-CHANGE: until a NEW-VIEW at or above the view last asked for arrives, the replica
 * executes what certificates prove but does not vote; it becomes active by that NEW-VIEW only. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static void ask_for(struct stage *stage, view_number view)
{
    stage_view_changes(stage, view, 0, quorum_weak(stage->config.replicas));
    cr_assert_not(stage_status(stage).active);
    stage_forget(stage);
}

Test(paper, R26_in_a_view_change_it_executes_what_is_proven_without_voting)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        ask_for(&stage, 4);
        cr_assert_eq(stage_decision(&stage, 1, stage_decision_of(&stage, 0, 1, a, stage.config.quorum)), REJECT_NONE);
        cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1 fetched")), "n = %u", n);
        cr_assert(stage_sent_is(&stage, LINES("reply v4 t1 r0 > c0")));
        cr_assert_not(stage_status(&stage).active);
        cr_assert_eq(stage_status(&stage).view, 4);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Neither decisions, of whatever view, nor checkpoints bring it back into a view. */
Test(paper, R26_nothing_but_a_new_view_makes_it_active_again)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 4, .window = 8});
        ask_for(&stage, 4);
        for (sequence_number sequence = 1; sequence <= 3; sequence++) {
            struct payload *batch = stage_request_of(&stage, 0, sequence, "step");
            stage_decision(&stage, 1,
                           stage_decision_of(&stage, (view_number)sequence * 3, sequence, batch, stage.config.quorum));
        }
        cr_assert_eq(stage_status(&stage).executed, 3);
        stage_checkpoints(&stage, 8, (struct digest){{5, 6}}, 0, n - 1);
        cr_assert_eq(stage_status(&stage).stable, 8);
        cr_assert_not(stage_status(&stage).active, "n = %u", n);
        cr_assert_eq(stage_status(&stage).view, 4);
        struct payload *c = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 4 % n, 4, 9, c);
        stage_prepares(&stage, 4, 9, c, 0, n - 3);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 0, "n = %u: not yet", n);
        if (primary_of(4, n) != 3) {
            stage_enter_view(&stage, 4);
            cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "n = %u: now it votes", n);
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R13: after sending VIEW-CHANGE(v+1) a replica sends no PREPARE or COMMIT of a view <= v, accepts no PRE-PREPARE,
 * PREPARE or COMMIT of a view <= v, and no NEW-VIEW for a view below the last one that it asked for. Requests,
 * checkpoints, view-changes and fetches go on. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

/* Makes the replica ask for `view`: f+1 others did (R24). */
static void ask_for(struct stage *stage, view_number view)
{
    stage_view_changes(stage, view, 0, quorum_weak(stage->config.replicas));
    cr_assert_eq(stage_status(stage).view, view);
    cr_assert_not(stage_status(stage).active);
    stage_forget(stage);
}

Test(paper, R13_no_vote_of_the_view_that_was_left)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, stage_prepares_needed(&stage, 0) - 1);
        ask_for(&stage, 4);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 2, b), REJECT_OLD_VIEW);
        for (uint32_t k = 0; k < n - 2; k++) {
            cr_assert_eq(stage_prepare(&stage, stage_other_backup(&stage, 0, k), 0, 1, a), REJECT_OLD_VIEW);
            cr_assert_eq(stage_commit(&stage, stage_other_backup(&stage, 0, k), 0, 1, a), REJECT_OLD_VIEW);
        }
        cr_assert(stage_sent_is(&stage, NOTHING), "n = %u", n);
        cr_assert_eq(stage_status(&stage).executed, 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* It asked for 1, then for 4: what leads to 1..3 comes too late. */
Test(paper, R13_no_new_view_below_the_last_one_asked_for)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        ask_for(&stage, 2);
        ask_for(&stage, 5);
        for (view_number view = 1; view <= 5; view++) {
            struct payload *changes[128];
            for (uint32_t k = 0; k < stage.config.quorum; k++) {
                changes[k] = stage_change_of(
                    &stage, (struct stage_change){.author = stage_other(&stage, k < n - 1 ? k : 0), .view = view});
            }
            if (primary_of(view, n) == 0) {
                continue;
            }
            struct payload *new_view = stage_new_view_of(&stage, view, changes, stage.config.quorum);
            cr_assert_eq(stage_new_view(&stage, primary_of(view, n), new_view),
                         view < 5 ? REJECT_OLD_VIEW : REJECT_NONE, "n = %u, view %u", n, view);
        }
        cr_assert_eq(stage_status(&stage).view, 5);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R13_a_new_view_above_the_one_asked_for_is_accepted)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        ask_for(&stage, 2);
        stage_enter_view(&stage, 3);
        cr_assert(stage_status(&stage).active);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R13_requests_go_on)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    stage_decide(&stage, 0, 1, a);
    ask_for(&stage, 5);
    cr_assert_eq(stage_request(&stage, 1, 1, b), REJECT_NONE, "it waits for the next view");
    cr_assert_eq(stage_request(&stage, 1, 1, b), REJECT_OLD_REQUEST);
    stage_request(&stage, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("reply v5 t1 r0 > c0")), "the last reply is sent again");
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R13_checkpoints_go_on)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 1});
        stage_decide(&stage, 0, 1, stage_request_of(&stage, 0, 1, "this"));
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        ask_for(&stage, 4);
        stage_checkpoints(&stage, 1, state, 0, stage.config.quorum - 1);
        cr_assert_eq(stage_status(&stage).stable, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R13_view_changes_go_on)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        ask_for(&stage, 4);
        stage_view_changes(&stage, 6, 0, quorum_weak(n));
        cr_assert(stage_sent_is(&stage, LINES("view_change v6 s0 > all")), "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R13_fetches_go_on)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_decide(&stage, 0, 1, a);
    ask_for(&stage, 5);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    fetch.sequence = 1;
    cr_assert_eq(stage_deliver(&stage, 2, fetch), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("decision v0 s1 a > r2")));
    fetch.digest = payload_digest(a);
    stage_forget(&stage);
    cr_assert_eq(stage_deliver(&stage, 2, fetch), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("batch a > r2")));
    cr_assert_eq(stage_close(&stage), 0);
}

/* A replica that executed s1 in view 0, and is in view 1 now, is asked about s1 again: it proves what was decided instead
 * of repeating its COMMIT of view 0. */
Test(paper, R13_also_who_sends_again_gets_no_vote_of_an_earlier_view)
{
    for (uint32_t reordered = 0; reordered <= 1; reordered++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 3, .retransmit_ns = 100});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_decide(&stage, 0, 1, a);
        const struct stage_prepared prepared = {1, 0, a, 0};
        struct payload *changes[3];
        for (node_id author = 0; author < 3; author++) {
            changes[author] = stage_change_of(
                &stage, (struct stage_change){
                            .author = author, .view = 1, .prepared = &prepared, .count = author == 1 && reordered});
        }
        ask_for(&stage, 1);
        cr_assert_eq(stage_new_view(&stage, 1, stage_new_view_of(&stage, 1, changes, 3)), REJECT_NONE);
        stage_forget(&stage);
        struct message again = {.type = MESSAGE_PREPARE, .sender = NO_NODE, .attempt = 2, .digest = payload_digest(a)};
        again.view = 1;
        again.sequence = 1;
        (void)stage_deliver(&stage, 2, again);
        cr_assert(stage_sent_is(&stage, reordered ? LINES("commit v1 s1 a > all", "decision v0 s1 a > r2 again2")
                                                  : LINES("decision v0 s1 a > r2 again2")));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

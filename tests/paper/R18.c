/* R18: gaps between min-s and max-s become null requests. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

Test(paper, R18_a_primary_fills_gaps_with_null_requests_and_ends_at_max_s)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 2, a);
        stage_prepares(&stage, 0, 2, a, 0, n - 2);
        stage_pre_prepare(&stage, 0, 0, 5, b);
        stage_prepares(&stage, 0, 5, b, 0, n - 2);
        stage_view_changes(&stage, 1, 0, stage.config.quorum - 1);
        const struct payload *new_view = stage_last(&stage, MESSAGE_NEW_VIEW)->payload;
        cr_assert_eq(new_view_head(new_view)->order_count, 5, "n = %u", n);
        const struct order_entry *order = new_view_order(new_view, stage_shape(&stage));
        for (uint32_t index = 0; index < 5; index++) {
            cr_assert_eq(order[index].sequence, index + 1);
            cr_assert_eq(digest_is_null(order[index].digest), index != 1 && index != 4);
        }
        cr_assert(digest_equal(order[1].digest, payload_digest(a)));
        cr_assert(digest_equal(order[4].digest, payload_digest(b)));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R18_null_requests_are_agreed_on_and_executed_like_others_and_do_nothing)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_pre_prepare(&stage, 0, 0, 2, a);
    stage_prepares(&stage, 0, 2, a, 0, 2);
    const struct stage_prepared prepared = {2, 0, a, 0};
    struct payload *changes[3];
    for (node_id author = 0; author < 3; author++) {
        changes[author] = stage_change_of(
            &stage, (struct stage_change){.author = author, .view = 1, .prepared = &prepared, .count = author == 0});
    }
    stage_forget(&stage);
    cr_assert_eq(stage_new_view(&stage, 1, stage_new_view_of(&stage, 1, changes, 3)), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("prepare v1 s1 null > all", "prepare v1 s2 a > all")));
    stage_prepares(&stage, 1, 1, NULL, 0, 2);
    stage_prepares(&stage, 1, 2, a, 0, 2);
    stage_commits(&stage, 1, 2, a, 0, 3);
    cr_assert_eq(stage_status(&stage).executed, 0, "s1 is still open");
    stage_commits(&stage, 1, 1, NULL, 0, 3);
    cr_assert_eq(stage_status(&stage).executed, 2);
    cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 1, "of the request only");
    cr_assert(stage_journal_is(&stage, LINES("prepared v0 s2 a", "new_view v1", "committed v1 s2 a",
                                             "executed v1 s1 null 0", "executed v1 s2 a 1")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R18_without_anything_prepared_there_is_nothing_to_order)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        stage_enter_view(&stage, 1);
        cr_assert_eq(new_view_head(stage_last(&stage, MESSAGE_NEW_VIEW)->payload)->order_count, 0);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_forget(&stage);
        stage_request(&stage, 0, 1, a);
        cr_assert(stage_sent_is(&stage, LINES("pre_prepare v1 s1 ? > all")), "n = %u: new requests begin there", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* New requests come after what O ordered, and what O ordered is not proposed again. */
Test(paper, R18_new_requests_are_proposed_after_max_s)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    stage_request(&stage, 0, 1, a);
    stage_request(&stage, 1, 1, b);
    stage_pre_prepare(&stage, 0, 0, 3, a);
    stage_prepares(&stage, 0, 3, a, 0, 2);
    stage_forget(&stage);
    stage_view_changes(&stage, 1, 0, 2);
    cr_assert(
        stage_sent_is(&stage, LINES("view_change v1 s0 > all", "new_view v1 > all", "pre_prepare v1 s4 b > all")));
    cr_assert_eq(stage_close(&stage), 0);
}

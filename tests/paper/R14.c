/* R14: NEW-VIEW rests on q valid VIEW-CHANGEs. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

#define SOME 128

/* VIEW-CHANGEs for `view` by replicas 0 .. count-1, with nothing prepared. */
static void changes_by(struct stage *stage, view_number view, uint32_t count, struct payload **changes)
{
    for (node_id author = 0; author < count; author++) {
        changes[author] = stage_change_of(stage, (struct stage_change){.author = author, .view = view});
    }
}

Test(paper, R14_a_backup_accepts_a_new_view_on_q_view_changes_and_none_on_fewer)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *changes[SOME];
        changes_by(&stage, 1, stage.config.quorum, changes);
        struct payload *few = stage_new_view_of(&stage, 1, changes, stage.config.quorum - 1);
        cr_assert_eq(stage_new_view(&stage, 1, few), REJECT_BAD_NEW_VIEW, "n = %u", n);
        cr_assert_eq(stage_status(&stage).view, 0);
        struct payload *enough = stage_new_view_of(&stage, 1, changes, stage.config.quorum);
        cr_assert_eq(stage_new_view(&stage, 1, enough), REJECT_NONE, "n = %u", n);
        cr_assert_eq(stage_status(&stage).view, 1);
        cr_assert(stage_status(&stage).active);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R14_a_primary_opens_its_view_by_q_view_changes_its_own_included)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        for (uint32_t k = 0; k < stage.config.quorum - 1; k++) {
            cr_assert_eq(stage_sent(&stage, MESSAGE_NEW_VIEW), 0, "n = %u: too early", n);
            stage_view_changes(&stage, 1, k, 1);
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_NEW_VIEW), 1, "n = %u: too late", n);
        cr_assert_eq(new_view_head(stage_last(&stage, MESSAGE_NEW_VIEW)->payload)->change_count, stage.config.quorum);
        cr_assert(stage_status(&stage).active);
        stage_view_changes(&stage, 1, stage.config.quorum - 1, n - stage.config.quorum);
        cr_assert_eq(stage_sent(&stage, MESSAGE_NEW_VIEW), 1, "n = %u: one NEW-VIEW is enough", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R14_one_author_twice_is_one)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *changes[SOME];
        changes_by(&stage, 1, stage.config.quorum, changes);
        changes[0] = changes[1];
        struct payload *twice = stage_new_view_of(&stage, 1, changes, stage.config.quorum);
        cr_assert_eq(stage_new_view(&stage, 1, twice), REJECT_BAD_NEW_VIEW, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R14_one_view_change_for_another_view_spoils_it)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *changes[SOME];
        changes_by(&stage, 1, stage.config.quorum, changes);
        changes[0] = stage_change_of(&stage, (struct stage_change){.author = 0, .view = 2});
        struct payload *mixed = stage_new_view_of(&stage, 1, changes, stage.config.quorum);
        cr_assert_eq(stage_new_view(&stage, 1, mixed), REJECT_BAD_NEW_VIEW, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R14_one_invalid_view_change_spoils_it)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *changes[SOME];
        changes_by(&stage, 1, stage.config.quorum, changes);
        const struct stage_prepared unproven = {1, 0, a, stage.config.quorum - 1};
        changes[0] = stage_change_of(&stage,
                                     (struct stage_change){.author = 0, .view = 1, .prepared = &unproven, .count = 1});
        struct payload *spoilt = stage_new_view_of(&stage, 1, changes, stage.config.quorum);
        cr_assert_eq(stage_new_view(&stage, 1, spoilt), REJECT_BAD_NEW_VIEW, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R14_only_the_primary_of_that_view_may_send_it)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *changes[SOME];
        changes_by(&stage, 1, stage.config.quorum, changes);
        struct payload *new_view = stage_new_view_of(&stage, 1, changes, stage.config.quorum);
        for (node_id from = 0; from < n; from++) {
            if (from != 1) {
                cr_assert_eq(stage_new_view(&stage, from, new_view), REJECT_NOT_THE_PRIMARY);
            }
        }
        cr_assert_eq(stage_status(&stage).view, 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The primary must not count a VIEW-CHANGE whose sender is not its author. */
Test(paper, R14_a_view_change_is_its_authors_own)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        for (uint32_t k = 1; k < n - 1; k++) {
            struct payload *change = stage_change_of(
                &stage, (struct stage_change){.author = stage_other(&stage, 0), .view = 1});
            cr_assert_eq(stage_view_change(&stage, stage_other(&stage, k), change), REJECT_MALFORMED);
        }
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Cut anywhere, or with anything added: never accepted, never read past the end. */
Test(paper, R14_a_malformed_new_view_or_view_change_is_rejected)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    const struct stage_prepared prepared[] = {{1, 0, a, 0}, {3, 0, a, 0}};
    struct payload *changes[SOME];
    changes_by(&stage, 1, 3, changes);
    changes[2] = stage_change_of(&stage,
                                 (struct stage_change){.author = 2, .view = 1, .prepared = prepared, .count = 2});
    struct payload *new_view = stage_new_view_of(&stage, 1, changes, 3);
    for (uint32_t size = 16; size < new_view->size + 40; size += size % 8 == 0 ? 1 : 7) {
        if (size != new_view->size) {
            cr_assert_eq(stage_new_view(&stage, 1, stage_resized(&stage, new_view, size)), REJECT_BAD_NEW_VIEW);
        }
    }
    for (uint32_t size = 40; size < changes[2]->size + 40; size += size % 8 == 0 ? 1 : 7) {
        if (size != changes[2]->size) {
            cr_assert_eq(stage_view_change(&stage, 2, stage_resized(&stage, changes[2], size)), REJECT_BAD_CERTIFICATE);
        }
    }
    cr_assert_eq(stage_new_view(&stage, 1, new_view), REJECT_NONE);
    cr_assert_eq(stage_close(&stage), 0);
}

/* R16: what a replica has prepared stays in its P set across views, until a checkpoint makes it stable. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static void ask_for(struct stage *stage, view_number view)
{
    stage_view_changes(stage, view, 0, quorum_weak(stage->config.replicas));
    cr_assert_eq(stage_status(stage).view, view);
}

Test(paper, R16_what_is_prepared_is_in_P_and_what_is_not_is_not)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, stage_prepares_needed(&stage, 0) - 1);
        stage_pre_prepare(&stage, 0, 0, 2, b);
        stage_prepares(&stage, 0, 2, b, 0, stage_prepares_needed(&stage, 0));
        ask_for(&stage, 4);
        cr_assert_eq(stage_own_prepared_count(&stage), 1, "n = %u", n);
        const struct prepared_head *entry = stage_own_prepared(&stage, 0);
        cr_assert_eq(entry->sequence, 2);
        cr_assert_eq(entry->view, 0);
        cr_assert(digest_equal(entry->digest, payload_digest(b)));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R16_it_stays_there_through_views_that_did_not_order_it)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        for (view_number view = 1; view <= 2; view++) {
            stage_enter_view(&stage, view);
        }
        ask_for(&stage, n + 4);
        cr_assert_eq(stage_own_prepared_count(&stage), 1, "n = %u", n);
        cr_assert_eq(stage_own_prepared(&stage, 0)->view, 0);
        cr_assert(digest_equal(stage_own_prepared(&stage, 0)->digest, payload_digest(a)));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* In view 1 the slot is opened for another digest, without being prepared: the certificate of view 0 still stands. */
Test(paper, R16_another_pre_prepare_does_not_erase_it_but_another_certificate_takes_its_place)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t prepared_again = 0; prepared_again <= 1; prepared_again++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *b = stage_request_of(&stage, 1, 1, "that");
            stage_pre_prepare(&stage, 0, 0, 1, a);
            stage_prepares(&stage, 0, 1, a, 0, n - 2);
            stage_enter_view(&stage, 1);
            stage_pre_prepare(&stage, 1, 1, 1, b);
            stage_prepares(&stage, 1, 1, b, 0, stage_prepares_needed(&stage, 1) - 1 + prepared_again);
            ask_for(&stage, n + 4);
            cr_assert_eq(stage_own_prepared_count(&stage), 1);
            cr_assert_eq(stage_own_prepared(&stage, 0)->view, prepared_again, "n = %u", n);
            cr_assert(digest_equal(stage_own_prepared(&stage, 0)->digest, payload_digest((prepared_again ? b : a))));
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R16_what_is_executed_stays_too_until_its_checkpoint_is_stable)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 6});
        for (sequence_number sequence = 1; sequence <= 3; sequence++) {
            stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "step"));
        }
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        ask_for(&stage, 4);
        cr_assert_eq(stage_own_prepared_count(&stage), 3, "n = %u: executed, but not stable", n);
        stage_checkpoints(&stage, 2, state, 0, stage.config.quorum - 1);
        ask_for(&stage, 5);
        cr_assert_eq(stage_own_prepared_count(&stage), 1, "n = %u: stable", n);
        cr_assert_eq(stage_own_prepared(&stage, 0)->sequence, 3);
        cr_assert_eq(view_change_head(stage_last(&stage, MESSAGE_VIEW_CHANGE)->payload->bytes)->stable, 2);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* What it sends must convince others: its own VIEW-CHANGE is valid by the rules that it applies to theirs. */
Test(paper, R16_the_own_view_change_is_valid)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 6});
        for (sequence_number sequence = 1; sequence <= 5; sequence++) {
            stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "step"));
            if (sequence == 2) {
                stage_checkpoints(&stage, 2, stage_last(&stage, MESSAGE_CHECKPOINT)->digest, 0, n - 1);
            }
        }
        ask_for(&stage, 4);
        const struct view_rules rules = {proof_rules(stage.keyring, n, stage.config.quorum), stage.config.window};
        struct payload *own = stage_last(&stage, MESSAGE_VIEW_CHANGE)->payload;
        cr_assert_eq(stage_own_prepared_count(&stage), 3);
        cr_assert(view_change_contents_valid(&rules, own->bytes, own->size), "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

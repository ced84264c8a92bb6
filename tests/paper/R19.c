/* R19: min-s is the highest stable checkpoint proven in V. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static const struct digest state = {{5, 6}};

/* Others ask for view 1: number 0 with the checkpoint 8 stable, the rest with 4; all prepared s9. */
static void ask(struct stage *stage, const struct payload *batch)
{
    const struct stage_prepared prepared = {9, 0, batch, 0};
    for (uint32_t k = 0; k < stage->config.quorum - 1; k++) {
        node_id author = stage_other(stage, k);
        struct payload *change = stage_change_of(stage, (struct stage_change){.author = author,
                                                                              .view = 1,
                                                                              .stable = k == 0 ? 8 : 4,
                                                                              .state = state,
                                                                              .prepared = &prepared,
                                                                              .count = 1});
        cr_assert_eq(stage_view_change(stage, author, change), REJECT_NONE);
    }
}

Test(paper, R19_O_begins_above_the_highest_stable_checkpoint)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 4, .window = 12});
        ask(&stage, stage_request_of(&stage, 0, 1, "this"));
        const struct payload *new_view = stage_last(&stage, MESSAGE_NEW_VIEW)->payload;
        cr_assert_eq(new_view_head(new_view)->order_count, 1, "n = %u", n);
        cr_assert_eq(new_view_order(new_view, stage_shape(&stage))->sequence, 9, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R19_whoever_is_behind_takes_it_over_with_the_new_view)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 4, .window = 12});
        ask(&stage, stage_request_of(&stage, 0, 1, "this"));
        cr_assert_eq(stage_status(&stage).stable, 8, "n = %u", n);
        cr_assert_eq(stage_status(&stage).executed, 0, "it must fetch the state first");
        const struct message *fetch = stage_last(&stage, MESSAGE_FETCH);
        cr_assert(digest_is_null(fetch->digest));
        cr_assert_eq(fetch->sequence, 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The highest one must be proven: one that q-1 voted for does not count, nor does its VIEW-CHANGE. */
Test(paper, R19_a_checkpoint_without_q_votes_is_not_proven)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 4, .window = 12});
        struct stage_change claim = {.author = 2, .view = 1, .stable = 8, .state = state};
        claim.stable_voters = stage.config.quorum - 1;
        cr_assert_eq(stage_view_change(&stage, 2, stage_change_of(&stage, claim)), REJECT_BAD_CERTIFICATE, "n = %u", n);
        claim.stable_voters = stage.config.quorum;
        cr_assert_eq(stage_view_change(&stage, 2, stage_change_of(&stage, claim)), REJECT_NONE, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* What stands at or below min-s in somebody's P is settled already. */
Test(paper, R19_certificates_at_or_below_min_s_are_not_ordered_again)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 4, .window = 12});
        const struct stage_prepared prepared = {8, 0, stage_request_of(&stage, 0, 1, "this"), 0};
        for (uint32_t k = 0; k < stage.config.quorum - 1; k++) {
            node_id author = stage_other(&stage, k);
            struct stage_change change = {.author = author, .view = 1};
            if (k == 0) {
                change.stable = 8;
                change.state = state;
            } else {
                change.prepared = &prepared;
                change.count = 1;
            }
            cr_assert_eq(stage_view_change(&stage, author, stage_change_of(&stage, change)), REJECT_NONE);
        }
        cr_assert_eq(new_view_head(stage_last(&stage, MESSAGE_NEW_VIEW)->payload)->order_count, 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

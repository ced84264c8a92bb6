/* R33: what a replica has accepted in a PRE-PREPARE it keeps until a stable checkpoint covers the sequence number, in
 * every view, prepared or not, and answers fetches for it by digest; contents are also looked up among the requests
 * pending. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static enum reject fetch(struct stage *stage, node_id from, sequence_number sequence, const struct payload *contents)
{
    struct message message = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    message.sequence = sequence;
    message.digest = payload_digest(contents);
    stage_forget(stage);
    return stage_deliver(stage, from, message);
}

/* A NEW-VIEW whose V has a certificate of view 0 for these contents at sequence number 1, by one author alone. */
static void order(struct stage *stage, view_number view, struct payload *contents)
{
    const struct stage_prepared prepared = {1, 0, contents, 0};
    struct payload *changes[128];
    for (node_id author = 0; author < stage->config.quorum; author++) {
        changes[author] = stage_change_of(
            stage, (struct stage_change){.author = author, .view = view, .prepared = &prepared, .count = author == 1});
    }
    stage_forget(stage);
    node_id primary = primary_of(view, stage->config.replicas);
    cr_assert_eq(stage_new_view(stage, primary, stage_new_view_of(stage, view, changes, stage->config.quorum)),
                 REJECT_NONE);
}

/* View 0 shows `a`, which nobody prepares; view 1 opens the same sequence number with a null request, view 2 with `b`. */
static void accept_three(struct stage *stage, struct payload *a, struct payload *b)
{
    cr_assert_eq(stage_pre_prepare(stage, 0, 0, 1, a), REJECT_NONE);
    stage_enter_view(stage, 1);
    cr_assert_eq(stage_pre_prepare(stage, 1, 1, 1, NULL), REJECT_NONE);
    stage_enter_view(stage, 2);
    cr_assert_eq(stage_pre_prepare(stage, 2, 2, 1, b), REJECT_NONE);
}

Test(paper, R33_what_was_accepted_and_not_prepared_is_there_when_a_later_view_orders_it)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        accept_three(&stage, a, b);
        order(&stage, n, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 0, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "n = %u", n);
        cr_assert(digest_equal(stage_last(&stage, MESSAGE_PREPARE)->digest, payload_digest(a)));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R33_fetches_are_answered_with_what_was_accepted_in_any_view)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        struct payload *never = stage_request_of(&stage, 2, 1, "never");
        accept_three(&stage, a, b);
        stage_enter_view(&stage, n);
        cr_assert_eq(stage_pre_prepare(&stage, 0, n, 1, NULL), REJECT_NONE);
        cr_assert_eq(fetch(&stage, 2, 1, a), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("batch a > r2")));
        cr_assert_eq(fetch(&stage, 1, 1, b), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("batch b > r1")));
        cr_assert_eq(fetch(&stage, 1, 1, never), REJECT_OBSOLETE);
        cr_assert_eq(fetch(&stage, 1, 2, a), REJECT_OBSOLETE, "it belongs to its sequence number");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R33_a_stable_checkpoint_ends_it)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .checkpoint_interval = 8});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    accept_three(&stage, a, stage_request_of(&stage, 1, 1, "that"));
    cr_assert_eq(atomic_load(&a->references), 2, "the stage's and the log's");
    stage_checkpoints(&stage, 8, (struct digest){{5, 6}}, 0, 3);
    cr_assert_eq(stage_status(&stage).stable, 8);
    cr_assert_eq(atomic_load(&a->references), 1);
    cr_assert_eq(fetch(&stage, 2, 1, a), REJECT_OBSOLETE);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R33_a_pending_request_is_looked_up_by_its_digest)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_NONE);
        cr_assert_eq(fetch(&stage, 2, 1, a), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("batch a > r2")));
        order(&stage, 1, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 0, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Its client sends the request only after the view has ordered it: the next time it would be fetched, it is here. */
Test(paper, R33_a_request_that_comes_after_it_was_ordered_is_looked_up_as_well)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .retransmit_ns = 80});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    order(&stage, 1, a);
    cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), quorum_weak(4));
    cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 0);
    cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_NONE);
    stage_forget(&stage);
    stage_timer(&stage, stage_deadline(&stage));
    cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 0);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1);
    cr_assert_eq(stage_close(&stage), 0);
}

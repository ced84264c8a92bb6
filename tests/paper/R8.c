/* R8: one pre-prepare per (view, sequence), only from primary(view), in the current view, in (h, H]. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R8_the_first_pre_prepare_is_accepted_and_no_second_one)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, b), REJECT_CONFLICTING_PRE_PREPARE);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_DUPLICATE_PRE_PREPARE);
        cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all")));
        stage_prepares(&stage, 0, 1, b, 0, n - 2);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R8_only_the_primary_may_pre_prepare)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        for (node_id backup = 1; backup < n; backup++) {
            cr_assert_eq(stage_pre_prepare(&stage, backup, 0, 1, a), REJECT_NOT_THE_PRIMARY);
        }
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all")));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R8_a_primary_accepts_nobodys_pre_prepare)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        for (node_id backup = 1; backup < n; backup++) {
            cr_assert_eq(stage_pre_prepare(&stage, backup, 0, 1, a), REJECT_NOT_THE_PRIMARY);
        }
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R8_a_pre_prepare_of_another_view_is_not_voted_for)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 2});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 1, 1, 1, a); /* its primary, but nobody opened view 1 */
        stage_pre_prepare(&stage, 0, n, 1, a); /* the primary of now, but n views later */
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R8_the_window_is_above_h_up_to_H)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 5, .window = 11});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 0, a), REJECT_OUTSIDE_WINDOW);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 12, a), REJECT_OUTSIDE_WINDOW);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, UINT64_MAX, a), REJECT_OUTSIDE_WINDOW);
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 11, b), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all", "prepare v0 s11 b > all")));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Executes 1 .. `last` and makes the checkpoint there stable. */
static void stable_at(struct stage *stage, sequence_number last)
{
    for (sequence_number sequence = 1; sequence <= last; sequence++) {
        stage_decide(stage, 0, sequence, stage_request_of(stage, 0, sequence, "step"));
    }
    stage_checkpoints(stage, last, stage_last(stage, MESSAGE_CHECKPOINT)->digest, 0, stage->config.quorum - 1);
    cr_assert_eq(stage_status(stage).stable, last);
    stage_forget(stage);
}

Test(paper, R8_both_ends_of_the_window_move_with_the_stable_checkpoint)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 5, .window = 11});
        stable_at(&stage, 5);
        struct payload *a = stage_request_of(&stage, 1, 1, "this");
        struct payload *b = stage_request_of(&stage, 2, 1, "that");
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 5, a), REJECT_OUTSIDE_WINDOW);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 17, a), REJECT_OUTSIDE_WINDOW);
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 6, a), REJECT_NONE);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 16, b), REJECT_NONE);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 2);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R8_a_primary_proposes_up_to_H_and_goes_on_when_the_checkpoint_is_stable)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0, .clients = 6, .checkpoint_interval = 2, .window = 4});
    for (uint32_t client = 0; client < 6; client++) {
        stage_request(&stage, client, 1, stage_request_of(&stage, client, 1, "x"));
    }
    cr_assert(stage_sent_is(&stage, LINES("pre_prepare v0 s1 a > all", "pre_prepare v0 s2 b > all",
                                          "pre_prepare v0 s3 c > all", "pre_prepare v0 s4 d > all")));
    stage_decide(&stage, 0, 1, stage.payloads[0]);
    stage_decide(&stage, 0, 2, stage.payloads[1]);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 4);
    stage_checkpoints(&stage, 2, stage_last(&stage, MESSAGE_CHECKPOINT)->digest, 0, 1);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 4);
    stage_checkpoints(&stage, 2, stage_last(&stage, MESSAGE_CHECKPOINT)->digest, 1, 1);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 6);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R8_the_contents_must_be_there_hash_to_the_digest_and_come_from_clients)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    struct message message = {.type = MESSAGE_PRE_PREPARE, .sender = NO_NODE};
    message.sequence = 1;
    message.digest = payload_digest(a);
    cr_assert_eq(stage_deliver(&stage, 0, message), REJECT_MALFORMED, "no contents");
    message.payload = b;
    cr_assert_eq(stage_deliver(&stage, 0, message), REJECT_WRONG_DIGEST);
    unsigned char forged[64];
    memcpy(forged, a->bytes, a->size);
    forged[a->size - 8] ^= 1; /* another operation under the client's tag */
    cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, stage_payload_of(&stage, forged, a->size)), REJECT_BAD_REQUEST);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE, "none of them took the place");
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R8_votes_outside_the_window_do_not_count)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1, .checkpoint_interval = 5, .window = 11});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    const sequence_number outside[] = {0, 12, 1000000, UINT64_MAX};
    for (uint32_t index = 0; index < sizeof outside / sizeof *outside; index++) {
        cr_assert_eq(stage_prepare(&stage, 2, 0, outside[index], a), REJECT_OUTSIDE_WINDOW);
        cr_assert_eq(stage_commit(&stage, 2, 0, outside[index], a), REJECT_OUTSIDE_WINDOW);
    }
    cr_assert_eq(stage_status(&stage).in_log, 0);
    cr_assert_eq(stage_close(&stage), 0);
}

/* R28: requests are deduplicated by client timestamp; the last reply is kept and sent again; an executed request never
 * restarts a timer. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R28_a_primary_orders_a_request_once_however_often_it_comes)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_NONE);
        cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_OLD_REQUEST, "pending");
        stage_decide(&stage, 0, 1, a);
        cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_OLD_REQUEST, "executed");
        cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R28_the_last_reply_is_sent_again_and_is_the_same)
{
    for (node_id id = 0; id < 4; id++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = id});
        struct payload *a = stage_request_of(&stage, 0, 1, "samekey 1");
        struct payload *b = stage_request_of(&stage, 0, 2, "samekey 2");
        for (sequence_number sequence = 1; sequence <= 2; sequence++) {
            struct payload *request = sequence == 1 ? a : b;
            if (id == 0) {
                stage_request(&stage, 0, sequence, request);
            }
            stage_decide(&stage, 0, sequence, request);
        }
        struct message first = *stage_last(&stage, MESSAGE_REPLY);
        cr_assert_eq(first.timestamp, 2);
        cr_assert_neq(first.digest.words[0], 0, "the value that stood there");
        stage_forget(&stage);
        stage_request(&stage, 0, 2, b);
        cr_assert(stage_sent_is(&stage, LINES("reply v0 t2 ? > c0")));
        cr_assert_eq(stage_last(&stage, MESSAGE_REPLY)->digest.words[0], first.digest.words[0]);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R28_an_older_request_gets_no_reply_and_changes_nothing)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "samekey 1");
    struct payload *b = stage_request_of(&stage, 0, 2, "samekey 2");
    stage_decide(&stage, 0, 1, a);
    stage_decide(&stage, 0, 2, b);
    struct digest state = stage_status(&stage).state;
    stage_forget(&stage);
    cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_OLD_REQUEST);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert(stage_journal_is(&stage, NOTHING));
    cr_assert(digest_equal(stage_status(&stage).state, state));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R28_the_timestamps_of_one_client_are_nothing_to_another)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0});
    struct payload *a = stage_request_of(&stage, 0, 5, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    stage_request(&stage, 0, 5, a);
    cr_assert_eq(stage_request(&stage, 1, 1, b), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("pre_prepare v0 s1 a > all", "pre_prepare v0 s2 b > all")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R28_a_newer_request_takes_the_place_of_a_pending_one_and_an_older_does_not)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0, .pipeline = 1});
    struct payload *other = stage_request_of(&stage, 1, 1, "first in line");
    struct payload *older = stage_request_of(&stage, 0, 1, "this");
    struct payload *newer = stage_request_of(&stage, 0, 2, "that");
    stage_request(&stage, 1, 1, other);
    stage_request(&stage, 0, 2, newer);
    cr_assert_eq(stage_request(&stage, 0, 1, older), REJECT_OLD_REQUEST);
    stage_decide(&stage, 0, 1, other);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 2);
    cr_assert(digest_equal(stage_last(&stage, MESSAGE_PRE_PREPARE)->digest, payload_digest(newer)));
    stage_decide(&stage, 0, 2, newer);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 2);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R28_an_executed_request_never_restarts_a_timer)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_decide(&stage, 0, 1, a);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
        stage_timer(&stage, 1000);
        stage_request(&stage, 0, 1, a);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R28_a_request_that_executes_while_it_is_pending_is_not_pending_any_more)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_request(&stage, 0, 1, a);
    stage_decide(&stage, 0, 1, a);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
    stage_forget(&stage);
    stage_request(&stage, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("reply v0 t1 r0 > c0")));
    cr_assert_eq(stage_close(&stage), 0);
}

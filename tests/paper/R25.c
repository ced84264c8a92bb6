/* R25: VIEW-CHANGE, NEW-VIEW, and whatever else an unreliable link may lose is sent again, with bounded backoff, until it
 * is obsolete. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

#define T 1000
#define R 100

static void open_lossy(struct stage *stage, uint32_t n, node_id id)
{
    stage_open(
        stage,
        (struct stage_options){
            .replicas = n, .id = id, .view_timeout_ns = T, .retransmit_ns = R, .checkpoint_interval = 2, .window = 8});
}

/* Lets the clock run to `until_ns`, timer by timer; returns how often messages of this type went out. */
static uint32_t run_until(struct stage *stage, uint64_t until_ns, enum message_type type)
{
    stage_forget(stage);
    while (stage_deadline(stage) <= until_ns) {
        stage_timer(stage, stage_deadline(stage));
    }
    return stage_sent(stage, type);
}

/* Its request timer runs out: it asks for view 1, alone. */
static void ask_alone(struct stage *stage)
{
    stage_request(stage, 3, 1, stage_request_of(stage, 3, 1, "that nobody orders"));
    while (stage_status(stage).view == 0) {
        stage_timer(stage, stage_deadline(stage));
    }
    cr_assert_eq(stage->now_ns, T);
    cr_assert_not(stage_status(stage).active);
}

Test(paper, R25_a_view_change_is_sent_again_until_the_new_view_comes)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_lossy(&stage, n, 3);
        ask_alone(&stage);
        struct message first = *stage_last(&stage, MESSAGE_VIEW_CHANGE);
        uint32_t again = run_until(&stage, 50 * T, MESSAGE_VIEW_CHANGE);
        cr_assert_geq(again, 10, "n = %u", n);
        const struct message *last = stage_last(&stage, MESSAGE_VIEW_CHANGE);
        cr_assert_eq(last->view, 1);
        cr_assert(digest_equal(last->digest, first.digest), "the same one");
        cr_assert_gt(last->attempt, 0);
        cr_assert_eq(last->to, TO_ALL_REPLICAS);
        stage_enter_view(&stage, 1);
        stage_decide(&stage, 1, 1, stage.payloads[0]);
        cr_assert_eq(run_until(&stage, 100 * T, MESSAGE_VIEW_CHANGE), 0, "n = %u: obsolete", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Between two sendings: R, 2R, 4R.. and never more than T. */
Test(paper, R25_the_backoff_doubles_and_is_bounded)
{
    struct stage stage;
    open_lossy(&stage, 4, 3);
    ask_alone(&stage);
    uint64_t last_ns = stage.now_ns, expected_ns = R;
    for (uint32_t attempt = 1; attempt < 12; attempt++) {
        stage_timer(&stage, stage_deadline(&stage));
        cr_assert_eq(stage_sent(&stage, MESSAGE_VIEW_CHANGE), attempt + 1);
        cr_assert_eq(stage.now_ns - last_ns, expected_ns, "attempt %u", attempt);
        last_ns = stage.now_ns;
        expected_ns = expected_ns * 2 < T ? expected_ns * 2 : T;
    }
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R25_off_means_that_nothing_is_sent_again)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .view_timeout_ns = T});
    ask_alone(&stage);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
    stage_timer(&stage, 100 * T);
    cr_assert_eq(stage_sent(&stage, MESSAGE_VIEW_CHANGE), 1);
    cr_assert_eq(stage_close(&stage), 0);
}

/* To those that were not seen in the view; who asks again gets it again. */
Test(paper, R25_a_primary_sends_its_new_view_again_to_whoever_may_have_missed_it)
{
    struct stage stage;
    open_lossy(&stage, 7, 1);
    stage_enter_view(&stage, 1);
    struct digest first = stage_last(&stage, MESSAGE_NEW_VIEW)->digest;
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_request(&stage, 0, 1, a);
    for (node_id seen = 2; seen <= 5; seen++) {
        stage_prepare(&stage, seen, 1, 1, a);
    }
    stage_forget(&stage);
    stage_timer(&stage, stage_deadline(&stage));
    uint64_t told = 0;
    for (uint32_t index = 0; index < stage.out.message_count; index++) {
        if (stage.out.messages[index].type == MESSAGE_NEW_VIEW) {
            cr_assert(digest_equal(stage.out.messages[index].digest, first));
            told |= 1ULL << stage.out.messages[index].to;
        }
    }
    cr_assert_eq(told, 1ULL << 0 | 1ULL << 6, "2..5 vote in the view: they have it");

    stage_forget(&stage);
    struct payload *change = stage_change_of(&stage, (struct stage_change){.author = 5, .view = 1});
    struct message message = {.type = MESSAGE_VIEW_CHANGE, .sender = NO_NODE, .payload = change, .attempt = 3};
    message.view = 1;
    message.digest = payload_digest(change);
    (void)stage_deliver(&stage, 5, message);
    cr_assert_eq(stage_sent(&stage, MESSAGE_NEW_VIEW), 1);
    cr_assert_eq(stage_last(&stage, MESSAGE_NEW_VIEW)->to, 5);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R25_votes_are_sent_again_while_their_sequence_number_is_not_executed)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_lossy(&stage, n, 3);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        cr_assert_geq(run_until(&stage, 10 * T, MESSAGE_PREPARE), 5, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "it is not prepared");
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        cr_assert_geq(run_until(&stage, 20 * T, MESSAGE_COMMIT), 5, "n = %u", n);
        stage_commits(&stage, 0, 1, a, 0, n - 1);
        cr_assert_eq(stage_status(&stage).executed, 1);
        (void)run_until(&stage, 30 * T, MESSAGE_PREPARE);
        cr_assert_eq(run_until(&stage, 60 * T, MESSAGE_PREPARE), 0, "n = %u: obsolete", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u: obsolete", n);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS, "n = %u: everybody has everything", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R25_a_primary_sends_its_pre_prepare_again_with_its_contents)
{
    struct stage stage;
    open_lossy(&stage, 4, 0);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_request(&stage, 0, 1, a);
    cr_assert_geq(run_until(&stage, 10 * T, MESSAGE_PRE_PREPARE), 5);
    cr_assert_eq(stage_last(&stage, MESSAGE_PRE_PREPARE)->payload, a);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R25_checkpoints_are_sent_again_until_everybody_has_said_the_same)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_lossy(&stage, n, 3);
        for (sequence_number sequence = 1; sequence <= 2; sequence++) {
            stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "step"));
        }
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        cr_assert_geq(run_until(&stage, 10 * T, MESSAGE_CHECKPOINT), 5, "n = %u", n);
        stage_checkpoints(&stage, 2, state, 0, n - 1);
        cr_assert_eq(stage_status(&stage).stable, 2);
        (void)run_until(&stage, 20 * T, MESSAGE_CHECKPOINT);
        cr_assert_eq(run_until(&stage, 60 * T, MESSAGE_CHECKPOINT), 0, "n = %u: obsolete", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Who sends again about what is done here is shown how far this replica is; an answer is not answered. */
static void answers(struct stage *stage, enum message_type type, const struct message *model, const char *line)
{
    struct message message = *model;
    message.type = (uint8_t)type;
    message.sender = NO_NODE;
    message.attempt = 2;
    stage_forget(stage);
    (void)stage_deliver(stage, 2, message);
    cr_assert(stage_sent_is(stage, LINES(line)), "%s", message_type_name(type));
    message.flags = MESSAGE_ANSWER;
    stage_forget(stage);
    (void)stage_deliver(stage, 2, message);
    cr_assert(stage_sent_is(stage, NOTHING), "%s", message_type_name(type));
    message.flags = 0;
    message.attempt = 0;
    (void)stage_deliver(stage, 2, message);
    cr_assert(stage_sent_is(stage, NOTHING), "%s: nobody sends again", message_type_name(type));
}

Test(paper, R25_who_sends_again_is_answered)
{
    struct stage stage;
    open_lossy(&stage, 4, 3);
    for (sequence_number sequence = 1; sequence <= 3; sequence++) {
        stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "step"));
    }
    struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
    stage_checkpoints(&stage, 2, state, 0, 3);
    struct message vote = {.sequence = 3, .digest = payload_digest(stage.payloads[2])};
    answers(&stage, MESSAGE_PREPARE, &vote, "commit v0 s3 c > r2 again2");
    answers(&stage, MESSAGE_COMMIT, &vote, "commit v0 s3 c > r2 again2");
    vote.sequence = 1;
    answers(&stage, MESSAGE_COMMIT, &vote, "checkpoint s2 ? > r2 again2");
    struct message checkpoint = {.sequence = 2, .digest = state};
    answers(&stage, MESSAGE_CHECKPOINT, &checkpoint, "checkpoint s2 ? > r2 again2");
    cr_assert_eq(stage_close(&stage), 0);
}

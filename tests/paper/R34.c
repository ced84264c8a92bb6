/* R34: what is sent again adapts to the link: a resend never starts before the previous copy can have left an uplink that
 * is known to be busy, and the interval doubles up to a bound that follows the view timer of now. A NEW-VIEW goes to one
 * peer at most once for each interval, whoever asks. */
#include <criterion/criterion.h>

#include "tests/support/stage_views.h"

#define T 1000
#define R 100

static void ask_alone(struct stage *stage)
{
    stage_request(stage, 3, 1, stage_request_of(stage, 3, 1, "that nobody orders"));
    while (stage_status(stage).view == 0) {
        stage_timer(stage, stage_deadline(stage));
    }
}

static uint32_t asks_again(struct stage *stage, node_id peer, uint16_t attempt)
{
    struct payload *change = stage_change_of(stage, (struct stage_change){.author = peer, .view = 1});
    struct message message = {.type = MESSAGE_VIEW_CHANGE, .sender = NO_NODE, .payload = change, .attempt = attempt};
    message.view = 1;
    message.digest = payload_digest(change);
    stage_forget(stage);
    (void)stage_deliver(stage, peer, message);
    uint32_t told = 0;
    for (uint32_t index = 0; index < stage->out.message_count; index++) {
        told += stage->out.messages[index].type == MESSAGE_NEW_VIEW && stage->out.messages[index].to == peer;
    }
    return told;
}

Test(paper, R34_a_new_view_goes_to_one_peer_once_for_each_interval)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 7, .id = 1, .view_timeout_ns = T, .retransmit_ns = R});
    stage_enter_view(&stage, 1);
    uint64_t opened_ns = stage.now_ns;
    cr_assert_eq(asks_again(&stage, 5, 1), 0, "the first may still be under way");
    uint64_t next_ns = opened_ns + R, interval_ns = R;
    for (uint16_t attempt = 2; attempt < 8; attempt++) {
        stage_timer(&stage, next_ns - 1);
        (void)asks_again(&stage, 5, attempt);
        stage.now_ns = next_ns;
        uint32_t told = asks_again(&stage, 5, attempt);
        cr_assert_leq(told, 1, "attempt %u", attempt);
        cr_assert_eq(asks_again(&stage, 5, attempt), 0, "attempt %u: twice in one interval", attempt);
        interval_ns = interval_ns * 2 < T ? interval_ns * 2 : T;
        next_ns += interval_ns;
    }
    cr_assert_eq(stage_close(&stage), 0);
}

/* The same for those that ask in turn: each is told, and none is told for another. */
Test(paper, R34_each_peer_has_an_interval_of_its_own)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 7, .id = 1, .view_timeout_ns = T});
    stage_enter_view(&stage, 1);
    cr_assert_eq(asks_again(&stage, 5, 1), 1);
    cr_assert_eq(asks_again(&stage, 6, 1), 1);
    cr_assert_eq(stage_close(&stage), 0);
}

/* What the replica puts out takes so long to leave that it would be sent again before. */
Test(paper, R34_nothing_is_sent_again_before_it_can_have_left)
{
    struct stage stage;
    const uint64_t bandwidth = 1000000000; /* a byte takes 8 ns: longer than R for each message */
    stage_open(&stage,
               (struct stage_options){.id = 3, .view_timeout_ns = T, .retransmit_ns = R, .bandwidth = bandwidth});
    ask_alone(&stage);
    for (uint32_t attempt = 1; attempt < 8; attempt++) {
        const struct message *sent = stage_last(&stage, MESSAGE_VIEW_CHANGE);
        uint64_t copies_ns = 3 * 8 * (sizeof *sent + payload_travels(sent->payload));
        uint64_t least_ns = stage.now_ns + copies_ns + R;
        cr_assert_geq(stage_deadline(&stage), least_ns, "attempt %u", attempt);
        while (stage_sent(&stage, MESSAGE_VIEW_CHANGE) <= attempt) {
            stage_timer(&stage, stage_deadline(&stage));
        }
        cr_assert_geq(stage.now_ns, least_ns, "attempt %u", attempt);
        cr_assert_leq(stage.now_ns, least_ns + 2 * T + 10 * copies_ns, "attempt %u: but it is", attempt);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R34_a_first_interval_above_the_view_timeout_does_not_shrink)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .view_timeout_ns = T, .retransmit_ns = 5 * T});
    ask_alone(&stage);
    for (uint32_t attempt = 1; attempt < 5; attempt++) {
        uint64_t last_ns = stage.now_ns;
        stage_timer(&stage, stage_deadline(&stage));
        cr_assert_eq(stage_sent(&stage, MESSAGE_VIEW_CHANGE), attempt + 1);
        cr_assert_eq(stage.now_ns - last_ns, 5 * T, "attempt %u", attempt);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

/* After twelve views asked for in vain the view timer runs for 2048 T: what is sent again then comes every 128 T. */
Test(paper, R34_the_bound_follows_the_view_timer_of_now)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 4, .id = 3, .view_timeout_ns = T, .retransmit_ns = R});
    ask_alone(&stage);
    for (view_number view = 1; view <= 11; view++) {
        stage_view_changes(&stage, view, 0, 2);
        while (stage_status(&stage).view == view) {
            stage_timer(&stage, stage_deadline(&stage));
        }
    }
    uint64_t last_ns = stage.now_ns, longest_ns = 0;
    for (uint32_t attempt = 1; attempt < 20; attempt++) {
        stage_timer(&stage, stage_deadline(&stage));
        longest_ns = stage.now_ns - last_ns > longest_ns ? stage.now_ns - last_ns : longest_ns;
        last_ns = stage.now_ns;
    }
    cr_assert_eq(longest_ns, 2048 / 16 * T);
    cr_assert_eq(stage_close(&stage), 0);
}

/* A correct client, alone: what it sends and when, whom it believes. */
#include <criterion/criterion.h>

#include "core/request.h"
#include "tests/support/client_stage.h"

static void reply_by_all(struct client_stage *stage, view_number view, uint64_t timestamp)
{
    for (node_id replica = 0; replica < stage->protocol.replicas; replica++) {
        client_stage_reply(stage, replica, view, timestamp, 0);
    }
}

static uint32_t sent(const struct client_stage *stage)
{
    return stage->out.message_count;
}

Test(client, without_requests_does_nothing)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 0});
    cr_assert_eq(sent(&stage), 0);
    cr_assert_eq(client_stage_deadline(&stage), TIME_NEVER_NS);
    client_stage_timer(&stage, 1000000);
    cr_assert_eq(sent(&stage), 0);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, submits_a_valid_request_of_its_own)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1, .operation_size = 21});
    const struct message *message = &stage.out.messages[0];
    cr_assert_eq(message->type, MESSAGE_REQUEST);
    cr_assert_eq(message->sender, 4);
    cr_assert_eq(message->client, 4);
    cr_assert_eq(message->timestamp, 1);
    cr_assert_eq(message->attempt, 0);
    cr_assert(digest_equal(message->digest, request_mark(message->payload)));
    cr_assert(batch_valid(message->payload, stage.keyring, 4, 1));
    cr_assert_eq(batch_count(message->payload), 1);
    const struct request *request = batch_next(message->payload, NULL);
    cr_assert_eq(request->client, 4);
    cr_assert_eq(request->timestamp, 1);
    cr_assert_eq(request->size, 21);
    unsigned char operation[21];
    client_operation(4, 1, operation, sizeof operation);
    cr_assert_eq(memcmp(operation, request_operation(request), sizeof operation), 0);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, operations_differ_by_client_and_timestamp_and_their_size_only_cuts_them)
{
    unsigned char a[24], b[24], c[24], cut[13];
    client_operation(4, 1, a, sizeof a);
    client_operation(5, 1, b, sizeof b);
    client_operation(4, 2, c, sizeof c);
    client_operation(4, 1, cut, sizeof cut);
    cr_assert_neq(memcmp(a, b, sizeof a), 0);
    cr_assert_neq(memcmp(a, c, sizeof a), 0);
    cr_assert_eq(memcmp(a, cut, sizeof cut), 0);
    client_operation(4, 1, NULL, 0);
}

Test(client, starts_at_its_planned_time)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1, .start_ns = 500});
    cr_assert_eq(sent(&stage), 0);
    cr_assert_eq(client_stage_deadline(&stage), 500);
    client_stage_timer(&stage, 499);
    cr_assert_eq(sent(&stage), 0);
    client_stage_timer(&stage, 500);
    cr_assert_eq(sent(&stage), 1);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, sends_again_after_T_then_2T_4T_8T_8T)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1, .timeout_ns = 100});
    const uint64_t waits[] = {100, 200, 400, 800, 800, 800};
    uint64_t now_ns = 0;
    for (uint32_t attempt = 0; attempt < 6; attempt++) {
        now_ns += waits[attempt];
        cr_assert_eq(client_stage_deadline(&stage), now_ns, "resend %u", attempt + 1);
        client_stage_timer(&stage, now_ns - 1);
        cr_assert_eq(sent(&stage), attempt + 1);
        client_stage_timer(&stage, now_ns);
        cr_assert_eq(sent(&stage), attempt + 2);
        cr_assert_eq(stage.out.messages[attempt + 1].attempt, attempt + 1);
        cr_assert_eq(stage.out.messages[attempt + 1].to, TO_ALL_REPLICAS);
    }
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, a_late_timer_is_one_resend_and_waits_from_then)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1, .timeout_ns = 100});
    client_stage_timer(&stage, 950);
    cr_assert_eq(sent(&stage), 2);
    cr_assert_eq(client_stage_deadline(&stage), 950 + 200);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, the_next_request_begins_again_with_T_at_the_primary)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 2, .timeout_ns = 100});
    client_stage_timer(&stage, 100);
    client_stage_timer(&stage, 300);
    reply_by_all(&stage, 0, 1);
    cr_assert_eq(sent(&stage), 4);
    cr_assert_eq(stage.out.messages[3].timestamp, 2);
    cr_assert_eq(stage.out.messages[3].attempt, 0);
    cr_assert_eq(stage.out.messages[3].to, 0);
    cr_assert_eq(client_stage_deadline(&stage), 400);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, in_closed_loop_the_next_request_leaves_when_the_last_is_accepted)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 3});
    for (uint64_t timestamp = 1; timestamp <= 3; timestamp++) {
        stage.now_ns += 10;
        cr_assert_eq(sent(&stage), timestamp);
        client_stage_reply(&stage, 0, 0, timestamp, 9);
        cr_assert_eq(sent(&stage), timestamp, "one reply is not f+1");
        client_stage_reply(&stage, 1, 0, timestamp, 9);
    }
    cr_assert_eq(sent(&stage), 3);
    cr_assert_eq(client_stage_status(&stage).accepted, 3);
    cr_assert_eq(client_stage_deadline(&stage), TIME_NEVER_NS, "nothing is left to do");
    const struct journal_entry *entries = stage.out.entries;
    cr_assert_eq(stage.out.entry_count, 6);
    cr_assert_eq(entries[2].kind, JOURNAL_SUBMITTED);
    cr_assert_eq(entries[2].planned_ns, 10, "planned for the moment of acceptance");
    cr_assert_eq(entries[5].kind, JOURNAL_ACCEPTED);
    cr_assert_eq(entries[5].result, 9);
    cr_assert_eq(entries[5].time_ns, 30);
    cr_assert_eq(client_stage_close(&stage), 0);
}

/* No coordinated omission: a slow reply delays the next sending, not its planned time. */
Test(client, in_open_loop_planned_times_do_not_move_when_replies_are_slow)
{
    struct client_stage stage;
    client_stage_open(&stage, 4,
                      (struct client_config){.requests = 4, .start_ns = 5, .interval_ns = 100, .timeout_ns = 1000000});
    client_stage_timer(&stage, 5);
    client_stage_timer(&stage, 105);
    cr_assert_eq(sent(&stage), 1, "one request outstanding at a time");
    stage.now_ns = 250;
    reply_by_all(&stage, 0, 1);
    cr_assert_eq(sent(&stage), 2, "late already: at once");
    stage.now_ns = 255;
    reply_by_all(&stage, 0, 2);
    cr_assert_eq(sent(&stage), 3, "late already: at once");
    reply_by_all(&stage, 0, 3);
    cr_assert_eq(sent(&stage), 3, "the fourth is not due");
    cr_assert_eq(client_stage_deadline(&stage), 305);
    client_stage_timer(&stage, 305);
    cr_assert_eq(sent(&stage), 4);
    uint64_t planned_ns = 5;
    for (uint32_t index = 0; index < stage.out.entry_count; index++) {
        if (stage.out.entries[index].kind == JOURNAL_SUBMITTED) {
            cr_assert_eq(stage.out.entries[index].planned_ns, planned_ns);
            planned_ns += 100;
        }
    }
    cr_assert_eq(planned_ns, 405);
    cr_assert_eq(client_stage_close(&stage), 0);
}

static node_id primary_of_next(struct client_stage *stage, const view_number *views, uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        client_stage_reply(stage, index, views[index], 1, 0);
    }
    cr_assert_eq(client_stage_status(stage).accepted, 1);
    return stage->out.messages[stage->out.message_count - 1].to;
}

Test(client, follows_the_view_that_f_plus_1_replies_vouch_for)
{
    struct client_stage stage;
    client_stage_open(&stage, 7, (struct client_config){.requests = 2});
    cr_assert_eq(primary_of_next(&stage, (view_number[]){3, 3, 3}, 3), 3);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, f_liars_cannot_lead_it_to_a_view_that_no_correct_replica_is_in)
{
    struct client_stage stage;
    client_stage_open(&stage, 7, (struct client_config){.requests = 2});
    cr_assert_eq(primary_of_next(&stage, (view_number[]){5000000, 6, 1}, 3), 1);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, its_view_never_goes_back)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 3});
    cr_assert_eq(primary_of_next(&stage, (view_number[]){2, 2}, 2), 2);
    client_stage_reply(&stage, 0, 1, 2, 0);
    client_stage_reply(&stage, 1, 0, 2, 0);
    cr_assert_eq(stage.out.messages[stage.out.message_count - 1].to, 2);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, a_liar_cannot_take_its_lie_back)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1});
    cr_assert_eq(client_stage_reply(&stage, 0, 0, 1, 666), REJECT_NONE);
    cr_assert_eq(client_stage_reply(&stage, 0, 0, 1, 42), REJECT_CONFLICTING_VOTE);
    client_stage_reply(&stage, 1, 0, 1, 42);
    cr_assert_eq(client_stage_status(&stage).accepted, 0);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, another_reply_quorum_is_obeyed)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1, .reply_quorum = 4});
    for (node_id replica = 0; replica < 3; replica++) {
        client_stage_reply(&stage, replica, 0, 1, 0);
    }
    cr_assert_eq(client_stage_status(&stage).accepted, 0);
    client_stage_reply(&stage, 3, 0, 1, 0);
    cr_assert_eq(client_stage_status(&stage).accepted, 1);
    cr_assert_eq(client_stage_close(&stage), 0);
}

Test(client, only_replies_move_it)
{
    struct client_stage stage;
    client_stage_open(&stage, 4, (struct client_config){.requests = 1});
    for (uint32_t type = 0; type < 256; type++) {
        struct message message = {.type = (uint8_t)type, .sender = 1};
        message.timestamp = 1;
        if (type != MESSAGE_REPLY) {
            cr_assert_eq(client_stage_deliver(&stage, 1, message), REJECT_UNKNOWN_TYPE);
        }
    }
    cr_assert_eq(sent(&stage), 1);
    cr_assert_eq(client_stage_close(&stage), 0);
}

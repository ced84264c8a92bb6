/* The virtual clock's driver: the order of what happens, and how it ends. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/net/actors.h"

/* --- order ---------------------------------------------------------------------------------------------------------- */

/* Everything is sent in the reverse of the order in which it must arrive. */
static void send_backwards(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind != EVENT_START || actor->node.id == 0) {
        return;
    }
    outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 1, 2, 1));
    outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 1, 2, 0));
    outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 1, 1, 0));
    outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 0, 3, 0));
    outbox_send(outbox, 1, message_of(MESSAGE_PRE_PREPARE, 2, 9, 0));
    outbox_send(outbox, 0, message_of(MESSAGE_COMMIT, 5, 5, 0));
}

Test(virtual, messages_of_an_instant_come_by_destination_source_type_view_sequence_attempt)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:10ns", send_backwards);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "10 0<1 t3 v5 s5 a0\n"
                                    "10 0<2 t3 v5 s5 a0\n"
                                    "10 1<1 t1 v2 s9 a0\n"
                                    "10 1<1 t2 v0 s3 a0\n"
                                    "10 1<1 t2 v1 s1 a0\n"
                                    "10 1<1 t2 v1 s2 a0\n"
                                    "10 1<1 t2 v1 s2 a1\n"
                                    "10 1<2 t1 v2 s9 a0\n"
                                    "10 1<2 t2 v0 s3 a0\n"
                                    "10 1<2 t2 v1 s1 a0\n"
                                    "10 1<2 t2 v1 s2 a0\n"
                                    "10 1<2 t2 v1 s2 a1\n");
    cr_assert_eq(troupe->report.end, END_QUIET);
    cr_assert_eq(troupe->report.elapsed_ns, 10);
    free(troupe);
}

/* A node that says two things under one name: which comes first is settled by what they say. */
static void equivocate(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && actor->node.id == 0) {
        struct message message = message_of(MESSAGE_PREPARE, 0, 1, 0);
        message.digest.words[0] = actor->troupe->options.window == 1 ? 5 : 6;
        outbox_send(outbox, 1, message);
        message.digest.words[0] = 11 - message.digest.words[0];
        outbox_send(outbox, 1, message);
    }
    if (event->kind == EVENT_MESSAGE) {
        actor->count = actor->count * 10 + event->message->digest.words[0];
    }
}

Test(virtual, contents_settle_the_order_of_what_is_sent_under_one_name)
{
    for (uint32_t window = 1; window <= 2; window++) {
        struct troupe *troupe = troupe_open(2, 0, "uniform:5ms..35ms", equivocate);
        troupe->options.window = window; /* which of the two is sent first */
        troupe_run(troupe);
        cr_assert_eq(troupe->actors[1].count, 56);
        free(troupe);
    }
}

/* One broadcast, answered by a broadcast, without any delay. */
static void echo(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && actor->node.id == 1) {
        outbox_broadcast(outbox, message_of(MESSAGE_PRE_PREPARE, 0, 1, 0));
    }
    if (event->kind == EVENT_MESSAGE && event->message->type == MESSAGE_PRE_PREPARE) {
        outbox_broadcast(outbox, message_of(MESSAGE_PREPARE, 0, 1, 0));
    }
}

Test(virtual, without_delay_an_instant_goes_in_rounds)
{
    struct troupe *troupe = troupe_open(3, 0, "none", echo);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "0 0<1 t1 v0 s1 a0\n"
                                    "0 2<1 t1 v0 s1 a0\n"
                                    "0 0<2 t2 v0 s1 a0\n"
                                    "0 1<0 t2 v0 s1 a0\n"
                                    "0 1<2 t2 v0 s1 a0\n"
                                    "0 2<0 t2 v0 s1 a0\n");
    cr_assert_eq(troupe->report.events, 3 + 6);
    free(troupe);
}

static void broadcast_once(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && (actor->node.id == 1 || actor->node.id == 3)) {
        outbox_broadcast(outbox, message_of(MESSAGE_REQUEST, actor->node.id, 1, 0));
    }
}

Test(virtual, a_broadcast_goes_to_every_replica_but_its_sender)
{
    struct troupe *troupe = troupe_open(3, 2, "fixed:1ns", broadcast_once);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "1 0<1 t11 v1 s1 a0\n"
                                    "1 0<3 t11 v3 s1 a0\n"
                                    "1 1<3 t11 v3 s1 a0\n"
                                    "1 2<1 t11 v1 s1 a0\n"
                                    "1 2<3 t11 v3 s1 a0\n");
    free(troupe);
}

/* --- timers --------------------------------------------------------------------------------------------------------- */

static void wait_for_ten(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        actor->deadline_ns = 10;
        outbox_send(outbox, 2, message_of(MESSAGE_PREPARE, 0, 1, 0));
    }
    if (event->kind == EVENT_TIMER) {
        actor->deadline_ns = actor->node.id == 0 && event->now_ns < 25 ? event->now_ns + 7 : TIME_NEVER_NS;
    }
}

Test(virtual, messages_of_an_instant_come_before_its_timers_and_those_by_node)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:10ns", wait_for_ten);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "10 2<0 t2 v0 s1 a0\n"
                                    "10 2<1 t2 v0 s1 a0\n"
                                    "10 2<2 t2 v0 s1 a0\n"
                                    "10 0 timer\n"
                                    "10 1 timer\n"
                                    "10 2 timer\n"
                                    "17 0 timer\n"
                                    "24 0 timer\n"
                                    "31 0 timer\n");
    cr_assert_eq(troupe->report.end, END_QUIET);
    cr_assert_eq(troupe->report.elapsed_ns, 31);
    free(troupe);
}

/* Each message puts the deadline off, as the request timer of a replica that makes progress. */
static void put_off(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (actor->node.id == 0) {
        if (event->kind == EVENT_START || (event->kind == EVENT_TIMER && event->now_ns < 50)) {
            outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 0, event->now_ns, 0));
            actor->deadline_ns = event->now_ns + 10;
        } else {
            actor->deadline_ns = TIME_NEVER_NS;
        }
    } else {
        actor->deadline_ns = event->kind == EVENT_TIMER ? TIME_NEVER_NS : event->now_ns + 15;
    }
}

Test(virtual, a_deadline_that_was_put_off_does_not_come)
{
    struct troupe *troupe = troupe_open(2, 0, "fixed:1ns", put_off);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "1 1<0 t2 v0 s0 a0\n"
                                    "10 0 timer\n"
                                    "11 1<0 t2 v0 s10 a0\n"
                                    "20 0 timer\n"
                                    "21 1<0 t2 v0 s20 a0\n"
                                    "30 0 timer\n"
                                    "31 1<0 t2 v0 s30 a0\n"
                                    "40 0 timer\n"
                                    "41 1<0 t2 v0 s40 a0\n"
                                    "50 0 timer\n"
                                    "56 1 timer\n");
    free(troupe);
}

/* Replica 1 puts its deadline off from 5 to 10, when the next message comes. */
static void put_off_to_a_message(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (actor->node.id == 0 && event->kind != EVENT_MESSAGE) {
        outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 0, event->now_ns, 0));
        actor->deadline_ns = event->now_ns == 0 ? 7 : TIME_NEVER_NS;
    } else if (actor->node.id == 1) {
        actor->deadline_ns = event->kind == EVENT_START ? 5 : event->kind == EVENT_MESSAGE ? 10 : TIME_NEVER_NS;
    }
}

Test(virtual, a_deadline_put_off_to_the_instant_of_a_message_comes_after_it)
{
    struct troupe *troupe = troupe_open(2, 0, "fixed:3ns", put_off_to_a_message);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "3 1<0 t2 v0 s0 a0\n"
                                    "7 0 timer\n"
                                    "10 1<0 t2 v0 s7 a0\n"
                                    "10 1 timer\n");
    free(troupe);
}

/* A timer's message that takes no time still comes before the next node's timer of that instant. */
static void prod(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        actor->deadline_ns = 1000000;
    } else if (event->kind == EVENT_TIMER) {
        actor->deadline_ns = TIME_NEVER_NS;
        outbox_send(outbox, 1 - actor->node.id, message_of(MESSAGE_PREPARE, 0, actor->node.id, 0));
    } else {
        actor->deadline_ns = actor->node.id == 1 ? event->now_ns : actor->deadline_ns;
    }
}

Test(virtual, what_a_timer_sends_without_delay_comes_before_other_timers)
{
    struct troupe *troupe = troupe_open(2, 0, "none", prod);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->trace, "1000000 0 timer\n"
                                    "1000000 1<0 t2 v0 s0 a0\n"
                                    "1000000 1 timer\n"
                                    "1000000 0<1 t2 v0 s1 a0\n");
    free(troupe);
}

static void never_content(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    (void)event;
    (void)outbox;
    actor->deadline_ns = 0;
}

Test(virtual, a_deadline_that_stays_in_the_past_does_not_stop_time)
{
    struct troupe *troupe = troupe_open(1, 0, "none", never_content);
    troupe->options.deadline_ns = 100;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.end, END_DEADLINE);
    cr_assert_eq(troupe->timers, 101);
    free(troupe);
}

/* --- ends ----------------------------------------------------------------------------------------------------------- */

/* Replica 0 sends to 1 and executes every 10 ms, three times. */
static void tick(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (actor->node.id != 0) {
        return;
    }
    if (event->kind == EVENT_START) {
        actor->deadline_ns = 10 * MS;
    } else if (event->kind == EVENT_TIMER) {
        if (++actor->count <= 3) {
            struct journal_entry entry = {.kind = JOURNAL_EXECUTED, .time_ns = event->now_ns, .sequence = actor->count};
            outbox_record(outbox, &entry);
        }
        outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 0, actor->count, 0));
        actor->deadline_ns = event->now_ns + 10 * MS;
    }
}

Test(virtual, ends_when_nothing_more_is_awaited)
{
    struct troupe *troupe = troupe_open(2, 0, "fixed:1ms", tick);
    troupe->awaited = 2;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.end, END_FINISHED);
    cr_assert_eq(troupe->report.elapsed_ns, 20 * MS);
    cr_assert_eq(troupe->report.messages.sent, 2);
    cr_assert_eq(troupe->report.messages.discarded, 1);
    free(troupe);
}

Test(virtual, ends_at_the_deadline_and_not_before)
{
    struct troupe *troupe = troupe_open(2, 0, "fixed:1ms", tick);
    troupe->options.deadline_ns = 51 * MS;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.end, END_DEADLINE);
    cr_assert_eq(troupe->report.elapsed_ns, 51 * MS);
    cr_assert_eq(troupe->report.messages.delivered, 5);
    free(troupe);
    troupe = troupe_open(2, 0, "fixed:1ms", tick);
    troupe->options.deadline_ns = 51 * MS - 1;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.elapsed_ns, 51 * MS - 1);
    cr_assert_eq(troupe->report.messages.delivered, 4);
    cr_assert_eq(troupe->report.messages.discarded, 1);
    free(troupe);
}

Test(virtual, ends_when_nothing_is_executed_for_too_long)
{
    struct troupe *troupe = troupe_open(2, 0, "fixed:1ms", tick);
    troupe->options.stall_ns = 15 * MS;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.end, END_STALLED);
    cr_assert_eq(troupe->report.elapsed_ns, 45 * MS);
    cr_assert_eq(troupe->executed, 3);
    free(troupe);
    troupe = troupe_open(2, 0, "fixed:1ms", tick);
    troupe->options.stall_ns = 9 * MS;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.elapsed_ns, 9 * MS);
    cr_assert_eq(troupe->executed, 0);
    free(troupe);
}

Test(virtual, ends_when_it_is_interrupted, .timeout = 30)
{
    static atomic_int flag = 1;
    struct troupe *troupe = troupe_open(2, 0, "none", never_content);
    troupe->write = false;
    troupe->options.deadline_ns = TIME_NEVER_NS - 1;
    troupe->options.interrupted = &flag;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.end, END_INTERRUPTED);
    cr_assert(troupe->report.events < 10000);
    free(troupe);
}

Test(virtual, every_end_has_a_sentence)
{
    for (int end = END_FINISHED; end <= END_QUIET; end++) {
        cr_assert(strlen(driver_end_name((enum driver_end)end)) > 10);
    }
}

/* The virtual clock's driver: what it records and counts, and that every message has its link's fate. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/payload.h"
#include "tests/support/net/actors.h"

/* --- the journal ---------------------------------------------------------------------------------------------------- */

static struct payload *new_batch(void)
{
    struct payload *batch = payload_allocate(100);
    memset(batch->bytes, 7, 100);
    payload_seal(batch);
    return batch;
}

static void propose(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind != EVENT_START || actor->node.id != 0) {
        return;
    }
    struct journal_entry entry = {.kind = JOURNAL_EXECUTED, .sequence = 1, .view = 0};
    outbox_record(outbox, &entry);
    for (sequence_number sequence = 1; sequence <= 2; sequence++) {
        struct payload *batch = outbox_allocate(outbox, 100);
        memset(batch->bytes, 7, 100);
        struct message message = message_of(MESSAGE_PRE_PREPARE, 0, sequence, 0);
        message.payload = batch;
        outbox_send(outbox, 1, message);
        outbox_send(outbox, 2, message);
        message.attempt = 1;
        outbox_broadcast(outbox, message);
        payload_drop(batch);
    }
    outbox_broadcast(outbox, message_of(MESSAGE_PRE_PREPARE, 0, 3, 0)); /* a null request has no payload */
}

Test(virtual, a_proposal_is_recorded_once_in_a_row_and_before_what_its_step_did)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:1ms", propose);
    troupe_run(troupe);
    cr_assert_str_eq(troupe->journal, "0 0 k1 v0 s1\n"
                                      "0 0 k1 v0 s2\n"
                                      "0 0 k1 v0 s3\n"
                                      "0 0 k3 v0 s1\n");
    cr_assert_eq(troupe->batches, 2);
    const struct message_counts *counts = &troupe->report.messages;
    cr_assert_eq(counts->sent, 2 * (1 + 1 + 2) + 2);
    cr_assert_eq(counts->retransmitted, 4);
    cr_assert_eq(counts->by_type[MESSAGE_PRE_PREPARE], 6);
    cr_assert_eq(counts->bytes, 8 * 164 + 2 * 64);
    free(troupe);
}

static void propose_and_record_much(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && actor->node.id == 0) {
        outbox_broadcast(outbox, message_of(MESSAGE_PRE_PREPARE, 0, 1, 0));
        for (sequence_number sequence = 1; sequence <= 100; sequence++) {
            struct journal_entry entry = {.kind = JOURNAL_EXECUTED, .sequence = sequence};
            outbox_record(outbox, &entry);
        }
    }
}

Test(virtual, a_proposal_comes_first_also_where_the_journal_overflows)
{
    struct troupe *troupe = troupe_open(3, 0, "fixed:1ms", propose_and_record_much);
    troupe_run(troupe);
    cr_assert_eq(troupe->executed, 100);
    cr_assert(strncmp(troupe->journal, "0 0 k1 v0 s1\n0 0 k3 v0 s1\n", 26) == 0, "%.100s", troupe->journal);
    free(troupe);
}

static void record_much(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && actor->node.id == 0) {
        for (sequence_number sequence = 1; sequence <= 1000; sequence++) {
            struct journal_entry entry = {.kind = JOURNAL_EXECUTED, .sequence = sequence};
            outbox_record(outbox, &entry);
            outbox_broadcast(outbox, message_of(MESSAGE_COMMIT, 0, sequence, 0));
        }
    }
    if (event->kind == EVENT_MESSAGE) {
        struct message before = *event->message;
        /* more than any outbox holds: what the step has borrowed must stay where it is meanwhile */
        for (sequence_number sequence = 1; actor->count < 3000 && sequence <= 100; sequence++, actor->count++) {
            outbox_broadcast(outbox, message_of(MESSAGE_PREPARE, 0, actor->count, 0));
        }
        cr_assert(memcmp(&before, event->message, sizeof before) == 0);
    }
}

Test(virtual, a_step_may_put_out_more_than_an_outbox_holds)
{
    struct troupe *troupe = troupe_open(3, 0, "uniform:5ms..35ms", record_much);
    troupe->write = false;
    troupe_run(troupe);
    cr_assert_eq(troupe->executed, 1000);
    cr_assert_eq(troupe->report.messages.delivered, 2 * 1000 + 2 * 3 * 3000);
    free(troupe);
}

/* --- fates and books ------------------------------------------------------------------------------------------------ */

/* Everybody answers every message until it has sent enough; some messages carry payloads, one goes nowhere. */
static void chatter(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        outbox_send(outbox, 1000, message_of(MESSAGE_REPLY, 0, 0, 0));
        actor->deadline_ns = 7 * MS;
    }
    if (event->kind == EVENT_TIMER) {
        actor->deadline_ns = event->now_ns + 13 * MS;
    }
    for (int i = 0; i < 2 && actor->count < 2000; i++) {
        struct message message = message_of(MESSAGE_PREPARE, actor->node.id, ++actor->count, 0);
        message.payload = actor->count % 3 == 0 ? new_batch() : NULL;
        if (actor->count % 2 == 0) {
            outbox_broadcast(outbox, message);
        } else {
            outbox_send(outbox, (node_id)(actor->count / 2 % 6), message);
        }
        if (message.payload != NULL) {
            payload_drop(message.payload);
        }
    }
}

static struct troupe *open_rough_troupe(uint64_t seed, bool fifo)
{
    struct troupe *troupe = troupe_open(4, 2, "uniform:5ms..35ms", chatter);
    troupe->write = false;
    troupe->options.links.seed = seed;
    troupe->options.links.drop = 0.2;
    troupe->options.links.client_drop = 0.1;
    troupe->options.links.duplicate = 0.3;
    troupe->options.links.reorder = 0.1;
    troupe->options.links.reorder_extra_ns = 20 * MS;
    troupe->options.links.fifo = fifo;
    return troupe;
}

Test(virtual, books_balance_whatever_the_network_does)
{
    for (int fifo = 0; fifo < 2; fifo++) {
        struct troupe *troupe = open_rough_troupe(1, fifo == 1);
        troupe->options.deadline_ns = 100 * MS; /* in the midst of it */
        troupe_run(troupe);                     /* which compares the books */
        const struct message_counts *counts = &troupe->report.messages;
        cr_assert(counts->dropped > 100 && counts->duplicated > 100 && counts->discarded > 10 &&
                      counts->delivered > 1000,
                  "%lu dropped, %lu duplicated, %lu discarded, %lu delivered", counts->dropped, counts->duplicated,
                  counts->discarded, counts->delivered);
        free(troupe);
    }
}

Test(virtual, a_message_to_nobody_is_dropped)
{
    struct troupe *troupe = troupe_open(4, 2, "none", chatter);
    troupe->write = false;
    troupe->options.deadline_ns = 0;
    troupe_run(troupe);
    cr_assert_eq(troupe->report.messages.dropped, 6);
    free(troupe);
}

Test(virtual, the_same_run_twice_is_the_same)
{
    uint64_t hashes[3];
    for (int i = 0; i < 3; i++) {
        struct troupe *troupe = open_rough_troupe(i == 2 ? 2 : 1, false);
        troupe->options.processing.delay = (struct delay){DELAY_EXPONENTIAL, 50e3, 0};
        troupe->options.deadline_ns = 2000 * MS;
        troupe_run(troupe);
        hashes[i] = troupe->hash;
        free(troupe);
    }
    cr_assert_eq(hashes[0], hashes[1]);
    cr_assert_neq(hashes[0], hashes[2]);
    cr_assert(hashes[0] == UINT64_C(6371375178067042742), "another compiler or an older version had another run: %lu",
              (unsigned long)hashes[0]);
}

static void send_in_turn(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_MESSAGE) {
        cr_assert_eq(event->message->sequence, actor->count, "link out of order");
        actor->count++;
        return;
    }
    if (actor->node.id == 0) {
        for (int i = 0; i < 3 && actor->count < 3000; i++) {
            outbox_send(outbox, 1, message_of(MESSAGE_PREPARE, 0, actor->count++, 0));
        }
        actor->deadline_ns = actor->count < 3000 ? event->now_ns + MS : TIME_NEVER_NS;
    }
}

Test(virtual, a_fifo_link_keeps_its_order)
{
    struct troupe *troupe = troupe_open(2, 0, "uniform:5ms..35ms", send_in_turn);
    troupe->write = false;
    troupe->options.links.fifo = true;
    troupe_run(troupe);
    cr_assert_eq(troupe->actors[1].count, 3000);
    free(troupe);
}

/* Every arrival is checked against what the link model says about that message. */
static void check_fate(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        actor->deadline_ns = 7 * MS + actor->node.id; /* not everything is sent at 0 */
    } else if (event->kind == EVENT_TIMER) {
        actor->deadline_ns = TIME_NEVER_NS;
        for (sequence_number sequence = 1; sequence <= 50; sequence++) {
            outbox_broadcast(outbox, message_of(MESSAGE_COMMIT, 3, sequence, 0));
            outbox_send(outbox, (actor->node.id + 1) % 6, message_of(MESSAGE_FETCH, 3, sequence, 2));
        }
    } else {
        struct link_fate fate;
        link_fate(&actor->troupe->options.links, event->message, event->from, actor->node.id, &fate);
        uint64_t delay_ns = event->now_ns - event->message->sent_ns;
        cr_assert(fate.copies > 0 &&
                  (delay_ns == fate.delay_ns[0] || (fate.copies == 2 && delay_ns == fate.delay_ns[1])));
        actor->troupe->actors[0].count++;
    }
}

Test(virtual, every_message_has_the_fate_that_its_link_gives_it)
{
    struct troupe *troupe = open_rough_troupe(1, false);
    troupe->part = check_fate;
    troupe_run(troupe);
    cr_assert(troupe->actors[0].count > 500);
    cr_assert_eq(troupe->report.end, END_QUIET);
    free(troupe);
}

/* --- processing ----------------------------------------------------------------------------------------------------- */

static void load(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (actor->node.id == 3 && event->kind == EVENT_START) { /* a client */
        for (sequence_number sequence = 1; sequence <= 3; sequence++) {
            outbox_send(outbox, 0, message_of(MESSAGE_REQUEST, 3, sequence, 0));
        }
        outbox_send(outbox, 1, message_of(MESSAGE_REQUEST, 3, 4, 0));
        actor->deadline_ns = 3;
    } else if (actor->node.id == 3 && event->kind == EVENT_TIMER) {
        outbox_send(outbox, 0, message_of(MESSAGE_REQUEST, 3, 5, 0));
        actor->deadline_ns = event->now_ns == 3 ? 20 : TIME_NEVER_NS;
    } else if (actor->node.id == 0 && event->kind == EVENT_MESSAGE && event->message->sequence == 3) {
        outbox_send(outbox, 3, message_of(MESSAGE_REPLY, 0, 3, 0));
    }
}

Test(virtual, messages_queue_for_a_busy_replica)
{
    struct troupe *troupe = troupe_open(3, 1, "fixed:10ns", load);
    cr_assert(delay_parse("fixed:2ns", &troupe->options.processing.delay, &troupe->error));
    troupe_run(troupe);
    /* at replica 0 they arrive at 10, 10, 10, 13 and 30; the client is never busy */
    cr_assert_str_eq(troupe->trace, "3 3 timer\n"
                                    "12 0<3 t11 v3 s1 a0\n"
                                    "12 1<3 t11 v3 s4 a0\n"
                                    "14 0<3 t11 v3 s2 a0\n"
                                    "16 0<3 t11 v3 s3 a0\n"
                                    "18 0<3 t11 v3 s5 a0\n"
                                    "20 3 timer\n"
                                    "26 3<0 t12 v0 s3 a0\n"
                                    "32 0<3 t11 v3 s5 a0\n");
    free(troupe);
}

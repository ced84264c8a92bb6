/* The virtual clock's driver over small nodes of the test's own. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "net/driver.h"
#include "net/payload.h"

#define MS UINT64_C(1000000)
#define MOST_NODES 16

/* --- a stage of actors ------------------------------------------------------------------------------------------- */

struct stage;

/* A node whose part the test writes. */
struct actor {
    struct node node;
    struct stage *stage;
    uint64_t deadline_ns;
    uint64_t count; /* for the part's own use */
};

typedef void part(struct actor *actor, const struct event *event, struct outbox *outbox);

struct stage {
    struct actor actors[MOST_NODES];
    struct node *nodes[MOST_NODES];
    part *part;
    struct driver_options options;
    struct driver_report report;
    struct error error;
    bool write;          /* whether the trace is written out */
    char trace[1 << 16]; /* a line for each step, but for the start */
    size_t length;
    uint64_t hash; /* of each step */
    uint64_t messages, timers;
    char journal[1 << 12];
    size_t journal_length;
    uint64_t executed, awaited; /* EXECUTED entries; the run is finished at so many, if not 0 */
    uint64_t batches;           /* references that PROPOSED entries handed over */
};

static void note(struct stage *stage, uint64_t value)
{
    stage->hash = (stage->hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    stage->hash ^= stage->hash >> 29;
}

static void write_line(struct stage *stage, const struct event *event, node_id id)
{
    char *at = stage->trace + stage->length;
    size_t room = sizeof stage->trace - stage->length;
    int length;
    if (event->kind == EVENT_TIMER) {
        length = snprintf(at, room, "%lu %u timer\n", (unsigned long)event->now_ns, id);
    } else {
        length = snprintf(at, room, "%lu %u<%u t%u v%u s%lu a%u\n", (unsigned long)event->now_ns, id, event->from,
                          event->message->type, event->message->view, (unsigned long)event->message->sequence,
                          event->message->attempt);
    }
    stage->length += (size_t)length;
    cr_assert(stage->length < sizeof stage->trace);
}

static void step_actor(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct actor *actor = (struct actor *)node;
    struct stage *stage = actor->stage;
    if (event->kind != EVENT_START) {
        note(stage, event->now_ns);
        note(stage, (uint64_t)node->id << 32 | event->kind);
        stage->timers += event->kind == EVENT_TIMER;
        if (event->kind == EVENT_MESSAGE) {
            stage->messages++;
            note(stage, (uint64_t)event->from << 32 | event->message->type);
            note(stage, event->message->sequence);
            note(stage, (uint64_t)event->message->view << 32 | event->message->attempt);
        }
        if (stage->write) {
            write_line(stage, event, node->id);
        }
    }
    stage->part(actor, event, outbox);
}

static uint64_t deadline_of_actor(const struct node *node)
{
    return ((const struct actor *)node)->deadline_ns;
}

static void destroy_actor(struct node *node)
{
    (void)node;
}

static const struct node_operations actor_operations = {step_actor, deadline_of_actor, destroy_actor};

static void consume(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    struct stage *stage = context;
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(entries[i].node, node);
        stage->executed += entries[i].kind == JOURNAL_EXECUTED;
        if (entries[i].kind == JOURNAL_PROPOSED && entries[i].batch != NULL) {
            stage->batches++;
            payload_drop(entries[i].batch);
        }
        if (stage->write) {
            stage->journal_length += (size_t)snprintf(
                stage->journal + stage->journal_length, sizeof stage->journal - stage->journal_length,
                "%lu %u k%u v%u s%lu\n", (unsigned long)entries[i].time_ns, node, entries[i].kind, entries[i].view,
                (unsigned long)entries[i].sequence);
        }
    }
}

static bool is_finished(void *context)
{
    const struct stage *stage = context;
    return stage->awaited != 0 && stage->executed >= stage->awaited;
}

static struct stage *open_stage(uint32_t replicas, uint32_t clients, const char *delay, part *play)
{
    struct stage *stage = calloc(1, sizeof *stage);
    stage->part = play;
    for (node_id id = 0; id < replicas + clients; id++) {
        stage->actors[id] = (struct actor){
            .node = {&actor_operations, id}, .stage = stage, .deadline_ns = TIME_NEVER_NS};
        stage->nodes[id] = &stage->actors[id].node;
    }
    stage->options = (struct driver_options){
        .nodes = stage->nodes,
        .replicas = replicas,
        .node_count = replicas + clients,
        .links = {.seed = 1, .replicas = replicas, .gst_ns = TIME_NEVER_NS},
        .deadline_ns = 3600 * 1000 * MS,
        .stall_ns = TIME_NEVER_NS,
        .sink = {consume, is_finished, stage},
    };
    cr_assert(delay_parse(delay, &stage->options.links.delay, &stage->error), "%s", stage->error.text);
    cr_assert(delay_parse(delay, &stage->options.links.client_delay, &stage->error));
    stage->write = true;
    return stage;
}

static void run(struct stage *stage)
{
    cr_assert(virtual_run(&stage->options, &stage->report, &stage->error), "%s", stage->error.text);
    const struct message_counts *counts = &stage->report.messages;
    cr_assert_eq(counts->sent + counts->duplicated, counts->delivered + counts->dropped + counts->discarded);
    cr_assert_eq(counts->delivered, stage->messages);
    cr_assert_eq(stage->report.threads, 1);
}

static struct message message_of(enum message_type type, view_number view, sequence_number sequence, uint16_t attempt)
{
    return (struct message){.type = (uint8_t)type, .view = view, .sequence = sequence, .attempt = attempt};
}

static void listen(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    (void)actor;
    (void)event;
    (void)outbox;
}

/* --- order ------------------------------------------------------------------------------------------------------- */

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
    struct stage *stage = open_stage(3, 0, "fixed:10ns", send_backwards);
    run(stage);
    cr_assert_str_eq(stage->trace, "10 0<1 t3 v5 s5 a0\n"
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
    cr_assert_eq(stage->report.end, END_QUIET);
    cr_assert_eq(stage->report.elapsed_ns, 10);
    free(stage);
}

/* A node that says two things under one name: which comes first is settled by what they say. */
static void equivocate(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && actor->node.id == 0) {
        struct message message = message_of(MESSAGE_PREPARE, 0, 1, 0);
        message.digest.words[0] = actor->stage->options.window == 1 ? 5 : 6;
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
        struct stage *stage = open_stage(2, 0, "uniform:5ms..35ms", equivocate);
        stage->options.window = window; /* which of the two is sent first */
        run(stage);
        cr_assert_eq(stage->actors[1].count, 56);
        free(stage);
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
    struct stage *stage = open_stage(3, 0, "none", echo);
    run(stage);
    cr_assert_str_eq(stage->trace, "0 0<1 t1 v0 s1 a0\n"
                                   "0 2<1 t1 v0 s1 a0\n"
                                   "0 0<2 t2 v0 s1 a0\n"
                                   "0 1<0 t2 v0 s1 a0\n"
                                   "0 1<2 t2 v0 s1 a0\n"
                                   "0 2<0 t2 v0 s1 a0\n");
    cr_assert_eq(stage->report.events, 3 + 6);
    free(stage);
}

static void broadcast_once(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && (actor->node.id == 1 || actor->node.id == 3)) {
        outbox_broadcast(outbox, message_of(MESSAGE_REQUEST, actor->node.id, 1, 0));
    }
}

Test(virtual, a_broadcast_goes_to_every_replica_but_its_sender)
{
    struct stage *stage = open_stage(3, 2, "fixed:1ns", broadcast_once);
    run(stage);
    cr_assert_str_eq(stage->trace, "1 0<1 t11 v1 s1 a0\n"
                                   "1 0<3 t11 v3 s1 a0\n"
                                   "1 1<3 t11 v3 s1 a0\n"
                                   "1 2<1 t11 v1 s1 a0\n"
                                   "1 2<3 t11 v3 s1 a0\n");
    free(stage);
}

/* --- timers ------------------------------------------------------------------------------------------------------ */

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
    struct stage *stage = open_stage(3, 0, "fixed:10ns", wait_for_ten);
    run(stage);
    cr_assert_str_eq(stage->trace, "10 2<0 t2 v0 s1 a0\n"
                                   "10 2<1 t2 v0 s1 a0\n"
                                   "10 2<2 t2 v0 s1 a0\n"
                                   "10 0 timer\n"
                                   "10 1 timer\n"
                                   "10 2 timer\n"
                                   "17 0 timer\n"
                                   "24 0 timer\n"
                                   "31 0 timer\n");
    cr_assert_eq(stage->report.end, END_QUIET);
    cr_assert_eq(stage->report.elapsed_ns, 31);
    free(stage);
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
    struct stage *stage = open_stage(2, 0, "fixed:1ns", put_off);
    run(stage);
    cr_assert_str_eq(stage->trace, "1 1<0 t2 v0 s0 a0\n"
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
    free(stage);
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
    struct stage *stage = open_stage(2, 0, "none", prod);
    run(stage);
    cr_assert_str_eq(stage->trace, "1000000 0 timer\n"
                                   "1000000 1<0 t2 v0 s0 a0\n"
                                   "1000000 1 timer\n"
                                   "1000000 0<1 t2 v0 s1 a0\n");
    free(stage);
}

static void never_content(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    (void)event;
    (void)outbox;
    actor->deadline_ns = 0;
}

Test(virtual, a_deadline_that_stays_in_the_past_does_not_stop_time)
{
    struct stage *stage = open_stage(1, 0, "none", never_content);
    stage->options.deadline_ns = 100;
    run(stage);
    cr_assert_eq(stage->report.end, END_DEADLINE);
    cr_assert_eq(stage->timers, 101);
    free(stage);
}

/* --- ends -------------------------------------------------------------------------------------------------------- */

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
    struct stage *stage = open_stage(2, 0, "fixed:1ms", tick);
    stage->awaited = 2;
    run(stage);
    cr_assert_eq(stage->report.end, END_FINISHED);
    cr_assert_eq(stage->report.elapsed_ns, 20 * MS);
    cr_assert_eq(stage->report.messages.sent, 2);
    cr_assert_eq(stage->report.messages.discarded, 1);
    free(stage);
}

Test(virtual, ends_at_the_deadline_and_not_before)
{
    struct stage *stage = open_stage(2, 0, "fixed:1ms", tick);
    stage->options.deadline_ns = 51 * MS;
    run(stage);
    cr_assert_eq(stage->report.end, END_DEADLINE);
    cr_assert_eq(stage->report.elapsed_ns, 51 * MS);
    cr_assert_eq(stage->report.messages.delivered, 5);
    free(stage);
    stage = open_stage(2, 0, "fixed:1ms", tick);
    stage->options.deadline_ns = 51 * MS - 1;
    run(stage);
    cr_assert_eq(stage->report.elapsed_ns, 51 * MS - 1);
    cr_assert_eq(stage->report.messages.delivered, 4);
    cr_assert_eq(stage->report.messages.discarded, 1);
    free(stage);
}

Test(virtual, ends_when_nothing_is_executed_for_too_long)
{
    struct stage *stage = open_stage(2, 0, "fixed:1ms", tick);
    stage->options.stall_ns = 15 * MS;
    run(stage);
    cr_assert_eq(stage->report.end, END_STALLED);
    cr_assert_eq(stage->report.elapsed_ns, 45 * MS);
    cr_assert_eq(stage->executed, 3);
    free(stage);
    stage = open_stage(2, 0, "fixed:1ms", tick);
    stage->options.stall_ns = 9 * MS;
    run(stage);
    cr_assert_eq(stage->report.elapsed_ns, 9 * MS);
    cr_assert_eq(stage->executed, 0);
    free(stage);
}

Test(virtual, ends_when_it_is_interrupted, .timeout = 30)
{
    static atomic_int flag = 1;
    struct stage *stage = open_stage(2, 0, "none", never_content);
    stage->write = false;
    stage->options.deadline_ns = TIME_NEVER_NS - 1;
    stage->options.interrupted = &flag;
    run(stage);
    cr_assert_eq(stage->report.end, END_INTERRUPTED);
    cr_assert(stage->report.events < 10000);
    free(stage);
}

Test(virtual, every_end_has_a_sentence)
{
    for (int end = END_FINISHED; end <= END_QUIET; end++) {
        cr_assert(strlen(driver_end_name((enum driver_end)end)) > 10);
    }
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

static struct payload *new_batch(void)
{
    struct payload *batch = payload_allocate(100);
    memset(batch->bytes, 7, 100);
    batch->digest.words[0] = 7;
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
    struct stage *stage = open_stage(3, 0, "fixed:1ms", propose);
    run(stage);
    cr_assert_str_eq(stage->journal, "0 0 k1 v0 s1\n"
                                     "0 0 k1 v0 s2\n"
                                     "0 0 k1 v0 s3\n"
                                     "0 0 k3 v0 s1\n");
    cr_assert_eq(stage->batches, 2);
    const struct message_counts *counts = &stage->report.messages;
    cr_assert_eq(counts->sent, 2 * (1 + 1 + 2) + 2);
    cr_assert_eq(counts->retransmitted, 4);
    cr_assert_eq(counts->by_type[MESSAGE_PRE_PREPARE], 6);
    cr_assert_eq(counts->bytes, 8 * 164 + 2 * 64);
    free(stage);
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
    struct stage *stage = open_stage(3, 0, "uniform:5ms..35ms", record_much);
    stage->write = false;
    run(stage);
    cr_assert_eq(stage->executed, 1000);
    cr_assert_eq(stage->report.messages.delivered, 2 * 1000 + 2 * 3 * 3000);
    free(stage);
}

/* --- fates and books --------------------------------------------------------------------------------------------- */

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

static struct stage *open_rough_stage(uint64_t seed, bool fifo)
{
    struct stage *stage = open_stage(4, 2, "uniform:5ms..35ms", chatter);
    stage->write = false;
    stage->options.links.seed = seed;
    stage->options.links.drop = 0.2;
    stage->options.links.client_drop = 0.1;
    stage->options.links.duplicate = 0.3;
    stage->options.links.reorder = 0.1;
    stage->options.links.reorder_extra_ns = 20 * MS;
    stage->options.links.fifo = fifo;
    return stage;
}

Test(virtual, books_balance_whatever_the_network_does)
{
    for (int fifo = 0; fifo < 2; fifo++) {
        struct stage *stage = open_rough_stage(1, fifo == 1);
        stage->options.deadline_ns = 300 * MS;
        run(stage); /* which compares the books */
        const struct message_counts *counts = &stage->report.messages;
        cr_assert(counts->dropped > 100 && counts->duplicated > 100 && counts->discarded > 10 &&
                  counts->delivered > 1000);
        free(stage);
    }
}

Test(virtual, a_message_to_nobody_is_dropped)
{
    struct stage *stage = open_stage(4, 2, "none", chatter);
    stage->write = false;
    stage->options.deadline_ns = 0;
    run(stage);
    cr_assert_eq(stage->report.messages.dropped, 6);
    free(stage);
}

Test(virtual, the_same_run_twice_is_the_same)
{
    uint64_t hashes[3];
    for (int i = 0; i < 3; i++) {
        struct stage *stage = open_rough_stage(i == 2 ? 2 : 1, false);
        stage->options.processing = (struct delay){DELAY_EXPONENTIAL, 50e3, 0};
        stage->options.deadline_ns = 2000 * MS;
        run(stage);
        hashes[i] = stage->hash;
        free(stage);
    }
    cr_assert_eq(hashes[0], hashes[1]);
    cr_assert_neq(hashes[0], hashes[2]);
    cr_assert(hashes[0] == UINT64_C(4690150590087210649), "another compiler or an older version had another run: %lu",
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
    struct stage *stage = open_stage(2, 0, "uniform:5ms..35ms", send_in_turn);
    stage->write = false;
    stage->options.links.fifo = true;
    run(stage);
    cr_assert_eq(stage->actors[1].count, 3000);
    free(stage);
}

/* Every arrival is checked against what the link model says about that message. */
static void check_fate(struct actor *actor, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        for (sequence_number sequence = 1; sequence <= 50; sequence++) {
            outbox_broadcast(outbox, message_of(MESSAGE_COMMIT, 3, sequence, 0));
            outbox_send(outbox, (actor->node.id + 1) % 6, message_of(MESSAGE_FETCH, 3, sequence, 2));
        }
    } else {
        struct link_fate fate;
        link_fate(&actor->stage->options.links, event->message, event->from, actor->node.id, &fate);
        uint64_t delay_ns = event->now_ns - event->message->sent_ns;
        cr_assert(fate.copies > 0 &&
                  (delay_ns == fate.delay_ns[0] || (fate.copies == 2 && delay_ns == fate.delay_ns[1])));
        actor->stage->actors[0].count++;
    }
}

Test(virtual, every_message_has_the_fate_that_its_link_gives_it)
{
    struct stage *stage = open_rough_stage(1, false);
    stage->part = check_fate;
    run(stage);
    cr_assert(stage->actors[0].count > 500);
    cr_assert_eq(stage->report.end, END_QUIET);
    free(stage);
}

/* --- processing -------------------------------------------------------------------------------------------------- */

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
    struct stage *stage = open_stage(3, 1, "fixed:10ns", load);
    cr_assert(delay_parse("fixed:2ns", &stage->options.processing, &stage->error));
    run(stage);
    /* at replica 0 they arrive at 10, 10, 10, 13 and 30; the client is never busy */
    cr_assert_str_eq(stage->trace, "3 3 timer\n"
                                   "12 0<3 t11 v3 s1 a0\n"
                                   "12 1<3 t11 v3 s4 a0\n"
                                   "14 0<3 t11 v3 s2 a0\n"
                                   "16 0<3 t11 v3 s3 a0\n"
                                   "18 0<3 t11 v3 s5 a0\n"
                                   "20 3 timer\n"
                                   "26 3<0 t12 v0 s3 a0\n"
                                   "32 0<3 t11 v3 s5 a0\n");
    free(stage);
}

/* --- the whole model against theory ------------------------------------------------------------------------------ */

/* What a replica knows of one decision. */
struct ballot {
    uint16_t prepares, commits; /* with its own */
    bool pre_prepared, prepared, committed;
};

/* Counts votes and does nothing else. */
struct voter {
    struct node node;
    uint32_t quorum;
    struct ballot *ballots;   /* by sequence number */
    uint64_t *last_commit_ns; /* by sequence number: of whichever replica was last; shared */
    uint64_t committed;
};

enum { DECISIONS = 20000 };

/* The pre-prepare is the primary's vote, so it counts among the prepares. */
static void advance(struct voter *voter, sequence_number sequence, uint64_t now_ns, struct outbox *outbox)
{
    struct ballot *ballot = &voter->ballots[sequence];
    if (ballot->pre_prepared && !ballot->prepared && ballot->prepares >= voter->quorum) {
        ballot->prepared = true;
        ballot->commits++;
        outbox_broadcast(outbox, message_of(MESSAGE_COMMIT, 0, sequence, 0));
    }
    if (ballot->prepared && !ballot->committed && ballot->commits >= voter->quorum) {
        ballot->committed = true;
        voter->committed++;
        voter->last_commit_ns[sequence] = now_ns;
    }
}

static void step_voter(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct voter *voter = (struct voter *)node;
    if (event->kind == EVENT_START) {
        for (sequence_number sequence = 1; node->id == 0 && sequence <= DECISIONS; sequence++) {
            outbox_broadcast(outbox, message_of(MESSAGE_PRE_PREPARE, 0, sequence, 0));
            voter->ballots[sequence].pre_prepared = true;
            voter->ballots[sequence].prepares = 1;
        }
        return;
    }
    sequence_number sequence = event->message->sequence;
    struct ballot *ballot = &voter->ballots[sequence];
    if (event->message->type == MESSAGE_PRE_PREPARE) {
        ballot->pre_prepared = true;
        ballot->prepares = (uint16_t)(ballot->prepares + 2); /* the primary's and its own */
        outbox_broadcast(outbox, message_of(MESSAGE_PREPARE, 0, sequence, 0));
    } else if (event->message->type == MESSAGE_PREPARE) {
        ballot->prepares++;
    } else {
        ballot->commits++;
    }
    advance(voter, sequence, event->now_ns, outbox);
}

static uint64_t no_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static const struct node_operations voter_operations = {step_voter, no_deadline, destroy_actor};

/* The mean time until the last of n replicas has committed, in ms. */
static double mean_of_last_commit(uint32_t n)
{
    static struct voter voters[MOST_NODES];
    struct stage *stage = open_stage(n, 0, "uniform:5ms..35ms", listen);
    uint64_t *last_commit_ns = calloc(DECISIONS + 1, sizeof *last_commit_ns);
    for (node_id id = 0; id < n; id++) {
        voters[id] = (struct voter){.node = {&voter_operations, id},
                                    .quorum = quorum_size(n),
                                    .ballots = calloc(DECISIONS + 1, sizeof(struct ballot)),
                                    .last_commit_ns = last_commit_ns};
        stage->nodes[id] = &voters[id].node;
    }
    stage->write = false;
    stage->options.links.seed = 20261122;
    cr_assert(virtual_run(&stage->options, &stage->report, &stage->error));
    cr_assert_eq(stage->report.end, END_QUIET);
    cr_assert_eq(stage->report.messages.delivered, UINT64_C(2) * n * (n - 1) * DECISIONS);
    double sum = 0.0;
    for (int sequence = 1; sequence <= DECISIONS; sequence++) {
        sum += (double)last_commit_ns[sequence] * 1e-6;
    }
    for (node_id id = 0; id < n; id++) {
        cr_assert_eq(voters[id].committed, DECISIONS);
        free(voters[id].ballots);
    }
    free(last_commit_ns);
    free(stage);
    return sum / DECISIONS;
}

Test(virtual, three_phases_take_as_long_as_theory_says)
{
    double four = mean_of_last_commit(4);
    double ten = mean_of_last_commit(10);
    cr_assert(fabs(four - 62.97) < 4 * 8.0 / sqrt(DECISIONS), "n = 4: %.3f ms", four);
    cr_assert(fabs(ten - 71.52) < 4 * 4.0 / sqrt(DECISIONS), "n = 10: %.3f ms", ten);
}

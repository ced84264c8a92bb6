#include <criterion/criterion.h>
#include <sched.h>
#include <stdlib.h>

#include "net/bundle.h"
#include "net/driver.h"

/* A node whose behaviour is a function. */
struct puppet {
    struct node node;
    void (*act)(struct puppet *puppet, const struct event *event, struct outbox *outbox);
    uint64_t deadline_ns;
    uint64_t received, timers, starts, last_ns;
    uint64_t from[8]; /* messages by origin */
    struct payload *kept;
};

enum { REPLICAS = 4, NODES = 7 };

static struct puppet puppets[NODES];
static struct node *nodes[NODES];
static struct driver_options options;
static struct driver_report report;
static struct error error;

/* What the sink read. */
static uint64_t entries[16];
static uint64_t wanted;
static struct journal_entry last_entry[NODES];
static uint64_t proposals[NODES];
static struct digest proposed_digest;

static void step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct puppet *puppet = (struct puppet *)node;
    cr_assert_geq(event->now_ns, puppet->last_ns, "time goes backwards");
    puppet->last_ns = event->now_ns;
    cr_assert(puppet->starts == 1 || event->kind == EVENT_START, "the start comes first");
    puppet->starts += event->kind == EVENT_START;
    puppet->timers += event->kind == EVENT_TIMER;
    if (event->kind == EVENT_MESSAGE) {
        cr_assert(event->message->to == node->id || event->message->to == TO_ALL_REPLICAS);
        puppet->received++;
        puppet->from[event->from]++;
    } else {
        cr_assert_eq(event->from, NO_NODE);
    }
    if (puppet->act != NULL) {
        puppet->act(puppet, event, outbox);
    }
}

static uint64_t deadline(const struct node *node)
{
    return ((const struct puppet *)node)->deadline_ns;
}

static const struct node_operations operations = {.step = step, .deadline = deadline};

static void consume(void *context, node_id node, const struct journal_entry *batch, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(batch[i].node, node);
        entries[batch[i].kind]++;
        if (batch[i].kind == JOURNAL_PROPOSED) {
            proposals[node]++;
            proposed_digest = batch[i].digest;
            if (batch[i].batch != NULL) {
                payload_drop(batch[i].batch);
            }
            continue;
        }
        cr_assert_eq(batch[i].sequence, last_entry[node].sequence + 1, "a node's entries come in its order");
        last_entry[node] = batch[i];
    }
}

static bool finished(void *context)
{
    (void)context;
    return entries[JOURNAL_EXECUTED] >= wanted;
}

static void prepare(void)
{
    for (node_id id = 0; id < NODES; id++) {
        puppets[id] = (struct puppet){.node = {&operations, id}, .deadline_ns = TIME_NEVER_NS};
        nodes[id] = &puppets[id].node;
    }
    options = (struct driver_options){
        .nodes = nodes,
        .replicas = REPLICAS,
        .node_count = NODES,
        .links = {.seed = 1, .replicas = REPLICAS, .gst_ns = TIME_NEVER_NS},
        .deadline_ns = UINT64_C(30000000000),
        .stall_ns = TIME_NEVER_NS,
        .window = 64,
        .time_scale = 1.0,
        .delay_lines = 1,
        .sink = {.consume = consume, .finished = finished},
    };
    wanted = UINT64_MAX;
}

/* All replicas act like this, and clients do nothing. */
static void prepare_replicas(void (*act)(struct puppet *puppet, const struct event *event, struct outbox *outbox))
{
    prepare();
    for (node_id id = 0; id < REPLICAS; id++) {
        puppets[id].act = act;
    }
}

static void execute(struct puppet *puppet, struct outbox *outbox)
{
    (void)puppet;
    static _Thread_local uint64_t sequence; /* one node a thread where it is used */
    outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = ++sequence});
}

static void run(enum driver_end end)
{
    cr_assert(threads_run(&options, &report, &error), "%s", error.text);
    cr_assert_eq(report.end, end, "%s", driver_end_name(report.end));
    const struct message_counts *m = &report.messages;
    cr_assert_eq(m->sent + m->duplicated, m->delivered + m->dropped + m->discarded);
    for (node_id id = 0; id < NODES; id++) {
        cr_assert_eq(puppets[id].starts, 1);
    }
}

/* Everything that follows: a message to all at the start, an answer to whoever sent it, an entry for each answer. */
static void ask_all(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    struct message message = {.type = MESSAGE_PREPARE, .sender = puppet->node.id, .sequence = 1};
    if (event->kind == EVENT_START) {
        outbox_broadcast(outbox, message);
    } else if (event->kind == EVENT_MESSAGE && event->message->sequence == 1) {
        message.sequence = 2;
        outbox_send(outbox, event->from, message);
    } else if (event->kind == EVENT_MESSAGE && puppet->node.id < REPLICAS) {
        execute(puppet, outbox);
    }
}

Test(threads, every_question_is_answered_whoever_asked, .timeout = 60)
{
    for (uint32_t lines = 1; lines <= 3; lines++) {
        prepare();
        for (node_id id = 0; id < NODES; id++) {
            puppets[id].act = ask_all;
            entries[JOURNAL_EXECUTED] = last_entry[id].sequence = 0;
        }
        options.delay_lines = lines;
        options.pin = lines == 2;
        wanted = REPLICAS * (REPLICAS - 1);
        run(END_FINISHED);
        cr_assert_eq(report.messages.discarded + report.messages.delivered, report.messages.sent);
        cr_assert_eq(report.messages.sent, report.messages.by_type[MESSAGE_PREPARE]);
        cr_assert_leq(report.messages.sent, 2 * (REPLICAS * (REPLICAS - 1) + (NODES - REPLICAS) * REPLICAS));
        cr_assert_eq(report.messages.bytes, 64 * report.messages.sent);
        cr_assert_geq(report.threads, 1 + lines + REPLICAS + 1);
        cr_assert_gt(report.elapsed_ns, 0);
        cr_assert_gt(report.cpu_ns, 0);
        cr_assert_geq(report.events, NODES + report.messages.delivered);
    }
}

/* Clients that share a thread claim to be each other, and a replica. */
static void lie(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && puppet->node.id >= REPLICAS) {
        for (int i = 0; i < 100; i++) {
            outbox_send(outbox, 0, (struct message){.type = MESSAGE_REQUEST, .sender = (node_id)i % NODES});
        }
    } else if (event->kind == EVENT_MESSAGE) {
        if (puppet->received == 1) {
            cr_assert_eq(event->message->sender, 0, "a claim travels unchanged");
        }
        if (puppet->received == 300) {
            execute(puppet, outbox);
        }
    }
}

Test(threads, the_origin_is_the_node_that_sent_whatever_it_claims, .timeout = 60)
{
    prepare();
    for (node_id id = 0; id < NODES; id++) {
        puppets[id].act = lie;
    }
    wanted = 1;
    run(END_FINISHED);
    for (node_id id = 0; id < NODES; id++) {
        cr_assert_eq(puppets[0].from[id], id >= REPLICAS ? 100 : 0);
    }
}

enum { TICKS = 20 };

static void tick(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        puppet->deadline_ns = 1000000;
    }
    if (event->kind == EVENT_TIMER) {
        cr_assert_geq(event->now_ns, puppet->deadline_ns, "not before it is due");
        puppet->deadline_ns += 1000000;
        if (puppet->timers <= TICKS) {
            outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = puppet->timers});
        }
    }
}

Test(threads, timers_come_when_they_are_due_and_not_before, .timeout = 60)
{
    prepare();
    for (node_id id = 0; id < NODES; id++) {
        puppets[id].act = tick;
    }
    wanted = TICKS * NODES;
    run(END_FINISHED);
    cr_assert_geq(report.elapsed_ns, TICKS * 1000000);
}

static void tick_slowly(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    puppet->deadline_ns = event->now_ns + 10000000;
}

/* A host that takes a core away may charge it to whoever ran there, so a busy machine may need several trials. One
 * thread that spins costs as much CPU as the run lasts, on any machine that gives it its turn. */
Test(threads, nobody_spins_while_waiting, .timeout = 60)
{
    uint64_t least_cpu_ns = UINT64_MAX;
    for (uint32_t trial = 0; trial < 10 && least_cpu_ns > 50000000; trial++) {
        prepare();
        for (node_id id = 0; id < NODES; id++) {
            puppets[id].act = tick_slowly;
        }
        options.deadline_ns = 200000000;
        run(END_DEADLINE);
        least_cpu_ns = report.cpu_ns < least_cpu_ns ? report.cpu_ns : least_cpu_ns;
    }
    cr_assert_leq(least_cpu_ns, 50000000, "%lu ns of CPU in 200 ms of waiting", least_cpu_ns);
}

/* At its third timer. */
static void execute_once(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_TIMER && puppet->timers == 3) {
        outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = 1});
    }
}

static void nag(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    puppet->deadline_ns = 0; /* always due, and before all others */
    execute_once(puppet, event, outbox);
}

static void tick_thrice(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    puppet->deadline_ns = (puppet->timers + 1) * 1000000;
    execute_once(puppet, event, outbox);
}

Test(threads, a_node_that_always_wants_its_timer_does_not_starve_its_neighbours, .timeout = 60)
{
    prepare();
    puppets[REPLICAS].act = nag;
    for (node_id id = REPLICAS + 1; id < NODES; id++) { /* on the thread of the nag */
        puppets[id].act = tick_thrice;
    }
    wanted = NODES - REPLICAS;
    run(END_FINISHED);
}

Test(threads, time_scale_stretches_the_run, .timeout = 60)
{
    prepare();
    puppets[0].act = tick;
    options.time_scale = 10.0;
    wanted = 3;
    run(END_FINISHED);
    cr_assert_geq(report.elapsed_ns, 3000000);
    cr_assert_geq(report.wall_ns, 30000000);
}

Test(threads, the_deadline_ends_a_run_that_does_nothing, .timeout = 60)
{
    prepare();
    options.deadline_ns = 5000000;
    run(END_DEADLINE);
    cr_assert_geq(report.elapsed_ns, 5000000);
}

static void execute_at_start(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START) {
        execute(puppet, outbox);
    }
}

Test(threads, a_run_without_executions_ends_as_stalled, .timeout = 60)
{
    prepare();
    puppets[1].act = execute_at_start;
    options.stall_ns = 10000000;
    run(END_STALLED);
    cr_assert_eq(entries[JOURNAL_EXECUTED], 1);
    cr_assert_geq(report.elapsed_ns, 10000000);
}

Test(threads, an_interruption_ends_the_run, .timeout = 60)
{
    static const atomic_int now = 1;
    prepare();
    options.interrupted = &now;
    run(END_INTERRUPTED);
}

static void write_much(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && puppet->node.id < REPLICAS) {
        for (int i = 0; i < 20000; i++) {
            execute(puppet, outbox);
        }
    }
}

Test(threads, a_journal_beyond_its_ring_loses_nothing_and_keeps_its_order, .timeout = 60)
{
    prepare_replicas(write_much);
    wanted = 20000 * REPLICAS;
    run(END_FINISHED);
    cr_assert_eq(entries[JOURNAL_EXECUTED], 20000 * REPLICAS);
}

Test(threads, what_is_in_a_journal_when_the_run_ends_is_read_too, .timeout = 60)
{
    prepare_replicas(write_much);
    wanted = 1;
    run(END_FINISHED);
    cr_assert_eq(entries[JOURNAL_EXECUTED], 20000 * REPLICAS);
}

/* Every flag there is. */
static void flag_all(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && puppet->node.id == 1) {
        outbox_broadcast(outbox, (struct message){.type = MESSAGE_COMMIT, .flags = 0xff, .sender = 1, .sequence = 99});
        outbox->operations->flush_messages(outbox);
        for (uint64_t i = 0; i < 20; i++) {
            outbox_broadcast(outbox,
                             (struct message){.type = MESSAGE_COMMIT, .flags = 0xff, .sender = 1, .sequence = i});
        }
    }
    if (event->kind == EVENT_MESSAGE) {
        cr_assert_eq(event->message->flags, 0xff & ~MESSAGE_BUNDLE);
        if (puppet->from[1] == 21) {
            execute(puppet, outbox);
        }
    }
}

Test(threads, a_node_cannot_pass_a_message_off_as_a_bundle, .timeout = 60)
{
    prepare_replicas(flag_all);
    wanted = REPLICAS - 1;
    run(END_FINISHED);
    cr_assert_eq(report.messages.delivered, 21u * (REPLICAS - 1));
}

/* More in one step than hold ring, lists, quota and inboxes, which nobody empties meanwhile. */
enum { FLOOD = 600000 };
static atomic_bool flooded;

static void flood(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && puppet->node.id == 3) {
        for (uint64_t i = 0; i < FLOOD; i++) {
            outbox_broadcast(outbox, (struct message){.type = MESSAGE_COMMIT, .sender = 3, .sequence = i});
        }
        outbox_send(outbox, 4000000, (struct message){.type = MESSAGE_COMMIT}); /* there is no such node */
        outbox_send(outbox, NO_NODE, (struct message){.type = 200, .attempt = 1});
        outbox->operations->flush_messages(outbox);
        atomic_store(&flooded, true);
    }
    while (!atomic_load(&flooded)) {
        sched_yield();
    }
    if (puppet->node.id == 0 && puppet->from[3] > 1000) {
        execute(puppet, outbox);
    }
}

Test(threads, a_flood_is_dropped_beyond_its_bound_and_counted, .timeout = 60)
{
    const uint64_t room = 4096 * BUNDLE_MOST /* an inbox */ + 128 * BUNDLE_MOST /* the ring */ +
                          3 * 2200 /* the rest */;
    prepare_replicas(flood);
    wanted = 1;
    run(END_FINISHED);
    cr_assert_eq(report.messages.sent, 3 * FLOOD + 2);
    cr_assert_eq(report.messages.by_type[MESSAGE_COMMIT], 3 * FLOOD + 1);
    cr_assert_eq(report.messages.retransmitted, 1);
    cr_assert_geq(report.messages.dropped, 3 * (FLOOD - room));
}

/* Contents that the receivers check and keep. */
static void share(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && puppet->node.id == 0) {
        struct payload *payload = outbox_allocate(outbox, 1000);
        for (uint32_t i = 0; i < 1000; i++) {
            payload->bytes[i] = (unsigned char)i;
        }
        const struct message message = {
            .type = MESSAGE_PRE_PREPARE, .sender = 0, .view = 2, .sequence = 9, .digest = {{5, 6}}, .payload = payload};
        outbox_broadcast(outbox, message);
        outbox_send(outbox, 1, message);
        outbox_send(outbox, 2, message);
        payload_drop(payload);
    } else if (event->kind == EVENT_MESSAGE) {
        for (uint32_t i = 0; i < 1000; i++) {
            cr_assert_eq(event->message->payload->bytes[i], (unsigned char)i);
        }
        if (puppet->kept == NULL) {
            puppet->kept = event->message->payload;
            payload_hold(puppet->kept);
            execute(puppet, outbox);
        }
    }
}

Test(threads, contents_outlive_the_step_only_for_those_who_hold_them, .timeout = 60)
{
    prepare_replicas(share);
    wanted = REPLICAS - 1;
    run(END_FINISHED);
    cr_assert_eq(report.messages.sent, REPLICAS - 1 + 2);
    cr_assert_eq(report.messages.bytes, (REPLICAS - 1 + 2) * 1064);
    cr_assert_eq(puppets[1].kept->references, REPLICAS - 1, "the holders' and nobody else's");
    for (node_id id = 1; id < REPLICAS; id++) {
        payload_drop(puppets[id].kept);
    }
    cr_assert_eq(proposals[0], 1, "one proposal, however many copies");
    cr_assert_eq(proposed_digest.words[1], 6);
}

static void alternate(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    if (event->kind == EVENT_START && puppet->node.id == 1) {
        for (uint64_t i = 0; i < 6; i++) {
            outbox_send(outbox, (node_id)(2 + i % 2),
                        (struct message){.type = MESSAGE_PRE_PREPARE, .sequence = 1, .digest = {{1 + i / 3, 0}}});
        }
        execute(puppet, outbox);
    }
}

Test(threads, a_proposal_is_noted_once_for_each_content_and_before_its_execution, .timeout = 60)
{
    prepare();
    puppets[1].act = alternate;
    wanted = 1;
    run(END_FINISHED);
    cr_assert_eq(proposals[1], 2);
}

Test(threads, one_replica_and_no_client_is_a_cluster, .timeout = 60)
{
    prepare();
    options.replicas = options.node_count = options.links.replicas = 1;
    options.delay_lines = 8;
    puppets[0].act = execute_at_start;
    for (node_id id = 1; id < NODES; id++) {
        puppets[id].starts = 1;
    }
    wanted = 1;
    run(END_FINISHED);
}

/* As ask_all, but many questions, each with a fate of its own. */
static void ask_much(struct puppet *puppet, const struct event *event, struct outbox *outbox)
{
    struct message message = {.type = MESSAGE_PREPARE, .sender = puppet->node.id, .sequence = 1};
    for (message.view = 0; event->kind == EVENT_START && message.view < 50; message.view++) {
        outbox_broadcast(outbox, message);
    }
    if (event->kind == EVENT_MESSAGE) {
        ask_all(puppet, event, outbox);
    }
}

Test(threads, under_delay_loss_and_repetition_the_books_are_exact, .timeout = 60)
{
    for (uint32_t lines = 1; lines <= 2; lines++) {
        prepare();
        options.delay_lines = lines;
        options.links.delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 400e6};
        options.links.client_delay = (struct delay){.kind = DELAY_FIXED, .a = 1e6};
        options.links.drop = 0.2;
        options.links.client_drop = 0.5;
        options.links.duplicate = 0.3;
        options.links.reorder = 0.3;
        options.links.reorder_extra_ns = 3000000;
        options.links.fifo = lines == 2;
        for (node_id id = 0; id < NODES; id++) {
            puppets[id].act = ask_much;
            entries[JOURNAL_EXECUTED] = last_entry[id].sequence = 0;
        }
        wanted = 10; /* with most of it still under way */
        run(END_FINISHED);
        cr_assert_gt(report.messages.dropped, 0);
        cr_assert_gt(report.messages.duplicated, 0);
        cr_assert_gt(report.messages.discarded, 0);
    }
}

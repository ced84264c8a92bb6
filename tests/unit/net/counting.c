/* Drivers and nodes that count: whatever a node takes without a step each, every message reaches it once, in its turn,
 * and what is not to be counted - by nodes that share a thread, where replicas are busy - is not. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/driver.h"
#include "net/recorded.h"
#include "net/recording.h"

enum { REPLICAS = 4, CLIENTS = 400, NODES = REPLICAS + CLIENTS, EACH = 400, TO_EACH_CLIENT = 8 };

/* A node that says a number of things at the start, and notes what it hears. It counts what it hears but for every
 * fourth of a sender's and what has a payload. */
struct listener {
    struct node node;
    uint64_t heard[REPLICAS]; /* of each replica; also the number of the last that came */
    uint64_t counted, stepped, last_ns, deadline_ns, timers;
    bool finished;
};

static struct listener listeners[NODES];
static struct node *nodes[NODES];
static struct driver_options options;
static struct driver_report report;
static struct error error;
static struct payload *contents; /* shared; the test's reference among others' */
static uint64_t executed;
static bool is_virtual;
static uint64_t clock_ns;    /* virtual clock: of the last event of whichever node */
static uint64_t finished_ns; /* when the first node had heard all */
static bool all_count;       /* every fourth too: nobody finishes */

static void hear(struct listener *listener, uint64_t now_ns, const struct message *message, node_id from)
{
    const bool to_it = message->to == listener->node.id ||
                       (message->to == TO_ALL_REPLICAS && listener->node.id < REPLICAS);
    cr_assert(to_it, "node %u got what is node %u's", listener->node.id, message->to);
    cr_assert_lt(from, REPLICAS);
    const uint64_t expected = ++listener->heard[from];
    cr_assert(message->sequence == expected || !options.links.fifo, "node %u, from %u", listener->node.id, from);
    cr_assert_geq(now_ns, listener->last_ns, "time goes backwards");
    listener->last_ns = now_ns;
    if (is_virtual) {
        cr_assert_geq(now_ns, clock_ns, "time goes backwards");
        clock_ns = now_ns;
    }
}

static bool is_countable(const struct message *message)
{
    return message->payload == NULL && (all_count || message->sequence % 4 != 0);
}

static uint32_t count(struct node *node, uint64_t now_ns, const struct message *messages,
                      const struct reference *references, uint32_t number)
{
    struct listener *listener = (struct listener *)node;
    uint32_t taken = 0;
    while (taken < number && now_ns < listener->deadline_ns && is_countable(&messages[references[taken].slot])) {
        hear(listener, now_ns, &messages[references[taken].slot], references[taken].from);
        taken++;
    }
    listener->counted += taken;
    return taken;
}

/* The last of each is no countable one: so that a step sees that all have come. */
static uint64_t awaited_by(node_id node)
{
    return node < REPLICAS ? (uint64_t)(REPLICAS - 1) * EACH : TO_EACH_CLIENT;
}

static void speak(node_id self, struct outbox *outbox)
{
    struct message message = {.type = MESSAGE_PREPARE, .sender = self};
    for (message.sequence = 1; message.sequence <= EACH; message.sequence++) {
        message.payload = message.sequence % 10 == 0 ? contents : NULL;
        (void)outbox_broadcast(outbox, message);
    }
    message.payload = NULL;
    for (node_id client = REPLICAS + self; client < NODES; client += REPLICAS) {
        for (message.sequence = 1; message.sequence <= TO_EACH_CLIENT; message.sequence++) {
            (void)outbox_send(outbox, client, message);
        }
    }
}

static void step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct listener *listener = (struct listener *)node;
    if (event->kind == EVENT_START && node->id < REPLICAS) {
        speak(node->id, outbox);
    }
    if (event->kind == EVENT_TIMER) {
        cr_assert(!is_virtual || event->now_ns == listener->deadline_ns);
        cr_assert_geq(event->now_ns, clock_ns, "time goes backwards");
        listener->timers += event->now_ns >= listener->deadline_ns;
        listener->deadline_ns = TIME_NEVER_NS;
    }
    if (event->kind != EVENT_MESSAGE) {
        return;
    }
    hear(listener, event->now_ns, event->message, event->from);
    listener->stepped++;
    if (listener->counted + listener->stepped == awaited_by(node->id)) {
        listener->finished = true;
        if (is_virtual && finished_ns == TIME_NEVER_NS) {
            finished_ns = event->now_ns;
        }
        outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = 1});
    }
}

static uint64_t deadline(const struct node *node)
{
    return ((const struct listener *)node)->deadline_ns;
}

static const struct node_operations operations = {.step = step, .count = count, .deadline = deadline};

static void consume(void *context, node_id node, const struct journal_entry *entries, size_t number)
{
    (void)context;
    for (size_t index = 0; index < number; index++) {
        cr_assert_eq(entries[index].node, node);
        executed += entries[index].kind == JOURNAL_EXECUTED;
    }
}

static bool finished(void *context)
{
    (void)context;
    return executed == NODES;
}

static void keep(struct payload *payload)
{
    (void)payload;
    cr_assert_fail("somebody has dropped a reference that was not its own");
}

static void prepare(bool virtual)
{
    for (node_id id = 0; id < NODES; id++) {
        listeners[id] = (struct listener){.node = {&operations, id}, .deadline_ns = TIME_NEVER_NS};
        nodes[id] = &listeners[id].node;
    }
    contents = calloc(1, sizeof *contents + 16);
    *contents = (struct payload){.size = 16, .reclaim = keep};
    atomic_init(&contents->references, 1);
    executed = clock_ns = 0;
    finished_ns = TIME_NEVER_NS;
    all_count = false;
    is_virtual = virtual;
    options = (struct driver_options){
        .nodes = nodes,
        .replicas = REPLICAS,
        .node_count = NODES,
        .links = {.seed = 1, .replicas = REPLICAS, .gst_ns = TIME_NEVER_NS, .fifo = true},
        .deadline_ns = UINT64_C(30000000000),
        .stall_ns = TIME_NEVER_NS,
        .window = 256,
        .batch = 1,
        .time_scale = 1.0,
        .delay_lines = 1,
        .sink = {.consume = consume, .finished = finished},
    };
}

/* Everything has come, once; the payload's references have gone, each once. */
static void check_books(void)
{
    const struct message_counts *m = &report.messages;
    uint64_t counted = 0, stepped = 0;
    for (node_id id = 0; id < NODES; id++) {
        cr_assert(listeners[id].finished);
        counted += listeners[id].counted;
        stepped += listeners[id].stepped;
    }
    cr_assert_eq(m->delivered, counted + stepped);
    cr_assert_eq(m->sent, m->delivered);
    cr_assert_eq(m->sent + m->duplicated, m->delivered + m->dropped + m->discarded);
    cr_assert_geq(report.events, NODES + m->delivered, "what is counted is an event too");
    cr_assert_eq(contents->references, 1);
    free(contents);
}

static uint64_t counted_by(node_id first, node_id last)
{
    uint64_t counted = 0;
    for (node_id id = first; id <= last; id++) {
        counted += listeners[id].counted;
    }
    return counted;
}

static void run_threads(void)
{
    cr_assert(threads_run(&options, &report, &error), "%s", error.text);
    cr_assert_eq(report.end, END_FINISHED, "%s", driver_end_name(report.end));
    check_books();
}

static void run_virtual(void)
{
    cr_assert(virtual_run(&options, &report, &error), "%s", error.text);
    cr_assert_eq(report.end, END_FINISHED, "%s", driver_end_name(report.end));
    cr_assert_eq(report.events, NODES + report.messages.delivered);
    check_books();
}

Test(counting, on_threads_every_message_comes_once_and_in_its_turn, .timeout = 30)
{
    for (uint32_t lines = 1; lines <= 2; lines++) {
        prepare(false);
        options.delay_lines = lines;
        run_threads();
        const uint64_t left = EACH / 4 + EACH / 10 - EACH / 20; /* of each sender: every fourth, and every tenth */
        for (node_id id = 0; id < REPLICAS; id++) {
            cr_assert_eq(listeners[id].stepped, (REPLICAS - 1) * left, "replica %u is asked before each step", id);
        }
    }
}

/* A batch on a shared thread is for several nodes. There are more clients than cores, so that they share. */
Test(counting, nodes_that_share_a_thread_do_not_count, .timeout = 30)
{
    prepare(false);
    run_threads();
    cr_assert_eq(counted_by(REPLICAS, NODES - 1), 0);
}

Test(counting, under_the_virtual_clock_all_that_can_be_counted_in_a_row_is, .timeout = 30)
{
    for (uint32_t delay_ns = 0; delay_ns <= 1000; delay_ns += 500) {
        prepare(true);
        options.links.delay = options.links.client_delay = (struct delay){.kind = DELAY_FIXED, .a = delay_ns};
        run_virtual();
        cr_assert_gt(counted_by(0, NODES - 1), 0);
    }
}

/* Each delivery's place in the order is what a recording is for: threads note it of what is counted too
 * (recording_threads.c), under the virtual clock each message is a step. */
Test(counting, while_recording_every_message_is_recorded, .timeout = 30)
{
    for (uint32_t virtual = 0; virtual <= 1; virtual ++) {
        struct recording recording;
        struct recorded recorded;
        const int file = memfd_create("recording", 0);
        cr_assert(file >= 0);
        cr_assert(recording_create(&recording, file, "{}", 2, &error), "%s", error.text);
        prepare(virtual != 0);
        options.recording = &recording;
        if (virtual) {
            run_virtual();
            cr_assert_eq(counted_by(0, NODES - 1), 0);
        } else {
            run_threads();
            cr_assert_gt(counted_by(0, REPLICAS - 1), 0);
        }
        cr_assert(recording_finish(&recording, "{}", 2, &error), "%s", error.text);
        cr_assert(recorded_read(&recorded, file, "file", &error), "%s", error.text);
        cr_assert_eq(recorded.steps, report.events);
        recorded_close(&recorded);
        recording_destroy(&recording);
        close(file);
    }
}

Test(counting, where_replicas_are_busy_with_each_message_it_is_a_step, .timeout = 30)
{
    prepare(true);
    options.processing.delay = (struct delay){.kind = DELAY_FIXED, .a = 100};
    cr_assert(virtual_run(&options, &report, &error), "%s", error.text);
    check_books();
    cr_assert_eq(counted_by(0, REPLICAS - 1), 0);
}

/* Were counting to run ahead of another node's timer, time would go backwards. */
Test(counting, under_the_virtual_clock_timers_come_in_between, .timeout = 30)
{
    prepare(true);
    options.links.delay = options.links.client_delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 100000};
    options.links.fifo = true;
    for (node_id id = 0; id < NODES; id++) {
        listeners[id].deadline_ns = 1000 + 97 * id;
    }
    cr_assert(virtual_run(&options, &report, &error), "%s", error.text);
    check_books();
    uint64_t timers = 0;
    for (node_id id = 0; id < NODES; id++) {
        timers += listeners[id].timers;
    }
    cr_assert_eq(timers, NODES);
    cr_assert_gt(counted_by(0, NODES - 1), 0);
}

/* Whether what would come then can be counted or not. */
Test(counting, nothing_is_counted_after_the_deadline_of_the_run, .timeout = 30)
{
    prepare(true);
    options.links.delay = options.links.client_delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 100000};
    options.deadline_ns = 50000;
    cr_assert(virtual_run(&options, &report, &error), "%s", error.text);
    cr_assert_eq(report.end, END_DEADLINE);
    cr_assert_eq(report.elapsed_ns, 50000);
    cr_assert_leq(clock_ns, 50000);
    cr_assert_gt(report.messages.discarded, 0);
    cr_assert_eq(contents->references, 1);
    free(contents);
}

static bool finished_early(void *context)
{
    (void)context;
    return executed >= 1;
}

Test(counting, nothing_is_counted_after_the_end, .timeout = 30)
{
    prepare(true);
    options.links.delay = options.links.client_delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 100000};
    options.sink.finished = finished_early;
    cr_assert(virtual_run(&options, &report, &error), "%s", error.text);
    cr_assert_eq(report.end, END_FINISHED);
    cr_assert_eq(executed, 1);
    cr_assert_eq(clock_ns, finished_ns, "that was the last event");
    cr_assert_eq(report.elapsed_ns, finished_ns);
    cr_assert_eq(contents->references, 1);
    free(contents);
}

/* With one seed or another it is not a step. */
Test(counting, the_last_count_ends_a_run_that_has_nothing_left_to_do, .timeout = 30)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        prepare(true);
        all_count = true;
        options.links.seed = seed;
        options.links.fifo = false;
        options.links.delay = options.links.client_delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = 100000};
        cr_assert(virtual_run(&options, &report, &error), "%s", error.text);
        cr_assert_eq(report.end, END_QUIET);
        cr_assert_eq(report.elapsed_ns, clock_ns, "seed %lu", (unsigned long)seed);
        cr_assert_eq(report.messages.delivered, report.messages.sent);
        cr_assert_eq(contents->references, 1);
        free(contents);
    }
}

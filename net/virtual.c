/* The virtual clock's driver: one loop that takes the earliest delivery or timer, steps its node, and lets the links
 * decide about what comes out. Messages of an instant come before its timers; event_queue.h tells the order. */
#include <assert.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/virtual_route.h"

#define POLL_MASK 4095u /* the interrupt flag is looked at once in so many turns */
/* Deliveries ahead: the message and the node are asked for, and when those have come, what the node looks at. */
#define PREFETCH_AHEAD 6
#define EXPECT_AHEAD 2
/* Up to here the second-level cache holds what replicas look at, and asking for it costs more than it gains. */
#define EXPECT_ABOVE 64u

/* --- steps ------------------------------------------------------------------------------------------------------- */

/* `number`: which of event->from's messages it is; for a recording. */
static void step(struct virtual_clock *clock, node_id id, const struct event *event, uint64_t number)
{
    struct node *node = clock->options->nodes[id];
    struct outbox *outbox = &clock->outbox;
    virtual_begin(clock, id, event->message);
    outbox->watch = clock->options->watches == NULL ? NULL : clock->options->watches[id];
    node_step(node, event, outbox);
    clock->report->events++;
    virtual_end(clock);
    if (clock->recording != NULL) {
        recording_step(clock->recording, id, event, number);
    }
    /* A node that wants its timer at once gets it after the messages of this instant; one that has just had it gets it
     * in the next, so that time goes on. */
    uint64_t deadline_ns = node_deadline(node);
    uint64_t least_ns = clock->now_ns + (event->kind == EVENT_TIMER);
    timer_queue_set(&clock->timers, id, deadline_ns < least_ns ? least_ns : deadline_ns);
}

static void start_nodes(struct virtual_clock *clock)
{
    for (node_id id = 0; id < clock->options->node_count && !clock->finished; id++) {
        step(clock, id, &(struct event){.now_ns = 0, .from = NO_NODE, .kind = EVENT_START}, 0);
    }
}

/* The replica, idle by now, begins with a message: it is handed over when its time is over. */
static void serve(struct virtual_clock *clock, node_id replica, uint32_t slot)
{
    const struct driver_options *options = clock->options;
    struct service *service = &clock->services[replica];
    uint64_t start_ns = service->busy_until_ns > clock->now_ns ? service->busy_until_ns : clock->now_ns;
    uint64_t service_ns = link_processing_ns(&options->links, &options->processing.delay,
                                             message_pool_at(&clock->pool, slot), message_pool_from(&clock->pool, slot),
                                             replica);
    if (options->processing.auth) {
        service_ns += processing_receive_ns(clock->outbox.auth, message_pool_at(&clock->pool, slot));
    }
    service->busy_until_ns = saturating_add(start_ns, service_ns);
    service->serving = true;
    event_queue_push(
        &clock->queue,
        &(struct arrival){.time_ns = service->busy_until_ns, .slot = slot, .destination = replica, .processed = true});
}

/* A message comes in: its replica begins with it, or has it wait. */
static void come_in(struct virtual_clock *clock, const struct arrival *arrival)
{
    struct service *service = &clock->services[arrival->destination];
    if (!service->serving) {
        serve(clock, arrival->destination, arrival->slot);
    } else if (!service_wait(service, arrival->slot)) {
        clock->out_of_slots = true;
    }
}

static void serve_next(struct virtual_clock *clock, node_id replica)
{
    struct service *service = &clock->services[replica];
    service->serving = false;
    if (service->count > 0) {
        serve(clock, replica, service_next(service));
    }
}

static void look_ahead(struct virtual_clock *clock)
{
    struct arrival upcoming;
    if (event_queue_upcoming(&clock->queue, PREFETCH_AHEAD, &upcoming)) {
        message_pool_prefetch(&clock->pool, upcoming.slot);
        __builtin_prefetch(clock->options->nodes[upcoming.destination]);
    }
    if (clock->options->replicas > EXPECT_ABOVE && event_queue_upcoming(&clock->queue, EXPECT_AHEAD, &upcoming)) {
        node_expect(clock->options->nodes[upcoming.destination], message_pool_at(&clock->pool, upcoming.slot));
    }
}

/* Delivers messages, nothing later than `limit_ns`, as long as each changes nothing but a count: then nothing is sent,
 * no timer moves, and what was known about the time of the next event still holds. While recording each delivery is a
 * step, and where replicas are busy a step takes time. */
static void deliver_votes(struct virtual_clock *clock, uint64_t limit_ns)
{
    const bool none = clock->finished || clock->recording != NULL || clock->services != NULL;
    const uint64_t end = none ? 0 : event_queue_keys_until(&clock->queue, limit_ns);
    uint64_t delivered = 0;
    struct arrival arrival;
    while (event_queue_peek(&clock->queue, end, &arrival)) {
        const struct reference reference = {.slot = 0, .from = message_pool_from(&clock->pool, arrival.slot)};
        if (node_count(clock->options->nodes[arrival.destination], arrival.time_ns,
                       message_pool_at(&clock->pool, arrival.slot), &reference, 1) == 0) {
            break;
        }
        event_queue_take(&clock->queue, &arrival);
        look_ahead(clock);
        message_pool_release(&clock->pool, arrival.slot);
        delivered++;
    }
    clock->now_ns = clock->queue.now_ns > clock->now_ns ? clock->queue.now_ns : clock->now_ns;
    clock->report->events += delivered;
    clock->report->messages.delivered += delivered;
}

static void deliver(struct virtual_clock *clock)
{
    struct arrival arrival = event_queue_pop(&clock->queue);
    look_ahead(clock);
    clock->now_ns = arrival.time_ns;
    bool serves = clock->services != NULL && arrival.destination < clock->options->replicas;
    if (serves && !arrival.processed) {
        come_in(clock, &arrival);
        return;
    }
    struct event event = {
        .now_ns = arrival.time_ns,
        .message = message_pool_at(&clock->pool, arrival.slot),
        .from = message_pool_from(&clock->pool, arrival.slot),
        .kind = EVENT_MESSAGE,
    };
    step(clock, arrival.destination, &event, message_pool_number(&clock->pool, arrival.slot));
    clock->report->messages.delivered++;
    message_pool_release(&clock->pool, arrival.slot);
    if (serves) {
        serve_next(clock, arrival.destination);
    }
}

static void fire_timer(struct virtual_clock *clock, node_id id, uint64_t time_ns)
{
    event_queue_advance(&clock->queue, time_ns);
    clock->now_ns = time_ns;
    step(clock, id, &(struct event){.now_ns = time_ns, .from = NO_NODE, .kind = EVENT_TIMER}, 0);
}

/* --- the run ----------------------------------------------------------------------------------------------------- */

static bool interrupted(const struct virtual_clock *clock)
{
    return clock->options->interrupted != NULL &&
           atomic_load_explicit(clock->options->interrupted, memory_order_relaxed) != 0;
}

static bool out_of_memory(const struct virtual_clock *clock)
{
    return clock->queue.failed || clock->out_of_slots;
}

/* The last instant that may still happen, and what it means that the next event lies beyond it. It moves on with the
 * executions. */
static uint64_t limit_ns(const struct virtual_clock *clock, enum driver_end *end)
{
    uint64_t stall_ns = saturating_add(clock->last_executed_ns, clock->options->stall_ns);
    bool stalls = clock->options->stall_ns != TIME_NEVER_NS && stall_ns < clock->options->deadline_ns;
    *end = stalls ? END_STALLED : END_DEADLINE;
    return stalls ? stall_ns : clock->options->deadline_ns;
}

/* The time of what happens next: a timer of `*timer_node`, or an arrival if that becomes NO_NODE. Messages of an
 * instant come before its timers. The queue must not look beyond a timer: what that timer sends may come before what is
 * there. */
static uint64_t next_event_ns(struct virtual_clock *clock, node_id *timer_node)
{
    uint64_t bound_ns = timer_queue_bound(&clock->timers);
    uint64_t next_ns = event_queue_time_until(&clock->queue, bound_ns);
    *timer_node = NO_NODE;
    if (bound_ns >= next_ns) {
        return next_ns;
    }
    node_id node;
    uint64_t timer_ns = timer_queue_next(&clock->timers, &node);
    if (timer_ns >= next_ns) { /* the bound was too low, and `next_ns` perhaps as well */
        next_ns = event_queue_time_until(&clock->queue, timer_ns);
    }
    if (timer_ns < next_ns) {
        *timer_node = node;
        next_ns = timer_ns;
    }
    return next_ns;
}

/* Takes events until one of the ends is reached. */
static enum driver_end run_events(struct virtual_clock *clock)
{
    uint64_t last_ns = 0; /* as it was found last */
    for (uint64_t turn = 0; !clock->finished && !out_of_memory(clock); turn++) {
        if ((turn & POLL_MASK) == 0 && interrupted(clock)) {
            return END_INTERRUPTED;
        }
        node_id timer_node;
        uint64_t next_ns = next_event_ns(clock, &timer_node);
        if (next_ns == TIME_NEVER_NS) {
            return END_QUIET;
        }
        enum driver_end end;
        if (next_ns > last_ns && next_ns > (last_ns = limit_ns(clock, &end))) {
            clock->now_ns = last_ns;
            return end;
        }
        if (timer_node != NO_NODE) {
            fire_timer(clock, timer_node, next_ns);
        } else {
            deliver(clock);
            const uint64_t bound_ns = timer_queue_bound(&clock->timers);
            deliver_votes(clock, bound_ns < last_ns ? bound_ns : last_ns);
        }
    }
    return END_FINISHED;
}

static int compare_messages(const void *context, uint32_t a, uint32_t b)
{
    return message_pool_compare(context, a, b);
}

/* All nodes' steps in one stream. */
static bool record(struct virtual_clock *clock)
{
    struct recording *recording = clock->options->recording;
    if (recording == NULL) {
        return true;
    }
    clock->numbers = calloc(clock->options->node_count + 1, sizeof *clock->numbers);
    if (clock->numbers == NULL || !recording_open(recording, 1)) {
        return false;
    }
    clock->recording = recording_stream(recording, 0, NO_NODE);
    return true;
}

static bool allocate_arrays(struct virtual_clock *clock)
{
    const struct driver_options *options = clock->options;
    size_t n = options->replicas;
    size_t all = options->node_count;
    message_pool_create(&clock->pool, EVENT_MOST_SLOTS);
    /* both, so that both can be destroyed */
    bool queue = event_queue_create(&clock->queue, options->node_count, link_horizon_ns(&options->links),
                                    compare_messages, &clock->pool);
    bool timers = timer_queue_create(&clock->timers, options->node_count);
    clock->proposals = calloc(all, sizeof *clock->proposals);
    bool enough = queue && timers && clock->proposals != NULL;
    if (!processing_is_none(&options->processing)) {
        clock->services = calloc(n + 1, sizeof *clock->services);
        enough = enough && clock->services != NULL;
    }
    if (options->links.bandwidth > 0) {
        clock->uplinks = calloc(n + 1, sizeof *clock->uplinks);
        enough = enough && clock->uplinks != NULL;
    }
    if (options->links.fifo) {
        clock->last_due_ns = calloc(n * all + (all - n) * n + 1, sizeof *clock->last_due_ns);
        enough = enough && clock->last_due_ns != NULL;
    }
    return enough && record(clock);
}

static void release(struct virtual_clock *clock)
{
    message_pool_destroy(&clock->pool);
    event_queue_destroy(&clock->queue);
    timer_queue_destroy(&clock->timers);
    free(clock->proposals);
    for (uint32_t i = 0; clock->services != NULL && i < clock->options->replicas; i++) {
        service_destroy(&clock->services[i]);
    }
    free(clock->services);
    free(clock->last_due_ns);
    free(clock->numbers);
    free(clock->uplinks);
    free(clock);
}

static struct virtual_clock *create(const struct driver_options *options, struct driver_report *report,
                                    struct error *error)
{
    struct virtual_clock *clock = calloc(1, sizeof *clock);
    if (clock == NULL) {
        error_set(error, "out of memory for the virtual clock");
        return NULL;
    }
    clock->options = options;
    clock->report = report;
    clock->trivial_links = link_is_trivial(&options->links);
    clock->outbox = (struct outbox){
        .messages = clock->messages,
        .message_capacity = VIRTUAL_OUTBOX_MESSAGES,
        .entries = clock->entries,
        .entry_capacity = VIRTUAL_OUTBOX_ENTRIES,
        .operations = &virtual_operations,
        .keyring = options->keyring,
        .auth = options->keyring == NULL ? AUTH_NONE : keyring_mode(options->keyring),
        .driver = clock,
    };
    if (!allocate_arrays(clock)) {
        error_set(error, "out of memory for the virtual clock of %u nodes%s", options->node_count,
                  options->links.fifo ? ": --fifo needs 8 bytes for each link" : "");
        release(clock);
        return NULL;
    }
    return clock;
}

bool virtual_run(const struct driver_options *options, struct driver_report *report, struct error *error)
{
    assert(options->replicas <= options->node_count && options->links.replicas == options->replicas);
    *report = (struct driver_report){.threads = 1};
    struct virtual_clock *clock = create(options, report, error);
    if (clock == NULL) {
        return false;
    }
    uint64_t wall_ns = host_now_ns();
    uint64_t cpu_ns = host_thread_cpu_ns();
    start_nodes(clock);
    report->end = run_events(clock);
    report->elapsed_ns = clock->now_ns;
    report->wall_ns = host_now_ns() - wall_ns;
    report->cpu_ns = host_thread_cpu_ns() - cpu_ns;
    report->messages.discarded = message_pool_pending(&clock->pool);
    bool complete = !out_of_memory(clock);
    if (!complete) {
        error_set(error, "out of memory at %.3f s of virtual time: %llu messages under way to %u nodes",
                  (double)clock->now_ns * 1e-9, (unsigned long long)report->messages.discarded, options->node_count);
    }
    release(clock);
    return complete;
}

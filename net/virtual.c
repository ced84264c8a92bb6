/* The virtual clock's driver: one loop that takes the earliest delivery or timer, steps its node, and lets the links
 * decide about what comes out. Messages of an instant come before its timers; event_queue.h tells the order. */
#include <assert.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/driver.h"
#include "net/event_queue.h"
#include "net/message_pool.h"
#include "net/payload.h"
#include "net/timer_queue.h"

#define OUTBOX_MESSAGES 64
#define OUTBOX_ENTRIES 64
#define POLL_MASK 4095u    /* the interrupt flag is looked at once in so many turns */
#define PREFETCH_AHEAD 6   /* deliveries */
#define DELAYS_AT_ONCE 64u /* a multiple of LINK_BLOCK */

/* What a node last proposed: a PROPOSED entry is written once for each in a row. */
struct proposal {
    struct digest digest;
    sequence_number sequence;
    view_number view;
    bool any;
};

struct virtual_clock {
    const struct driver_options *options;
    struct driver_report *report;
    struct event_queue queue;
    struct message_pool pool;
    struct timer_queue timers;
    struct outbox outbox; /* of whichever node is being stepped */
    struct message messages[OUTBOX_MESSAGES];
    struct journal_entry entries[OUTBOX_ENTRIES];
    struct proposal *proposals; /* by node */
    uint64_t *busy_until_ns;    /* by replica; NULL if processing takes no time */
    uint64_t *last_due_ns;      /* by link, for links that keep their order; else NULL */
    uint64_t now_ns;
    uint64_t last_executed_ns;
    bool trivial_links;
    bool finished;
    bool out_of_slots;
};

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
    return a < TIME_NEVER_NS - 1 - b ? a + b : TIME_NEVER_NS - 1;
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

static void consume(struct virtual_clock *clock, const struct journal_entry *entries, size_t count)
{
    const struct journal_sink *sink = &clock->options->sink;
    sink->consume(sink->context, clock->outbox.owner, entries, count);
    clock->finished = clock->finished || sink->finished(sink->context);
}

static void record_proposal(struct virtual_clock *clock, const struct message *message)
{
    struct proposal *last = &clock->proposals[clock->outbox.owner];
    if (last->any && last->sequence == message->sequence && last->view == message->view &&
        digest_equal(last->digest, message->digest)) {
        return;
    }
    *last = (struct proposal){message->digest, message->sequence, message->view, true};
    struct payload *batch = message_contents(message);
    if (batch != NULL) {
        payload_hold(batch);
    }
    struct journal_entry entry = {
        .kind = JOURNAL_PROPOSED,
        .node = clock->outbox.owner,
        .time_ns = clock->now_ns,
        .sequence = message->sequence,
        .digest = message->digest,
        .view = message->view,
        .batch = batch,
    };
    consume(clock, &entry, 1);
}

static void flush_messages(struct outbox *outbox);

static void flush_journal(struct outbox *outbox)
{
    struct virtual_clock *clock = outbox->driver;
    /* What the step proposed comes before what it did about it. */
    flush_messages(outbox);
    for (uint32_t i = 0; i < outbox->entry_count; i++) {
        outbox->entries[i].node = outbox->owner;
        if (outbox->entries[i].kind == JOURNAL_EXECUTED) {
            clock->last_executed_ns = clock->now_ns;
        }
    }
    if (outbox->entry_count > 0) {
        consume(clock, outbox->entries, outbox->entry_count);
        outbox->entry_count = 0;
    }
}

/* --- what leaves a node ------------------------------------------------------------------------------------------ */

static void count_sent(struct virtual_clock *clock, const struct message *message, uint64_t destinations)
{
    struct message_counts *counts = &clock->report->messages;
    counts->sent += destinations;
    counts->bytes += destinations * (sizeof *message + payload_travels(message->payload));
    if (message->attempt > 0) {
        counts->retransmitted += destinations;
    } else if (message->type < MESSAGE_TYPES) {
        counts->by_type[message->type] += destinations;
    }
}

/* The last release of a link between replicas, or from or to a client; NULL where links keep no order. */
static uint64_t *link_last_due(struct virtual_clock *clock, node_id from, node_id to)
{
    size_t n = clock->options->replicas;
    size_t all = clock->options->node_count;
    if (clock->last_due_ns == NULL || (from >= n && to >= n)) {
        return NULL;
    }
    return &clock->last_due_ns[from < n ? from * all + to : n * all + (from - n) * n + to];
}

/* Pushes what fate and schedule left of a message; returns the number of copies. */
static uint32_t deliver_copies(struct virtual_clock *clock, const struct message *message, uint32_t slot, node_id from,
                               node_id to, const struct link_fate *fate)
{
    uint32_t copies = 0;
    uint64_t *last_ns = link_last_due(clock, from, to);
    for (uint32_t copy = 0; copy < fate->copies; copy++) {
        uint64_t due_ns = saturating_add(clock->now_ns, fate->delay_ns[copy]);
        due_ns = link_release(&clock->options->links, message, from, to, due_ns, last_ns);
        if (due_ns != TIME_NEVER_NS) {
            event_queue_push(&clock->queue, &(struct arrival){.time_ns = due_ns, .slot = slot, .destination = to});
            copies++;
        }
    }
    clock->report->messages.duplicated += fate->copies == 2;
    clock->report->messages.dropped += fate->copies == 0 ? 1 : fate->copies - copies;
    return copies;
}

static uint32_t unicast(struct virtual_clock *clock, const struct message *message, node_id from, uint32_t slot)
{
    struct link_fate fate = {.copies = 0};
    if (message->to < clock->options->node_count) {
        link_fate(&clock->options->links, message, from, message->to, &fate);
    }
    return deliver_copies(clock, message, slot, from, message->to, &fate);
}

static uint32_t broadcast_at_once(struct virtual_clock *clock, node_id from, uint32_t slot)
{
    struct arrival arrival = {.time_ns = clock->now_ns, .slot = slot};
    uint32_t replicas = clock->options->replicas;
    for (node_id to = 0; to < replicas; to++) {
        if (to != from) {
            arrival.destination = to;
            event_queue_push(&clock->queue, &arrival);
        }
    }
    return replicas - (from < replicas);
}

/* The common case, and the hot loop of a run. */
static uint32_t broadcast_delayed(struct virtual_clock *clock, const struct message *message, node_id from,
                                  uint32_t slot)
{
    uint32_t replicas = clock->options->replicas;
    uint64_t delays_ns[DELAYS_AT_ONCE];
    for (node_id first = 0; first < replicas; first += DELAYS_AT_ONCE) {
        uint32_t count = replicas - first < DELAYS_AT_ONCE ? replicas - first : DELAYS_AT_ONCE;
        link_delays(&clock->options->links, message, from, first, count, delays_ns);
        for (uint32_t i = 0; i < count; i++) {
            if (first + i != from) {
                event_queue_push(&clock->queue,
                                 &(struct arrival){.time_ns = saturating_add(clock->now_ns, delays_ns[i]),
                                                   .slot = slot,
                                                   .destination = first + i});
            }
        }
    }
    return replicas - (from < replicas);
}

static uint32_t broadcast(struct virtual_clock *clock, const struct message *message, node_id from, uint32_t slot)
{
    uint32_t replicas = clock->options->replicas;
    uint32_t copies = 0;
    for (node_id first = 0; first < replicas; first += LINK_BLOCK) {
        struct link_fate fates[LINK_BLOCK];
        link_fates(&clock->options->links, message, from, first, fates);
        for (node_id to = first; to < first + LINK_BLOCK && to < replicas; to++) {
            copies += to == from ? 0 : deliver_copies(clock, message, slot, from, to, &fates[to - first]);
        }
    }
    return copies;
}

/* Puts a message under way. The outbox's reference to its payload goes over to the pool. */
static void route(struct virtual_clock *clock, struct message *message)
{
    node_id from = clock->outbox.owner;
    uint32_t replicas = clock->options->replicas;
    message->sent_ns = clock->now_ns;
    if (message->type == MESSAGE_PRE_PREPARE) {
        record_proposal(clock, message);
    }
    count_sent(clock, message, message->to == TO_ALL_REPLICAS ? replicas - (from < replicas) : 1);
    uint32_t slot = message_pool_add(&clock->pool, message, from);
    if (slot == UINT32_MAX) {
        clock->out_of_slots = true;
        return;
    }
    uint32_t copies;
    if (message->to != TO_ALL_REPLICAS) {
        copies = unicast(clock, message, from, slot);
    } else if (clock->trivial_links) {
        copies = broadcast_at_once(clock, from, slot);
    } else if (clock->last_due_ns == NULL && !link_may_cut(&clock->options->links, message->sent_ns) &&
               link_only_delays(&clock->options->links, message, from)) {
        copies = broadcast_delayed(clock, message, from, slot);
    } else {
        copies = broadcast(clock, message, from, slot);
    }
    message_pool_hold(&clock->pool, slot, copies);
    message_pool_release(&clock->pool, slot);
}

static void flush_messages(struct outbox *outbox)
{
    for (uint32_t i = 0; i < outbox->message_count; i++) {
        route(outbox->driver, &outbox->messages[i]);
    }
    outbox->message_count = 0;
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    (void)outbox;
    return payload_allocate(size);
}

static const struct outbox_operations operations = {
    .flush_messages = flush_messages,
    .flush_journal = flush_journal,
    .allocate = allocate,
};

/* --- steps ------------------------------------------------------------------------------------------------------- */

static void step(struct virtual_clock *clock, node_id id, const struct event *event)
{
    struct node *node = clock->options->nodes[id];
    struct outbox *outbox = &clock->outbox;
    outbox->owner = id;
    outbox->watch = clock->options->watches == NULL ? NULL : clock->options->watches[id];
    node_step(node, event, outbox);
    clock->report->events++;
    if (outbox->message_count > 0) {
        flush_messages(outbox);
    }
    if (outbox->entry_count > 0) {
        flush_journal(outbox);
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
        step(clock, id, &(struct event){.now_ns = 0, .from = NO_NODE, .kind = EVENT_START});
    }
}

/* Has the message wait until its replica has dealt with those before it, and then be busy with it. */
static void process(struct virtual_clock *clock, struct arrival arrival)
{
    const struct driver_options *options = clock->options;
    uint64_t *busy_until_ns = &clock->busy_until_ns[arrival.destination];
    uint64_t start_ns = *busy_until_ns > clock->now_ns ? *busy_until_ns : clock->now_ns;
    uint64_t service_ns = link_processing_ns(&options->links, &options->processing,
                                             message_pool_at(&clock->pool, arrival.slot),
                                             message_pool_from(&clock->pool, arrival.slot), arrival.destination);
    *busy_until_ns = saturating_add(start_ns, service_ns);
    arrival.time_ns = *busy_until_ns;
    arrival.processed = true;
    event_queue_push(&clock->queue, &arrival);
}

static void deliver(struct virtual_clock *clock)
{
    struct arrival arrival = event_queue_pop(&clock->queue);
    struct arrival upcoming;
    if (event_queue_upcoming(&clock->queue, PREFETCH_AHEAD, &upcoming)) {
        message_pool_prefetch(&clock->pool, upcoming.slot);
        __builtin_prefetch(clock->options->nodes[upcoming.destination]);
    }
    clock->now_ns = arrival.time_ns;
    if (clock->busy_until_ns != NULL && !arrival.processed && arrival.destination < clock->options->replicas) {
        process(clock, arrival);
        return;
    }
    struct event event = {
        .now_ns = arrival.time_ns,
        .message = message_pool_at(&clock->pool, arrival.slot),
        .from = message_pool_from(&clock->pool, arrival.slot),
        .kind = EVENT_MESSAGE,
    };
    step(clock, arrival.destination, &event);
    clock->report->messages.delivered++;
    message_pool_release(&clock->pool, arrival.slot);
}

static void fire_timer(struct virtual_clock *clock, node_id id, uint64_t time_ns)
{
    event_queue_advance(&clock->queue, time_ns);
    clock->now_ns = time_ns;
    step(clock, id, &(struct event){.now_ns = time_ns, .from = NO_NODE, .kind = EVENT_TIMER});
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

/* The last instant that may still happen, and what it means that the next event lies beyond it. */
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
        uint64_t last_ns = limit_ns(clock, &end);
        if (next_ns > last_ns) {
            clock->now_ns = last_ns;
            return end;
        }
        if (timer_node != NO_NODE) {
            fire_timer(clock, timer_node, next_ns);
        } else {
            deliver(clock);
        }
    }
    return END_FINISHED;
}

static int compare_messages(const void *context, uint32_t a, uint32_t b)
{
    return message_pool_compare(context, a, b);
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
    if (options->processing.kind != DELAY_NONE) {
        clock->busy_until_ns = calloc(n + 1, sizeof *clock->busy_until_ns);
        enough = enough && clock->busy_until_ns != NULL;
    }
    if (options->links.fifo) {
        clock->last_due_ns = calloc(n * all + (all - n) * n + 1, sizeof *clock->last_due_ns);
        enough = enough && clock->last_due_ns != NULL;
    }
    return enough;
}

static void release(struct virtual_clock *clock)
{
    message_pool_destroy(&clock->pool);
    event_queue_destroy(&clock->queue);
    timer_queue_destroy(&clock->timers);
    free(clock->proposals);
    free(clock->busy_until_ns);
    free(clock->last_due_ns);
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
        .message_capacity = OUTBOX_MESSAGES,
        .entries = clock->entries,
        .entry_capacity = OUTBOX_ENTRIES,
        .operations = &operations,
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

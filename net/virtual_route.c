#include "net/virtual_route.h"

#include "net/payload.h"

#define DELAYS_AT_ONCE 64u /* a multiple of LINK_BLOCK */

/* --- what a step costs -------------------------------------------------------------------------------------------- */

static bool costs_work(const struct virtual_clock *clock)
{
    return clock->options->work != NULL && clock->outbox.owner < clock->options->replicas;
}

/* When what the step puts out leaves, as far as it got. */
static void reckon(struct virtual_clock *clock)
{
    if (costs_work(clock)) {
        clock->leave_ns = clock->begin_ns + clock->contents_ns +
                          processing_work_ns(clock->outbox.auth, clock->options->work, clock->handled);
    }
}

/* Once for all that the outbox holds, before it leaves. Copies of one message come in a row. */
static void reckon_contents(struct virtual_clock *clock)
{
    for (uint32_t i = 0; costs_work(clock) && i < clock->outbox.message_count; i++) {
        const struct message *message = &clock->outbox.messages[i];
        const struct payload *contents = message_contents(message);
        if (contents != NULL && contents != clock->hashed) {
            clock->contents_ns += processing_contents_ns(message);
            clock->hashed = contents;
        }
    }
}

/* --- the journal ------------------------------------------------------------------------------------------------- */

static void consume(struct virtual_clock *clock, const struct journal_entry *entries, size_t count)
{
    const struct journal_sink *sink = &clock->options->sink;
    sink->consume(sink->context, clock->outbox.owner, entries, count);
    clock->finished = clock->finished || sink->finished(sink->context);
}

static void note_proposal(struct virtual_clock *clock, const struct message *message)
{
    struct journal_entry entry;
    if (proposal_note(&clock->proposals[clock->outbox.owner], message, clock->outbox.owner, &entry)) {
        consume(clock, &entry, 1);
    }
}

static void flush_messages(struct outbox *outbox);

static void flush_journal(struct outbox *outbox)
{
    struct virtual_clock *clock = outbox->driver;
    /* What the step proposed comes before what it did about it. */
    flush_messages(outbox);
    for (uint32_t i = 0; i < outbox->entry_count; i++) {
        if (clock->recording != NULL) {
            recording_entry(clock->recording, &outbox->entries[i]);
        }
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
    link_tally(&clock->options->links, fate);
    for (uint32_t copy = 0; copy < fate->copies; copy++) {
        uint64_t due_ns = saturating_add(message->sent_ns, fate->delay_ns[copy]);
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
    struct arrival arrival = {.time_ns = clock->leave_ns, .slot = slot};
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
                                 &(struct arrival){.time_ns = saturating_add(message->sent_ns, delays_ns[i]),
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

static void note_under_way(struct driver_report *report)
{
    const struct message_counts *counts = &report->messages;
    uint64_t under_way = counts->sent + counts->duplicated - counts->delivered - counts->dropped;
    report->most_under_way = under_way > report->most_under_way ? under_way : report->most_under_way;
}

/* Puts a message under way. The outbox's reference to its payload goes over to the pool. */
static void route(struct virtual_clock *clock, struct message *message)
{
    node_id from = clock->outbox.owner;
    uint32_t replicas = clock->options->replicas;
    message->sent_ns = clock->now_ns;
    if (proposal_is_one(message)) {
        note_proposal(clock, message);
    }
    message->sent_ns = clock->leave_ns;
    uint32_t destinations = message->to == TO_ALL_REPLICAS ? replicas - (from < replicas) : 1;
    message_counts_sent(&clock->report->messages, message, destinations);
    if (clock->uplinks != NULL && from < replicas) {
        message->sent_ns = uplink_take(&clock->uplinks[from], clock->options->links.bandwidth, clock->leave_ns,
                                       message_bytes(message), destinations);
    }
    uint32_t slot = message_pool_add(&clock->pool, message, from);
    if (slot == UINT32_MAX) {
        clock->out_of_slots = true;
        return;
    }
    if (clock->recording != NULL) {
        message_pool_set_number(&clock->pool, slot, clock->numbers[from]++);
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
    note_under_way(clock->report);
}

static void flush_messages(struct outbox *outbox)
{
    struct virtual_clock *clock = outbox->driver;
    reckon_contents(clock);
    reckon(clock);
    for (uint32_t i = 0; i < outbox->message_count; i++) {
        if (clock->recording != NULL) {
            recording_message(clock->recording, &outbox->messages[i]);
        }
        route(clock, &outbox->messages[i]);
    }
    outbox->message_count = 0;
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    (void)outbox;
    return payload_allocate(size);
}

const struct outbox_operations virtual_operations = {
    .flush_messages = flush_messages,
    .flush_journal = flush_journal,
    .allocate = allocate,
};

void virtual_begin(struct virtual_clock *clock, node_id id, const struct message *handled)
{
    clock->outbox.owner = id;
    clock->begin_ns = clock->leave_ns = clock->now_ns;
    if (costs_work(clock)) { /* a timer may run out while the replica is busy */
        uint64_t busy_until_ns = clock->services[id].busy_until_ns;
        clock->begin_ns = clock->leave_ns = busy_until_ns > clock->now_ns ? busy_until_ns : clock->now_ns;
        clock->handled = handled;
        clock->contents_ns = 0;
        clock->hashed = NULL;
        *clock->options->work = (struct auth_work){0};
    }
}

void virtual_end(struct virtual_clock *clock)
{
    struct outbox *outbox = &clock->outbox;
    if (outbox->message_count > 0) {
        flush_messages(outbox);
    }
    if (outbox->entry_count > 0) {
        flush_journal(outbox);
    }
    if (costs_work(clock)) {
        reckon(clock);
        clock->services[outbox->owner].busy_until_ns = clock->leave_ns;
    }
}

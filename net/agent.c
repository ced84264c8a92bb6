#include "net/agent.h"

#include <assert.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/memory.h"
#include "net/sender.h"
#include "net/timer_queue.h"

/* Messages stepped before the inbox's slots are given back. */
#define INBOX_BATCH 128u
/* While something waits for room in an outbox ring or the journal: nobody rings a bell for that. */
#define BLOCKED_SLEEP_NS 100000u

struct agent {
    struct agent_config config;
    struct port *port;
    uint32_t hosted;
    struct sender sender;
    struct timer_queue timers;
    struct idle idle;
    uint64_t events, delivered;
    _Atomic uint64_t rounds;
};

static node_id node_id_of(const struct agent *agent, uint32_t index)
{
    return topology_hosted_id(agent->config.topology, agent->config.agent, index);
}

struct agent *agent_create(const struct agent_config *config)
{
    struct agent *agent = memory_lines(1, sizeof *agent);
    if (agent == NULL) {
        return NULL;
    }
    agent->config = *config;
    agent->port = config->port;
    agent->hosted = topology_hosted(config->topology, config->agent);
    idle_init(&agent->idle);
    if (!sender_init(&agent->sender, config->topology, config->keyring, config->port, config->lines, config->reader) ||
        !timer_queue_create(&agent->timers, agent->hosted) ||
        (config->recording != NULL && !sender_record(&agent->sender, config->recording, agent->hosted)) ||
        (config->bundles && !sender_bundle(&agent->sender, config->agent))) {
        agent_destroy(agent);
        return NULL;
    }
    agent->sender.bandwidth = config->bandwidth;
    return agent;
}

void agent_destroy(struct agent *agent)
{
    if (agent == NULL) {
        return;
    }
    sender_destroy(&agent->sender);
    timer_queue_destroy(&agent->timers);
    free(agent);
}

/* --- the duty cycle ---------------------------------------------------------------------------------------------- */

/* `number`: which of event->from's messages it is; for a recording. */
static void step(struct agent *agent, uint32_t index, const struct event *event, uint64_t number)
{
    if (agent->hosted > 1) {
        sender_note_authors(&agent->sender); /* of the node stepped before */
    }
    const node_id id = node_id_of(agent, index);
    agent->sender.outbox.owner = id;
    agent->sender.outbox.watch = agent->config.watches == NULL ? NULL : agent->config.watches[id];
    node_step(agent->config.nodes[id], event, &agent->sender.outbox);
    if (agent->config.recording != NULL) {
        sender_note_outputs(&agent->sender);
        recording_step(agent->config.recording, id, event, number);
    }
    agent->events++;
}

/* Not before `least_ns`. */
static void update_timer(struct agent *agent, uint32_t index, uint64_t least_ns)
{
    const uint64_t deadline_ns = node_deadline(agent->config.nodes[node_id_of(agent, index)]);
    timer_queue_set(&agent->timers, index, deadline_ns < least_ns ? least_ns : deadline_ns);
}

static void start_nodes(struct agent *agent)
{
    const struct event start = {.now_ns = agent->sender.outbox.now_ns, .from = NO_NODE, .kind = EVENT_START};
    for (uint32_t index = 0; index < agent->hosted; index++) {
        step(agent, index, &start, 0);
        update_timer(agent, index, 0);
    }
    sender_flush(&agent->sender);
}

/* Messages, and beside them their numbers while recording: what references name. */
struct mail {
    const struct message *messages;
    const uint64_t *numbers; /* or NULL */
};

static void take(struct agent *agent, const struct mail *mail, struct reference reference)
{
    const struct message *message = &mail->messages[reference.slot];
    const struct event event = {
        .now_ns = agent->sender.outbox.now_ns, .message = message, .from = reference.from, .kind = EVENT_MESSAGE};
    const uint32_t index = agent->hosted == 1 ? 0 : topology_hosted_index(agent->config.topology, message->to);
    step(agent, index, &event, mail->numbers == NULL ? 0 : mail->numbers[reference.slot]);
    if (agent->hosted > 1) {
        update_timer(agent, index, 0);
    }
}

/* What the agent's only node takes without a step each. */
static uint32_t count_votes(struct agent *agent, const struct mail *mail, const struct reference *references,
                            uint32_t number)
{
    if (agent->hosted > 1) {
        return 0;
    }
    const node_id id = node_id_of(agent, 0);
    const uint32_t counted = node_count(agent->config.nodes[id], agent->sender.outbox.now_ns, mail->messages,
                                        references, number);
    agent->events += counted;
    if (agent->config.recording != NULL) {
        recording_deliveries(agent->config.recording, id, agent->sender.outbox.now_ns, references, mail->numbers,
                             counted);
    }
    return counted;
}

/* Likewise, of packed votes from the `first` on. */
static uint32_t count_brief_votes(struct agent *agent, struct bundle *bundle, uint32_t first)
{
    const struct brief_vote *votes = bundle_votes(bundle);
    if (votes == NULL || agent->hosted > 1) {
        return 0;
    }
    const node_id id = node_id_of(agent, 0);
    const uint32_t counted = node_count_brief(agent->config.nodes[id], agent->sender.outbox.now_ns, bundle->from,
                                              bundle->view, votes + first, bundle->count - first);
    agent->events += counted;
    if (agent->config.recording != NULL) {
        recording_run(agent->config.recording, id, agent->sender.outbox.now_ns, bundle->from,
                      bundle_numbers(bundle) + first, counted);
    }
    return counted;
}

/* What is not counted as it is, is unpacked one by one: each is looked at once. */
static void take_packed(struct agent *agent, struct bundle *bundle)
{
    const uint64_t *numbers = bundle_numbers(bundle);
    for (uint32_t i = count_brief_votes(agent, bundle, 0); i < bundle->count;) {
        struct message message;
        struct reference reference = {.slot = 0};
        bundle_unpack(bundle, i, &message, &reference.from);
        const struct mail mail = {.messages = &message, .numbers = numbers == NULL ? NULL : &numbers[i]};
        take(agent, &mail, reference);
        i++;
        i += count_brief_votes(agent, bundle, i);
    }
}

static void take_bundle(struct agent *agent, struct bundle *bundle)
{
    if (bundle->packed) {
        take_packed(agent, bundle);
        return;
    }
    const struct mail mail = {.messages = bundle_messages(bundle), .numbers = bundle_numbers(bundle)};
    const struct reference *references = bundle_references(bundle);
    for (uint32_t i = count_votes(agent, &mail, references, bundle->count); i < bundle->count;) {
        take(agent, &mail, references[i++]);
        i += count_votes(agent, &mail, references + i, bundle->count - i);
    }
}

/* One entry of the inbox, and the payload reference that came with it; returns how many messages it was. */
static uint32_t open_entry(struct agent *agent, const struct mail *mail, struct reference reference)
{
    const struct message *message = &mail->messages[reference.slot];
    const uint32_t weight = bundle_weight(message);
    if (bundle_is_one(message)) {
        take_bundle(agent, bundle_of(message->payload));
    } else {
        take(agent, mail, reference);
    }
    if (message->payload != NULL) {
        payload_drop(message->payload);
    }
    return weight;
}

/* Steps through what the inbox holds, up to a batch. The references, and the messages that they name, are borrowed from
 * the line: they are given back when every step has returned, not before. */
static uint32_t drain_inbox(struct agent *agent)
{
    struct ring_spsc *inbox = &agent->port->inbox;
    uint32_t readable;
    const struct reference *references = inbox_entries_sc(inbox, &readable);
    const uint32_t count = readable < INBOX_BATCH ? readable : INBOX_BATCH;
    const struct mail mail = {.messages = agent->config.messages, .numbers = agent->config.numbers};
    uint32_t taken = count_votes(agent, &mail, references, count);
    uint32_t messages = taken;
    while (taken < count && messages < INBOX_BATCH) {
        messages += open_entry(agent, &mail, references[taken++]);
        const uint32_t counted = count_votes(agent, &mail, references + taken, count - taken);
        taken += counted;
        messages += counted;
    }
    if (taken > 0) {
        ring_release_sc(inbox, taken);
        agent->delivered += messages;
        if (agent->hosted == 1) {
            update_timer(agent, 0, 0);
        }
    }
    return messages;
}

/* Each node at most once: one whose deadline does not move on gets its next turn after its neighbours, in a later
 * cycle. */
static uint32_t run_timers(struct agent *agent)
{
    const uint64_t now_ns = agent->sender.outbox.now_ns;
    uint32_t fired = 0;
    while (timer_queue_bound(&agent->timers) <= now_ns) {
        uint32_t index;
        if (timer_queue_next(&agent->timers, &index) > now_ns) {
            break;
        }
        const struct event timer = {.now_ns = now_ns, .from = NO_NODE, .kind = EVENT_TIMER};
        step(agent, index, &timer, 0);
        update_timer(agent, index, now_ns + 1);
        fired++;
    }
    return fired;
}

static uint32_t duty_cycle(struct agent *agent)
{
    struct sender *sender = &agent->sender;
    sender->outbox.now_ns = clock_emulated_ns(agent->config.clock, host_now_ns());
    if (sender_blocked(sender)) {
        sender_retry(sender);
    }
    uint32_t work = 0;
    if (!sender_journal_blocked(sender)) {
        work = drain_inbox(agent) + run_timers(agent);
        sender_flush(sender);
    }
    /* relaxed: a statistic for the watchdog, written by this thread alone */
    atomic_store_explicit(&agent->rounds, agent->rounds + 1, memory_order_relaxed);
    return work;
}

/* Until something comes in, the next deadline, or - blocked - for a short while. */
static void agent_sleep(struct agent *agent, const atomic_bool *stop)
{
    uint32_t index;
    uint64_t until_ns = clock_host_ns(agent->config.clock, timer_queue_next(&agent->timers, &index));
    const uint64_t before_ns = host_now_ns();
    const bool journal_blocked = sender_journal_blocked(&agent->sender);
    if (sender_blocked(&agent->sender) && (journal_blocked || before_ns + BLOCKED_SLEEP_NS < until_ns)) {
        until_ns = before_ns + BLOCKED_SLEEP_NS;
    }
    struct parker *parker = &agent->port->parker;
    parker_announce(parker, PARKER_SLEEPING);
    /* acquire: pairs with the release of whoever stops the run */
    if (atomic_load_explicit(stop, memory_order_acquire) ||
        (!journal_blocked && ring_readable_sc(&agent->port->inbox) > 0)) {
        parker_cancel(parker);
        return;
    }
    parker_sleep(parker, PARKER_SLEEPING, until_ns);
    idle_slept(&agent->idle, host_now_ns() - before_ns);
}

void agent_run(struct agent *agent, const atomic_bool *stop)
{
    agent->sender.outbox.now_ns = clock_emulated_ns(agent->config.clock, host_now_ns());
    start_nodes(agent);
    /* acquire: pairs with the release of whoever stops the run */
    while (!atomic_load_explicit(stop, memory_order_acquire)) {
        if (duty_cycle(agent) > 0) {
            idle_worked(&agent->idle);
        } else if (idle_wants_sleep(&agent->idle)) {
            agent_sleep(agent, stop);
        }
    }
}

uint64_t agent_rounds(const struct agent *agent)
{
    /* relaxed: a statistic */
    return atomic_load_explicit(&agent->rounds, memory_order_relaxed);
}

/* --- the reader's side ------------------------------------------------------------------------------------------- */

static void consume(const struct journal_sink *sink, const struct journal_entry *entries, uint32_t count,
                    uint64_t *executed)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < count; i++) {
        *executed += entries[i].kind == JOURNAL_EXECUTED;
        if (i + 1 == count || entries[i + 1].node != entries[i].node) {
            sink->consume(sink->context, entries[i].node, entries + first, i + 1 - first);
            first = i + 1;
        }
    }
}

uint32_t agent_read_journal(struct agent *agent, const struct journal_sink *sink, uint64_t *executed)
{
    uint32_t count;
    const struct journal_entry *entries = journal_entries_sc(&agent->port->journal, &count);
    if (count > 0) {
        consume(sink, entries, count, executed);
        ring_release_sc(&agent->port->journal, count);
    }
    return count;
}

static void add_counts(struct message_counts *to, const struct message_counts *counts)
{
    to->sent += counts->sent;
    to->bytes += counts->bytes;
    to->retransmitted += counts->retransmitted;
    to->dropped += counts->dropped;
    to->discarded += counts->discarded;
    for (uint32_t type = 0; type < MESSAGE_TYPES; type++) {
        to->by_type[type] += counts->by_type[type];
    }
}

void agent_collect(struct agent *agent, const struct journal_sink *sink, struct driver_report *report)
{
    uint64_t executed = 0;
    while (agent_read_journal(agent, sink, &executed) > 0) {
    }
    struct backlog *waiting = &agent->sender.journal_waiting;
    for (; waiting->count > 0; backlog_pop(waiting)) {
        consume(sink, backlog_front(waiting), 1, &executed);
    }
    sender_discard(&agent->sender);
    add_counts(&report->messages, &agent->sender.counts);
    report->messages.delivered += agent->delivered;
    report->events += agent->events;
}

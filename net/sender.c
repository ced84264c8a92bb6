#include "net/sender.h"

#include <assert.h>
#include <stdlib.h>

#include "net/memory.h"
#include "net/payload.h"

/* A message that its outbox ring had no room for. */
struct unsent_entry {
    struct message message;
    node_id author;
    uint64_t number;
};

/* --- the journal ------------------------------------------------------------------------------------------------- */

static void retry_journal(struct sender *sender)
{
    struct ring_spsc *ring = &sender->port->journal;
    while (sender->journal_waiting.count > 0 && ring_room_sp(ring, 1) > 0) {
        journal_fill_sp(ring, backlog_front(&sender->journal_waiting));
        backlog_pop(&sender->journal_waiting);
    }
}

static void put_in_journal(struct sender *sender, const struct journal_entry *entry)
{
    struct ring_spsc *ring = &sender->port->journal;
    if (sender->journal_waiting.count == 0 && ring_room_sp(ring, 1) > 0) {
        journal_fill_sp(ring, entry);
    } else {
        backlog_push(&sender->journal_waiting, entry);
    }
}

static void journal_publish(struct sender *sender)
{
    struct ring_spsc *ring = &sender->port->journal;
    ring_publish_sp(ring);
    parker_fence();
    /* a reader that paces itself is only called when it would come too late */
    const bool urgent = ring_room_sp(ring, ring_capacity(ring) / 2) < ring_capacity(ring) / 2;
    parker_wake(sender->reader, urgent);
}

/* A PRE-PREPARE or NEW-VIEW leaves. */
static void note_proposal(struct sender *sender, const struct message *message, node_id author)
{
    struct journal_entry entry;
    if (proposal_note(&sender->last_proposed, message, author, &entry)) {
        put_in_journal(sender, &entry);
    }
}

/* --- messages ---------------------------------------------------------------------------------------------------- */

static uint32_t destinations(const struct topology *topology, node_id from, node_id to)
{
    if (to == TO_ALL_REPLICAS) {
        return topology->replicas - (from < topology->replicas);
    }
    return 1;
}

/* Those of a message, or of all in a bundle, that one line has to make. */
static uint64_t deliveries(const struct sender *sender, uint32_t line, const struct message *message, node_id author)
{
    return (uint64_t)bundle_weight(message) * topology_fan_out(sender->topology, line, author, message->to);
}

/* One entry for one line; it takes over one payload reference. */
static void put_on_line(struct sender *sender, uint32_t line, const struct message *message, node_id author,
                        uint64_t number)
{
    struct outbox_ring *outbox = &sender->port->outboxes[line];
    struct unsent *unsent = &sender->unsent[line];
    if (unsent->entries.count == 0 && ring_room_sp(&outbox->ring, 1) > 0) {
        outbox_fill_sp(outbox, message, author);
        outbox_number_sp(outbox, number);
    } else if (unsent->messages < sender->port->backlog) {
        const struct unsent_entry entry = {.message = *message, .author = author, .number = number};
        backlog_push(&unsent->entries, &entry);
        unsent->messages += bundle_weight(message);
    } else {
        sender->counts.dropped += deliveries(sender, line, message, author);
        if (message->payload != NULL) {
            payload_drop(message->payload);
        }
    }
}

/* To each line that has a destination of it; the outbox's payload reference is handed on. */
static void route_to_all(struct sender *sender, const struct message *message, node_id author, uint64_t number)
{
    const struct topology *topology = sender->topology;
    uint32_t entries = 0;
    for (uint32_t line = 0; line < topology->lines; line++) {
        if (topology_fan_out(topology, line, author, message->to) == 0) {
            continue;
        }
        if (message->payload != NULL) {
            payload_hold(message->payload);
        }
        put_on_line(sender, line, message, author, number);
        entries++;
    }
    if (entries == 0 && message->to != TO_ALL_REPLICAS) {
        sender->counts.dropped++; /* there is no such node */
    }
    if (message->payload != NULL) {
        payload_drop(message->payload);
    }
}

/* The common case of one line saves a reference to and fro. */
static void route(struct sender *sender, const struct message *message, node_id author, uint64_t number)
{
    if (sender->topology->lines == 1 && topology_fan_out(sender->topology, 0, author, message->to) > 0) {
        put_on_line(sender, 0, message, author, number);
    } else {
        route_to_all(sender, message, author, number);
    }
}

void sender_note_authors(struct sender *sender)
{
    struct outbox *outbox = &sender->outbox;
    for (; sender->authored < outbox->message_count; sender->authored++) {
        sender->authors[sender->authored] = outbox->owner;
    }
    for (; sender->signed_entries < outbox->entry_count; sender->signed_entries++) {
        outbox->entries[sender->signed_entries].node = outbox->owner;
    }
}

static void retry_unsent(struct sender *sender, uint32_t line)
{
    struct outbox_ring *outbox = &sender->port->outboxes[line];
    struct unsent *unsent = &sender->unsent[line];
    while (unsent->entries.count > 0 && ring_room_sp(&outbox->ring, 1) > 0) {
        const struct unsent_entry *entry = backlog_front(&unsent->entries);
        outbox_fill_sp(outbox, &entry->message, entry->author);
        outbox_number_sp(outbox, entry->number);
        unsent->messages -= bundle_weight(&entry->message);
        backlog_pop(&unsent->entries);
    }
}

static void publish_messages(struct sender *sender)
{
    const uint32_t lines = sender->topology->lines;
    for (uint32_t line = 0; line < lines; line++) {
        ring_publish_sp(&sender->port->outboxes[line].ring);
    }
    parker_fence();
    for (uint32_t line = 0; line < lines; line++) {
        parker_wake(sender->lines[line], true);
    }
}

/* Which of its author's messages this is, counted from 0. */
static uint64_t next_number(struct sender *sender, node_id author)
{
    return sender->numbers == NULL ? 0 : sender->numbers[topology_hosted_index(sender->topology, author)]++;
}

void sender_note_outputs(struct sender *sender)
{
    const struct outbox *outbox = &sender->outbox;
    for (; sender->noted_messages < outbox->message_count; sender->noted_messages++) {
        recording_message(sender->recording, &outbox->messages[sender->noted_messages]);
    }
    for (; sender->noted_entries < outbox->entry_count; sender->noted_entries++) {
        recording_entry(sender->recording, &outbox->entries[sender->noted_entries]);
    }
}

/* Counts it, and says when it leaves. */
static void register_message(struct sender *sender, struct message *message, node_id author)
{
    assert(!bundle_is_one(message)); /* outbox_put() sees to it */
    if (proposal_is_one(message)) {
        note_proposal(sender, message, author);
    }
    const uint32_t copies = destinations(sender->topology, author, message->to);
    message_counts_sent(&sender->counts, message, copies);
    if (sender->bandwidth > 0) {
        message->sent_ns = uplink_take(&sender->uplink, sender->bandwidth, sender->outbox.now_ns,
                                       message_bytes(message), copies);
    }
}

static void flush_messages(struct outbox *outbox)
{
    struct sender *sender = outbox->driver;
    sender_note_authors(sender);
    if (outbox->message_count == 0) {
        return;
    }
    if (sender->recording != NULL) {
        sender_note_outputs(sender);
    }
    const bool bundled = bundler_plan(&sender->bundler, outbox->messages, sender->authors, outbox->message_count);
    for (uint32_t i = 0; i < outbox->message_count; i++) {
        struct message *message = &outbox->messages[i];
        const node_id author = sender->authors[i];
        const uint64_t number = next_number(sender, author);
        register_message(sender, message, author);
        struct message bundle;
        const struct message *leaving = bundled ? bundler_take(&sender->bundler, i, message, author, number, &bundle)
                                                : message;
        if (leaving != NULL) {
            route(sender, leaving, author, number);
        }
    }
    outbox->message_count = sender->authored = sender->noted_messages = 0;
    publish_messages(sender);
}

static void flush_journal(struct outbox *outbox)
{
    struct sender *sender = outbox->driver;
    flush_messages(outbox); /* a proposal comes before what its own sender makes of it */
    if (sender->recording != NULL) {
        sender_note_outputs(sender);
    }
    for (uint32_t i = 0; i < outbox->entry_count; i++) {
        put_in_journal(sender, &outbox->entries[i]);
    }
    outbox->entry_count = sender->signed_entries = sender->noted_entries = 0;
    if (ring_tail_sp(&sender->port->journal) != sender->port->journal.shared.p_tail) {
        journal_publish(sender);
    }
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    (void)outbox;
    return payload_allocate(size);
}

static const struct outbox_operations sender_operations = {
    .flush_messages = flush_messages,
    .flush_journal = flush_journal,
    .allocate = allocate,
};

/* --- life -------------------------------------------------------------------------------------------------------- */

bool sender_init(struct sender *sender, const struct topology *topology, const struct keyring *keyring,
                 struct port *port, struct parker *const *lines, struct parker *reader)
{
    sender->topology = topology;
    sender->port = port;
    sender->lines = lines;
    sender->reader = reader;
    sender->outbox = (struct outbox){
        .messages = sender->messages,
        .message_capacity = SENDER_MESSAGES,
        .entries = sender->entries,
        .entry_capacity = SENDER_ENTRIES,
        .operations = &sender_operations,
        .keyring = keyring,
        .auth = keyring == NULL ? AUTH_NONE : keyring_mode(keyring),
        .driver = sender,
    };
    backlog_init(&sender->journal_waiting, sizeof(struct journal_entry));
    sender->unsent = calloc(topology->lines, sizeof *sender->unsent);
    if (sender->unsent == NULL) {
        return false;
    }
    for (uint32_t line = 0; line < topology->lines; line++) {
        backlog_init(&sender->unsent[line].entries, sizeof(struct unsent_entry));
    }
    return true;
}

bool sender_record(struct sender *sender, struct recording_stream *recording, uint32_t hosted)
{
    sender->recording = recording;
    sender->numbers = calloc(hosted + 1, sizeof *sender->numbers);
    return sender->numbers != NULL;
}

bool sender_bundle(struct sender *sender, uint32_t agent)
{
    return bundler_init(&sender->bundler, sender->topology, agent, sender->numbers != NULL);
}

void sender_destroy(struct sender *sender)
{
    for (uint32_t line = 0; sender->unsent != NULL && line < sender->topology->lines; line++) {
        backlog_destroy(&sender->unsent[line].entries);
    }
    free(sender->unsent);
    bundler_destroy(&sender->bundler);
    free(sender->numbers);
    backlog_destroy(&sender->journal_waiting);
}

void sender_flush(struct sender *sender)
{
    if (sender->outbox.message_count + sender->outbox.entry_count > 0) {
        flush_journal(&sender->outbox);
    }
}

bool sender_blocked(const struct sender *sender)
{
    for (uint32_t line = 0; line < sender->topology->lines; line++) {
        if (sender->unsent[line].entries.count > 0) {
            return true;
        }
    }
    return sender_journal_blocked(sender);
}

void sender_retry(struct sender *sender)
{
    if (sender_journal_blocked(sender)) {
        retry_journal(sender);
        journal_publish(sender);
    }
    for (uint32_t line = 0; line < sender->topology->lines; line++) {
        retry_unsent(sender, line);
    }
    publish_messages(sender);
}

void sender_discard(struct sender *sender)
{
    assert(sender->outbox.message_count == 0 && sender->outbox.entry_count == 0);
    for (uint32_t line = 0; line < sender->topology->lines; line++) {
        for (struct backlog *unsent = &sender->unsent[line].entries; unsent->count > 0; backlog_pop(unsent)) {
            const struct unsent_entry *entry = backlog_front(unsent);
            sender->counts.discarded += deliveries(sender, line, &entry->message, entry->author);
            if (entry->message.payload != NULL) {
                payload_drop(entry->message.payload);
            }
        }
    }
}

#include "tests/support/faults/pump.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "faults/draw.h"

#define OUTBOX_SIZE 4 /* small, so that it is often full */

/* A payload's memory begins with where to count it. */
#define PREFIX 16

static void reclaim(struct payload *payload)
{
    unsigned char *block = (unsigned char *)payload - PREFIX;
    uint64_t *live;
    memcpy(&live, block, sizeof live);
    --*live;
    free(block);
}

struct payload *pump_allocate(struct pump *pump, uint32_t size)
{
    unsigned char *block = malloc(PREFIX + sizeof(struct payload) + size);
    assert(block != NULL);
    uint64_t *live = &pump->payloads;
    memcpy(block, &live, sizeof live);
    struct payload *payload = (struct payload *)(block + PREFIX);
    memset(payload, 0, sizeof *payload);
    atomic_init(&payload->references, 1);
    payload->size = size;
    payload->reclaim = reclaim;
    pump->payloads++;
    return payload;
}

static void *grow(void *array, size_t *capacity, size_t count, size_t element)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    array = realloc(array, *capacity * element);
    assert(array != NULL);
    return array;
}

static bool is_before(const struct pump_delivery *a, const struct pump_delivery *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void heap_push(struct pump *pump, const struct pump_delivery *delivery)
{
    pump->heap = grow(pump->heap, &pump->heap_capacity, pump->heap_count, sizeof *pump->heap);
    size_t at = pump->heap_count++;
    for (; at > 0 && is_before(delivery, &pump->heap[(at - 1) / 2]); at = (at - 1) / 2) {
        pump->heap[at] = pump->heap[(at - 1) / 2];
    }
    pump->heap[at] = *delivery;
}

static struct pump_delivery heap_pop(struct pump *pump)
{
    struct pump_delivery first = pump->heap[0], last = pump->heap[--pump->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < pump->heap_count && is_before(&pump->heap[child + 1], &pump->heap[child])) {
            child++;
        }
        if (child >= pump->heap_count || !is_before(&pump->heap[child], &last)) {
            break;
        }
        pump->heap[at] = pump->heap[child];
        at = child;
    }
    pump->heap[at] = last;
    return first;
}

static void schedule(struct pump *pump, node_id from, node_id to, const struct message *message)
{
    if (pump->deaf || to >= pump->node_count || pump->nodes[to] == NULL) {
        return;
    }
    struct pump_delivery delivery = {*message, pump->now_ns, pump->order++, from, to};
    if (pump->max_delay_ns > 0) {
        delivery.due_ns += draw(pump->seed, from, 0, to, delivery.order, 0) % pump->max_delay_ns;
    }
    if (message->payload != NULL) {
        payload_hold(message->payload);
    }
    heap_push(pump, &delivery);
}

static void keep(struct pump *pump, node_id from, const struct message *message)
{
    if (pump->forgetful) {
        return;
    }
    pump->sent = grow(pump->sent, &pump->sent_capacity, pump->sent_count, sizeof *pump->sent);
    pump->sent[pump->sent_count++] = (struct pump_sent){*message, from, pump->now_ns};
    if (message->payload != NULL) {
        payload_hold(message->payload);
    }
}

static void flush_messages(struct outbox *outbox)
{
    struct pump *pump = outbox->driver;
    for (uint32_t i = 0; i < outbox->message_count; i++) {
        const struct message *message = &outbox->messages[i];
        keep(pump, outbox->owner, message);
        if (message->to != TO_ALL_REPLICAS) {
            schedule(pump, outbox->owner, message->to, message);
        }
        for (node_id to = 0; message->to == TO_ALL_REPLICAS && to < pump->replicas; to++) {
            if (to != outbox->owner) {
                schedule(pump, outbox->owner, to, message);
            }
        }
        if (message->payload != NULL) {
            payload_drop(message->payload);
        }
    }
    outbox->message_count = 0;
}

static void flush_journal(struct outbox *outbox)
{
    struct pump *pump = outbox->driver;
    for (uint32_t i = 0; i < outbox->entry_count; i++) {
        pump->entries = grow(pump->entries, &pump->entry_capacity, pump->entry_count, sizeof *pump->entries);
        pump->entries[pump->entry_count] = outbox->entries[i];
        pump->entries[pump->entry_count++].node = outbox->owner;
    }
    outbox->entry_count = 0;
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    return pump_allocate(outbox->driver, size);
}

static const struct outbox_operations operations = {flush_messages, flush_journal, allocate};

static void step(struct pump *pump, node_id to, const struct event *event)
{
    struct message messages[OUTBOX_SIZE];
    struct journal_entry entries[OUTBOX_SIZE];
    struct outbox outbox = {
        .messages = messages,
        .message_capacity = OUTBOX_SIZE,
        .entries = entries,
        .entry_capacity = OUTBOX_SIZE,
        .operations = &operations,
        .keyring = pump->keyring,
        .owner = to,
        .driver = pump,
    };
    node_step(pump->nodes[to], event, &outbox);
    flush_messages(&outbox);
    flush_journal(&outbox);
}

void pump_start(struct pump *pump, node_id to)
{
    step(pump, to, &(struct event){.kind = EVENT_START, .now_ns = pump->now_ns});
}

void pump_tick(struct pump *pump, node_id to)
{
    step(pump, to, &(struct event){.kind = EVENT_TIMER, .now_ns = pump->now_ns});
}

void pump_deliver(struct pump *pump, node_id to, node_id from, const struct message *message)
{
    step(pump, to, &(struct event){.kind = EVENT_MESSAGE, .now_ns = pump->now_ns, .message = message, .from = from});
}

void pump_create(struct pump *pump, struct node *const *nodes, uint32_t node_count, uint32_t replicas,
                 const struct keyring *keyring)
{
    *pump = (struct pump){.node_count = node_count, .replicas = replicas, .keyring = keyring};
    pump->nodes = malloc(node_count * sizeof(struct node *));
    assert(pump->nodes != NULL);
    memcpy(pump->nodes, nodes, node_count * sizeof(struct node *));
}

void pump_forget(struct pump *pump)
{
    for (size_t i = 0; i < pump->sent_count; i++) {
        if (pump->sent[i].message.payload != NULL) {
            payload_drop(pump->sent[i].message.payload);
        }
    }
    pump->sent_count = 0;
}

void pump_destroy(struct pump *pump)
{
    for (uint32_t i = 0; i < pump->node_count; i++) {
        node_destroy(pump->nodes[i]);
    }
    while (pump->heap_count > 0) {
        struct pump_delivery delivery = heap_pop(pump);
        if (delivery.message.payload != NULL) {
            payload_drop(delivery.message.payload);
        }
    }
    pump_forget(pump);
    assert(pump->payloads == 0);
    free(pump->heap);
    free(pump->sent);
    free(pump->entries);
    free(pump->nodes);
}

/* The node with the earliest deadline, and when that is. */
static node_id earliest(const struct pump *pump, uint64_t *deadline_ns)
{
    node_id who = NO_NODE;
    *deadline_ns = TIME_NEVER_NS;
    for (node_id i = 0; i < pump->node_count; i++) {
        uint64_t due_ns = pump->nodes[i] == NULL ? TIME_NEVER_NS : node_deadline(pump->nodes[i]);
        if (due_ns < *deadline_ns) {
            *deadline_ns = due_ns;
            who = i;
        }
    }
    return who;
}

/* The next thing to happen; false if there is none up to `until_ns`. */
static bool advance(struct pump *pump, uint64_t until_ns)
{
    uint64_t deadline_ns;
    node_id who = earliest(pump, &deadline_ns);
    bool message_first = pump->heap_count > 0 && pump->heap[0].due_ns <= deadline_ns;
    uint64_t next_ns = message_first ? pump->heap[0].due_ns : deadline_ns;
    if (next_ns == TIME_NEVER_NS || next_ns > until_ns) {
        return false;
    }
    pump->now_ns = next_ns > pump->now_ns ? next_ns : pump->now_ns;
    if (!message_first) {
        pump_tick(pump, who);
        return true;
    }
    struct pump_delivery delivery = heap_pop(pump);
    pump_deliver(pump, delivery.to, delivery.from, &delivery.message);
    if (delivery.message.payload != NULL) {
        payload_drop(delivery.message.payload);
    }
    return true;
}

bool pump_run(struct pump *pump, uint64_t until_ns, uint64_t limit)
{
    for (node_id i = 0; !pump->started && i < pump->node_count; i++) {
        if (pump->nodes[i] != NULL) {
            pump_start(pump, i);
        }
    }
    pump->started = true;
    while (limit-- > 0) {
        if (!advance(pump, until_ns)) {
            return true;
        }
    }
    return false;
}

const struct message *pump_find(const struct pump *pump, node_id from, enum message_type type, size_t index)
{
    for (size_t i = 0; i < pump->sent_count; i++) {
        const struct pump_sent *sent = &pump->sent[i];
        if ((from == NO_NODE || sent->from == from) && sent->message.type == type && index-- == 0) {
            return &sent->message;
        }
    }
    return NULL;
}

size_t pump_count(const struct pump *pump, node_id from, enum message_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < pump->sent_count; i++) {
        const struct pump_sent *sent = &pump->sent[i];
        count += (from == NO_NODE || sent->from == from) && sent->message.type == type;
    }
    return count;
}

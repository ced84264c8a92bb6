/* Delivers messages between nodes in memory, in one thread: first in, first out, or after delays drawn from a seed.
 * Time stands still while messages are under way without delay, and jumps to the next deadline when none is. Keeps all
 * that was sent and recorded, for tests to look at. */
#ifndef PBFT_TESTS_SUPPORT_PUMP_H
#define PBFT_TESTS_SUPPORT_PUMP_H

#include "core/node.h"

struct pump_delivery {
    struct message message;
    uint64_t due_ns, order;
    node_id from, to;
};

/* One entry for each message that left a node; a broadcast is one. */
struct pump_sent {
    struct message message; /* a reference to its payload is held */
    node_id from;
    uint64_t at_ns;
};

struct pump {
    struct node **nodes; /* owned; a NULL one hears nothing */
    uint32_t node_count, replicas;
    const struct keyring *keyring;
    uint64_t now_ns;
    uint64_t max_delay_ns, seed; /* 0: first in, first out; else each delivery waits up to so long */
    bool deaf;                   /* what is sent is kept, and not delivered */
    struct pump_delivery *heap;
    size_t heap_count, heap_capacity;
    struct pump_sent *sent;
    size_t sent_count, sent_capacity;
    struct journal_entry *entries; /* `node` says whose */
    size_t entry_count, entry_capacity;
    uint64_t order;
    uint64_t payloads; /* not given back */
    bool started;
    bool forgetful; /* keeps nothing of what was sent */
};

/* Takes over the nodes, not the array. */
void pump_create(struct pump *pump, struct node *const *nodes, uint32_t node_count, uint32_t replicas,
                 const struct keyring *keyring);
/* Destroys the nodes and fails an assertion if a payload is not given back. */
void pump_destroy(struct pump *pump);

/* Runs until nothing is under way and no deadline lies at or before `until_ns`; false after `limit` events. */
bool pump_run(struct pump *pump, uint64_t until_ns, uint64_t limit);

/* Steps one node at once, at pump->now_ns. */
void pump_start(struct pump *pump, node_id to);
void pump_deliver(struct pump *pump, node_id to, node_id from, const struct message *message);
void pump_tick(struct pump *pump, node_id to);

/* A payload as a driver's outbox_allocate() gives it. */
struct payload *pump_allocate(struct pump *pump, uint32_t size);

/* What was sent: how many of this kind, to whomever; and the index-th of them, or NULL. `from` NO_NODE: by anybody. */
size_t pump_count(const struct pump *pump, node_id from, enum message_type type);
const struct message *pump_find(const struct pump *pump, node_id from, enum message_type type, size_t index);
/* Forgets what was sent so far. */
void pump_forget(struct pump *pump);

#endif

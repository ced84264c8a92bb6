/* The node interface: all that a driver knows of a replica, a client, or a misbehaving replica.
 *
 *     step(node, event, outbox)       deadline(node) -> time
 *
 * A node is stepped by one thread at a time, never again before the last step returned, with times that do not go
 * backwards. A step does no system call, takes no lock, and does not block. */
#ifndef PBFT_CORE_NODE_H
#define PBFT_CORE_NODE_H

#include "core/message.h"
#include "core/outbox.h"
#include "core/types.h"

enum event_kind {
    EVENT_START, /* before anything else; again when the node was down and comes back: its timers begin anew */
    EVENT_TIMER, /* the deadline that the node gave has come; may also come early or for nothing */
    EVENT_MESSAGE,
};

struct event {
    uint64_t now_ns;
    const struct message *message; /* EVENT_MESSAGE: borrowed until step returns */
    node_id from;                  /* EVENT_MESSAGE: the origin, stamped by net from the ring it came out of (R7) */
    enum event_kind kind;
};

/* What names a message among those of a driver, and who it is from (stamped by net, as event.from). */
struct reference {
    uint32_t slot;
    node_id from;
};

struct node;

struct node_operations {
    void (*step)(struct node *node, const struct event *event, struct outbox *outbox);
    /* Or NULL. Takes the first of these messages as long as each changes nothing but a count, of votes or of what was
     * rejected: step() would put nothing out and leave the deadline as it is. Returns how many it took, none of them
     * with a payload; the rest is for step(). Cheaper than so many steps. */
    uint32_t (*count)(struct node *node, uint64_t now_ns, const struct message *messages,
                      const struct reference *references, uint32_t number);
    /* Or NULL. The same for brief votes of `view`, all from one node. */
    uint32_t (*count_brief)(struct node *node, uint64_t now_ns, node_id from, view_number view,
                            const struct brief_vote *votes, uint32_t number);
    /* Or NULL. The message will come soon: asks for the cache lines that step() will touch. Changes nothing. */
    void (*expect)(const struct node *node, const struct message *message);
    /* The next time at which the node wants EVENT_TIMER, or TIME_NEVER_NS. Asked after each step; cheap. */
    uint64_t (*deadline)(const struct node *node);
    /* Frees the node and what it owns, payload references included. */
    void (*destroy)(struct node *node);
};

/* Base of every node; the first member of what implements it. */
struct node {
    const struct node_operations *operations;
    node_id id;
};

static inline void node_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    node->operations->step(node, event, outbox);
}

static inline uint32_t node_count(struct node *node, uint64_t now_ns, const struct message *messages,
                                  const struct reference *references, uint32_t number)
{
    return node->operations->count == NULL ? 0 : node->operations->count(node, now_ns, messages, references, number);
}

static inline uint32_t node_count_brief(struct node *node, uint64_t now_ns, node_id from, view_number view,
                                        const struct brief_vote *votes, uint32_t number)
{
    return node->operations->count_brief == NULL
               ? 0
               : node->operations->count_brief(node, now_ns, from, view, votes, number);
}

static inline void node_expect(const struct node *node, const struct message *message)
{
    if (node->operations->expect != NULL) {
        node->operations->expect(node, message);
    }
}

static inline uint64_t node_deadline(const struct node *node)
{
    return node->operations->deadline(node);
}

static inline void node_destroy(struct node *node)
{
    if (node != NULL) {
        node->operations->destroy(node);
    }
}

#endif

/* The next deadline of any node, for a driver that steps them all: a heap of (time, node) with an entry a node.
 *
 * Deadlines are moved back far more often than forward (a request's timer restarts with each request), so moving one
 * back costs nothing: its entry stays where it is and is moved when it comes to the top. One thread. */
#ifndef PBFT_NET_TIMER_QUEUE_H
#define PBFT_NET_TIMER_QUEUE_H

#include "core/types.h"

struct timer {
    uint64_t wanted_ns;    /* the node's deadline, or TIME_NEVER_NS */
    uint64_t scheduled_ns; /* where its entry stands, at or before wanted_ns; TIME_NEVER_NS = it has none */
};

struct timer_queue {
    struct timer *timers; /* by node */
    node_id *heap;        /* binary heap by (scheduled_ns, node) */
    uint32_t *position;   /* by node: where in the heap */
    uint32_t count, nodes;
};

/* False if memory is lacking. Release with timer_queue_destroy(), also then. */
bool timer_queue_create(struct timer_queue *queue, uint32_t nodes);
void timer_queue_destroy(struct timer_queue *queue);

/* Moves a node's entry forward to its wanted time. For timer_queue_set(). */
void timer_queue_schedule(struct timer_queue *queue, node_id node);

static inline void timer_queue_set(struct timer_queue *queue, node_id node, uint64_t deadline_ns)
{
    struct timer *timer = &queue->timers[node];
    timer->wanted_ns = deadline_ns;
    if (deadline_ns < timer->scheduled_ns) {
        timer_queue_schedule(queue, node);
    }
}

/* A time before which no node has a deadline, TIME_NEVER_NS if none has any. Cheap; a lower bound. */
static inline uint64_t timer_queue_bound(const struct timer_queue *queue)
{
    return queue->count == 0 ? TIME_NEVER_NS : queue->timers[queue->heap[0]].scheduled_ns;
}

/* The earliest deadline, of ties the least node's, or TIME_NEVER_NS; `*node` is whose it is. Makes the bound exact. */
uint64_t timer_queue_next(struct timer_queue *queue, node_id *node);

#endif

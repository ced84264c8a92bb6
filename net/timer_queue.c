#include "net/timer_queue.h"

#include <assert.h>
#include <stdlib.h>

bool timer_queue_create(struct timer_queue *queue, uint32_t nodes)
{
    *queue = (struct timer_queue){
        .timers = calloc(nodes, sizeof *queue->timers),
        .heap = calloc(nodes, sizeof *queue->heap),
        .position = calloc(nodes, sizeof *queue->position),
        .nodes = nodes,
    };
    if (queue->timers == NULL || queue->heap == NULL || queue->position == NULL) {
        return false;
    }
    for (uint32_t node = 0; node < nodes; node++) {
        queue->timers[node] = (struct timer){.wanted_ns = TIME_NEVER_NS, .scheduled_ns = TIME_NEVER_NS};
    }
    return true;
}

void timer_queue_destroy(struct timer_queue *queue)
{
    free(queue->timers);
    free(queue->heap);
    free(queue->position);
}

static bool comes_before(const struct timer_queue *queue, node_id a, node_id b)
{
    uint64_t a_ns = queue->timers[a].scheduled_ns;
    uint64_t b_ns = queue->timers[b].scheduled_ns;
    return a_ns < b_ns || (a_ns == b_ns && a < b);
}

static void put(struct timer_queue *queue, uint32_t at, node_id node)
{
    queue->heap[at] = node;
    queue->position[node] = at;
}

static void sift_up(struct timer_queue *queue, uint32_t at)
{
    node_id node = queue->heap[at];
    while (at > 0 && comes_before(queue, node, queue->heap[(at - 1) / 2])) {
        put(queue, at, queue->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(queue, at, node);
}

static void sift_down(struct timer_queue *queue, uint32_t at)
{
    node_id node = queue->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < queue->count && comes_before(queue, queue->heap[child + 1], queue->heap[child])) {
            child++;
        }
        if (child >= queue->count || !comes_before(queue, queue->heap[child], node)) {
            break;
        }
        put(queue, at, queue->heap[child]);
        at = child;
    }
    put(queue, at, node);
}

void timer_queue_schedule(struct timer_queue *queue, node_id node)
{
    struct timer *timer = &queue->timers[node];
    assert(node < queue->nodes && timer->wanted_ns < timer->scheduled_ns);
    if (timer->scheduled_ns == TIME_NEVER_NS) {
        put(queue, queue->count++, node);
    }
    timer->scheduled_ns = timer->wanted_ns;
    sift_up(queue, queue->position[node]);
}

/* Moves the top entry back to where its node wants it now, or takes it out. */
static void settle_top(struct timer_queue *queue)
{
    struct timer *top = &queue->timers[queue->heap[0]];
    top->scheduled_ns = top->wanted_ns;
    if (top->wanted_ns == TIME_NEVER_NS) {
        put(queue, 0, queue->heap[--queue->count]);
    }
    if (queue->count > 0) {
        sift_down(queue, 0);
    }
}

uint64_t timer_queue_next(struct timer_queue *queue, node_id *node)
{
    while (queue->count > 0) {
        *node = queue->heap[0];
        const struct timer *top = &queue->timers[*node];
        if (top->wanted_ns == top->scheduled_ns) {
            return top->wanted_ns;
        }
        settle_top(queue);
    }
    return TIME_NEVER_NS;
}

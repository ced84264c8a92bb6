#include "runner/bench_queue.h"

#include <assert.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/event_queue.h"
#include "net/message_pool.h"
#include "runner/bench_host.h"
#include "runner/bench_session.h"
#include "runner/version.h"

#define LEAST_DELAY_NS 5000000u
#define DELAY_SPAN_NS 30000000u

struct queue_load {
    struct event_queue queue;
    uint32_t replicas;
    uint32_t next_slot;
    uint64_t state;
};

static int compare_slots(const void *context, uint32_t a, uint32_t b)
{
    (void)context;
    return (a > b) - (a < b);
}

/* A message to everybody but its sender, who is anybody. */
static void push_broadcast(struct queue_load *load, uint64_t now_ns, uint32_t slot)
{
    const uint32_t from = bench_draw_below(&load->state, load->replicas);
    for (uint32_t to = 0; to < load->replicas; to++) {
        if (to != from) {
            const uint64_t delay_ns = LEAST_DELAY_NS + bench_draw_below(&load->state, DELAY_SPAN_NS);
            event_queue_push(&load->queue,
                             &(struct arrival){.time_ns = now_ns + delay_ns, .slot = slot, .destination = to});
        }
    }
}

static void push_next(struct queue_load *load, uint64_t now_ns)
{
    push_broadcast(load, now_ns, load->next_slot);
    load->next_slot = (load->next_slot + 1) & (EVENT_MOST_SLOTS - 1);
}

struct queue_load *queue_load_create(uint32_t replicas, uint64_t in_flight)
{
    assert(replicas > 1);
    struct queue_load *load = calloc(1, sizeof *load);
    if (load == NULL) {
        return NULL;
    }
    load->replicas = replicas;
    load->state = replicas;
    if (!event_queue_create(&load->queue, replicas, LEAST_DELAY_NS + DELAY_SPAN_NS, compare_slots, NULL)) {
        queue_load_destroy(load);
        return NULL;
    }
    for (uint64_t pushed = 0; pushed < in_flight; pushed += replicas - 1) {
        /* sent one after the other over the mean delay, as in a steady flow */
        push_next(load, (uint64_t)(20e6 * (double)pushed / (double)in_flight));
    }
    return load;
}

void queue_load_destroy(struct queue_load *load)
{
    event_queue_destroy(&load->queue);
    free(load);
}

double queue_load_ns(void *context, uint64_t time_ns)
{
    struct queue_load *load = context;
    const uint64_t until_ns = host_now_ns() + time_ns;
    uint64_t events = 0;
    struct stopwatch watch;
    stopwatch_reset(&watch);
    stopwatch_start(&watch);
    do {
        for (uint64_t enough = events + 4096; events < enough; events += load->replicas - 1) {
            uint64_t now_ns = 0;
            for (uint32_t i = 1; i < load->replicas; i++) {
                event_queue_time(&load->queue);
                now_ns = event_queue_pop(&load->queue).time_ns;
            }
            push_next(load, now_ns);
        }
    } while (host_now_ns() < until_ns);
    stopwatch_stop(&watch);
    assert(!load->queue.failed);
    return (double)watch.total_ns / (double)events;
}

double queue_bytes_each(uint32_t replicas, uint64_t in_flight)
{
    struct message_pool pool;
    version_trim_memory();
    const uint64_t before = bench_resident_bytes();
    struct queue_load *load = queue_load_create(replicas, in_flight);
    message_pool_create(&pool, EVENT_MOST_SLOTS);
    uint64_t deliveries = 0;
    for (; deliveries < in_flight; deliveries += replicas - 1) {
        const struct message message = {.type = MESSAGE_PREPARE, .to = TO_ALL_REPLICAS};
        if (message_pool_add(&pool, &message, 0) == UINT32_MAX) {
            break;
        }
    }
    const uint64_t after = bench_resident_bytes();
    const bool full = load != NULL && !load->queue.failed && deliveries >= in_flight;
    if (load != NULL) {
        queue_load_destroy(load);
    }
    message_pool_destroy(&pool);
    return full && after > before ? (double)(after - before) / (double)deliveries : 0;
}

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/event_queue.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Messages are ordered by a name that has nothing to do with their slots. */
static uint32_t name_of(uint32_t slot)
{
    return slot * UINT32_C(2654435761) >> 8;
}

static int compare_names(const void *context, uint32_t a, uint32_t b)
{
    (void)context;
    return (name_of(a) > name_of(b)) - (name_of(a) < name_of(b));
}

static void open_queue(struct event_queue *queue, uint32_t destinations, uint64_t horizon_ns)
{
    cr_assert(event_queue_create(queue, destinations, horizon_ns, compare_names, NULL));
}

static void push(struct event_queue *queue, uint64_t time_ns, node_id destination, uint32_t slot)
{
    event_queue_push(queue, &(struct arrival){.time_ns = time_ns, .destination = destination, .slot = slot});
}

static void expect(struct event_queue *queue, uint64_t time_ns, node_id destination, uint32_t slot)
{
    cr_assert_eq(event_queue_time(queue), time_ns);
    struct arrival arrival = event_queue_pop(queue);
    cr_assert(arrival.time_ns == time_ns && arrival.destination == destination && arrival.slot == slot,
              "expected %lu to %u slot %u, got %lu to %u slot %u", (unsigned long)time_ns, destination, slot,
              (unsigned long)arrival.time_ns, arrival.destination, arrival.slot);
}

Test(event_queue, is_empty_at_first_and_at_last)
{
    struct event_queue queue;
    open_queue(&queue, 4, 1000);
    cr_assert_eq(event_queue_time(&queue), TIME_NEVER_NS);
    push(&queue, 5, 3, 9);
    expect(&queue, 5, 3, 9);
    cr_assert_eq(event_queue_time(&queue), TIME_NEVER_NS);
    event_queue_destroy(&queue);
}

Test(event_queue, hands_back_what_it_was_given)
{
    struct event_queue queue;
    open_queue(&queue, MAX_REPLICAS + MAX_CLIENTS, 1000);
    struct arrival in = {
        .time_ns = 7, .slot = EVENT_MOST_SLOTS - 1, .destination = MAX_REPLICAS + MAX_CLIENTS - 1, .processed = true};
    event_queue_push(&queue, &in);
    cr_assert_eq(event_queue_time(&queue), 7);
    struct arrival out = event_queue_pop(&queue);
    cr_assert(out.time_ns == in.time_ns && out.slot == in.slot && out.destination == in.destination && out.processed);
    event_queue_destroy(&queue);
}

Test(event_queue, orders_by_time_then_destination_then_message)
{
    struct event_queue queue;
    open_queue(&queue, 4, 1000);
    uint32_t low = name_of(1) < name_of(2) ? 1 : 2;
    uint32_t high = 3 - low;
    push(&queue, 60, 0, 7);
    push(&queue, 50, 2, high);
    push(&queue, 50, 2, low);
    push(&queue, 50, 1, high);
    push(&queue, 40, 3, high);
    expect(&queue, 40, 3, high);
    expect(&queue, 50, 1, high);
    expect(&queue, 50, 2, low);
    expect(&queue, 50, 2, high);
    expect(&queue, 60, 0, 7);
    event_queue_destroy(&queue);
}

Test(event_queue, delivers_an_instant_in_rounds)
{
    struct event_queue queue;
    open_queue(&queue, 4, 1000);
    push(&queue, 50, 2, 1);
    push(&queue, 50, 3, 2);
    push(&queue, 51, 0, 3);
    expect(&queue, 50, 2, 1);
    push(&queue, 50, 1, 4); /* less than what is pending, but of the next round */
    push(&queue, 50, 0, 5);
    expect(&queue, 50, 3, 2);
    expect(&queue, 50, 0, 5);
    push(&queue, 50, 0, 6);
    expect(&queue, 50, 1, 4);
    expect(&queue, 50, 0, 6);
    expect(&queue, 51, 0, 3);
    event_queue_destroy(&queue);
}

Test(event_queue, advancing_without_a_delivery_keeps_the_calendar_near)
{
    struct event_queue queue;
    open_queue(&queue, 4, 1000);
    for (uint64_t now = 1000000; now < 2000000; now += 1000) {
        event_queue_advance(&queue, now);
        push(&queue, now + 500, 1, 1);
        push(&queue, now, 2, 2);
        cr_assert_eq(queue.heap.count, 0, "in the heap at %lu", (unsigned long)now);
        expect(&queue, now, 2, 2);
        expect(&queue, now + 500, 1, 1);
    }
    event_queue_destroy(&queue);
}

/* --- any load ---------------------------------------------------------------------------------------------------- */

enum load { UNIFORM, FIXED, NONE, HEAVY_TAIL, TWO_SCALES, COARSE, GROWING, WAVES, LOADS };

static uint64_t delay_of(enum load load, uint64_t *state, uint64_t turn)
{
    uint64_t random = next_random(state);
    switch (load) {
    case UNIFORM:
        return 5000000 + random % 30000001;
    case FIXED:
        return 10000000;
    case NONE:
        return 0;
    case HEAVY_TAIL:
        return random >> (14 + next_random(state) % 50);
    case TWO_SCALES:
        return random % 2 == 0 ? random % 1000 : UINT64_C(3600000000000) + random % 1000000;
    case COARSE:
        return random % 10 * 1000000;
    case GROWING:
        return turn * 100 + random % 1000000;
    case WAVES:
        return turn / 20000 % 2 == 0 ? random % 100 : random % UINT64_C(100000000000);
    default:
        return 0;
    }
}

/* What an arrival was pushed as: `round` counts the depth in its instant. */
struct pushed {
    uint64_t time_ns, round;
    node_id destination;
    bool processed, popped;
};

static bool in_order(const struct pushed *pushes, uint32_t a, uint32_t b)
{
    const struct pushed *first = &pushes[a];
    const struct pushed *second = &pushes[b];
    if (first->time_ns != second->time_ns) {
        return first->time_ns < second->time_ns;
    }
    if (first->round != second->round) {
        return first->round < second->round;
    }
    if (first->destination != second->destination) {
        return first->destination < second->destination;
    }
    if (first->processed != second->processed) {
        return second->processed;
    }
    return name_of(a) <= name_of(b);
}

/* A pop that is not the least leaves a lesser one for later: so it is enough that what comes out never falls. */
static void check_load(enum load load, uint64_t horizon_ns, uint64_t seed)
{
    enum { TOTAL = 200000 };
    static struct pushed pushes[TOTAL];
    memset(pushes, 0, sizeof pushes);
    struct event_queue queue;
    open_queue(&queue, 7, horizon_ns);
    uint64_t state = seed, now_ns = 0, round = 0;
    uint32_t next = 0, popped = 0, last = 0;
    while (popped < TOTAL) {
        /* what is pending grows to some thousands, and in the end shrinks to nothing */
        uint32_t births = next == 0 ? 50 : (uint32_t)(next_random(&state) % 5) * (next < TOTAL / 2 || next % 8 == 0);
        for (uint32_t i = 0; (i < births || popped == next) && next < TOTAL; i++, next++) {
            uint64_t delay_ns = delay_of(load, &state, next);
            pushes[next] = (struct pushed){.time_ns = now_ns + delay_ns,
                                           .round = delay_ns == 0 ? round + 1 : 0,
                                           .destination = (node_id)(next_random(&state) % 7),
                                           .processed = next_random(&state) % 3 == 0};
            event_queue_push(&queue, &(struct arrival){.time_ns = pushes[next].time_ns,
                                                       .slot = next,
                                                       .destination = pushes[next].destination,
                                                       .processed = pushes[next].processed});
        }
        uint64_t time_ns = event_queue_time(&queue);
        cr_assert_neq(time_ns, TIME_NEVER_NS, "load %d: lost some", (int)load);
        struct arrival arrival = event_queue_pop(&queue);
        struct pushed *was = &pushes[arrival.slot];
        cr_assert(!was->popped && arrival.slot < next);
        was->popped = true;
        cr_assert(arrival.time_ns == time_ns && was->time_ns == time_ns && was->destination == arrival.destination &&
                  was->processed == arrival.processed);
        cr_assert(popped == 0 || in_order(pushes, last, arrival.slot), "load %d, pop %u", (int)load, popped);
        last = arrival.slot;
        now_ns = time_ns;
        round = was->round;
        popped++;
    }
    cr_assert_eq(event_queue_time(&queue), TIME_NEVER_NS);
    cr_assert(!queue.failed);
    event_queue_destroy(&queue);
}

#define CHECK_LOAD(name, load)                      \
    Test(event_queue, keeps_its_order_under_##name) \
    {                                               \
        check_load(load, 35000000, 1);              \
        check_load(load, 0, 2);                     \
        check_load(load, UINT64_C(1) << 50, 3);     \
    }

CHECK_LOAD(uniform_delays, UNIFORM)
CHECK_LOAD(fixed_delays, FIXED)
CHECK_LOAD(no_delays, NONE)
CHECK_LOAD(heavy_tails, HEAVY_TAIL)
CHECK_LOAD(two_scales, TWO_SCALES)
CHECK_LOAD(coarse_times, COARSE)
CHECK_LOAD(growing_delays, GROWING)
CHECK_LOAD(waves, WAVES)

/* Quadratic time would be minutes here. */
Test(event_queue, a_million_at_one_instant_take_no_time, .timeout = 30)
{
    enum { N = 1000000 };
    static const uint64_t horizons[] = {0, 35000000};
    for (int late = 0; late < 2; late++) {
        struct event_queue queue;
        open_queue(&queue, 1000, horizons[late]);
        for (uint32_t i = 0; i < N; i++) {
            push(&queue, late ? 10000000 : 0, (i * 7919) % 1000, i);
        }
        node_id last = 0;
        for (uint32_t i = 0; i < N; i++) {
            cr_assert_neq(event_queue_time(&queue), TIME_NEVER_NS);
            struct arrival arrival = event_queue_pop(&queue);
            cr_assert(arrival.destination >= last);
            last = arrival.destination;
        }
        event_queue_destroy(&queue);
    }
}

/* A pending million that stays a million, from a wrong idea of how far ahead it lies on. */
static void check_shape(uint64_t horizon_ns)
{
    enum { N = 1000000 };
    struct event_queue queue;
    open_queue(&queue, 1000, horizon_ns);
    uint64_t state = 1;
    uint32_t slot = 0;
    for (; slot < N; slot++) {
        push(&queue, 5000000 + next_random(&state) % 30000001, slot % 1000, slot);
    }
    for (int i = 0; i < 8 * N; i++) {
        cr_assert_neq(event_queue_time(&queue), TIME_NEVER_NS);
        struct arrival arrival = event_queue_pop(&queue);
        push(&queue, arrival.time_ns + 5000000 + next_random(&state) % 30000001, slot % 1000, slot % N);
        slot++;
    }
    cr_assert(queue.heap.count < N / 100, "%zu in the heap", queue.heap.count);
    cr_assert(queue.bucket_count >= 1024, "%lu buckets", (unsigned long)queue.bucket_count);
    cr_assert(queue.block_count <= 8 + 8 * N / (1u << 20) * 3 / 2, "%zu MiB", queue.block_count);
    event_queue_destroy(&queue);
}

Test(event_queue, a_large_load_is_spread_over_buckets_at_eight_bytes_each)
{
    check_shape(35000000);
}

Test(event_queue, a_calendar_too_short_becomes_longer)
{
    check_shape(1000000);
}

Test(event_queue, a_calendar_too_long_becomes_shorter)
{
    check_shape(UINT64_C(1) << 40);
}

/* A driver asks how late the next delivery is, fires a timer before it, and that timer sends something that arrives
 * earlier still: it must not be hidden by the bucket of the later one. */
Test(event_queue, what_a_timer_sends_is_not_hidden_by_later_deliveries)
{
    for (uint64_t far_ns = 1000; far_ns < 1000000000; far_ns *= 3) {
        struct event_queue queue;
        open_queue(&queue, 4, 1000);
        push(&queue, far_ns, 1, 1);
        uint64_t timer_ns = far_ns / 2;
        cr_assert_gt(event_queue_time_until(&queue, timer_ns), timer_ns);
        event_queue_advance(&queue, timer_ns);
        push(&queue, timer_ns + 1, 2, 2);
        expect(&queue, timer_ns + 1, 2, 2);
        expect(&queue, far_ns, 1, 1);
        event_queue_destroy(&queue);
    }
}

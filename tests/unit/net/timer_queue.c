#include <criterion/criterion.h>
#include <stdlib.h>

#include "net/timer_queue.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

Test(timer_queue, has_nothing_to_say_at_first)
{
    struct timer_queue queue;
    node_id node = 77;
    cr_assert(timer_queue_create(&queue, 3));
    cr_assert_eq(timer_queue_bound(&queue), TIME_NEVER_NS);
    cr_assert_eq(timer_queue_next(&queue, &node), TIME_NEVER_NS);
    timer_queue_destroy(&queue);
}

Test(timer_queue, the_lesser_node_comes_first_at_one_instant)
{
    struct timer_queue queue;
    node_id node;
    cr_assert(timer_queue_create(&queue, 5));
    for (node_id id = 5; id-- > 0;) {
        timer_queue_set(&queue, id, 100);
    }
    for (node_id id = 0; id < 5; id++) {
        cr_assert_eq(timer_queue_next(&queue, &node), 100);
        cr_assert_eq(node, id);
        timer_queue_set(&queue, id, TIME_NEVER_NS);
    }
    cr_assert_eq(timer_queue_next(&queue, &node), TIME_NEVER_NS);
    timer_queue_destroy(&queue);
}

Test(timer_queue, a_deadline_moved_back_does_not_come_early)
{
    struct timer_queue queue;
    node_id node;
    cr_assert(timer_queue_create(&queue, 2));
    timer_queue_set(&queue, 0, 100);
    timer_queue_set(&queue, 1, 150);
    timer_queue_set(&queue, 0, 200);
    cr_assert_eq(timer_queue_next(&queue, &node), 150);
    cr_assert_eq(node, 1);
    timer_queue_set(&queue, 1, TIME_NEVER_NS);
    cr_assert_eq(timer_queue_next(&queue, &node), 200);
    cr_assert_eq(node, 0);
    timer_queue_destroy(&queue);
}

Test(timer_queue, always_tells_the_least)
{
    enum { NODES = 37 };
    struct timer_queue queue;
    uint64_t deadlines[NODES];
    cr_assert(timer_queue_create(&queue, NODES));
    for (int i = 0; i < NODES; i++) {
        deadlines[i] = TIME_NEVER_NS;
    }
    uint64_t state = 1;
    for (int i = 0; i < 200000; i++) {
        node_id id = (node_id)(next_random(&state) % NODES);
        deadlines[id] = next_random(&state) % 4 == 0 ? TIME_NEVER_NS : next_random(&state) % 1000;
        timer_queue_set(&queue, id, deadlines[id]);
        node_id least = 0;
        for (node_id other = 1; other < NODES; other++) {
            least = deadlines[other] < deadlines[least] ? other : least;
        }
        cr_assert(timer_queue_bound(&queue) <= deadlines[least]);
        if (next_random(&state) % 3 == 0) {
            node_id node = NODES;
            cr_assert_eq(timer_queue_next(&queue, &node), deadlines[least]);
            cr_assert(deadlines[least] == TIME_NEVER_NS || node == least);
        }
    }
    timer_queue_destroy(&queue);
}

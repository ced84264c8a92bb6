/* A node that is down at times: what it takes, when it wants its timer, and which life answers. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "faults/outage.h"

struct recorder {
    struct node node;
    uint64_t deadline_ns;
    unsigned starts, timers, messages;
};

static void recorder_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct recorder *recorder = (struct recorder *)node;
    (void)outbox;
    recorder->starts += event->kind == EVENT_START;
    recorder->timers += event->kind == EVENT_TIMER;
    recorder->messages += event->kind == EVENT_MESSAGE;
}

static uint64_t recorder_deadline(const struct node *node)
{
    return ((const struct recorder *)node)->deadline_ns;
}

static void recorder_destroy(struct node *node)
{
    free(node);
}

static const struct node_operations operations = {
    .step = recorder_step, .deadline = recorder_deadline, .destroy = recorder_destroy};

static struct recorder *recorder_create(void)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    cr_assert_not_null(recorder);
    *recorder = (struct recorder){.node = {&operations, 0}, .deadline_ns = TIME_NEVER_NS};
    return recorder;
}

static void step(struct node *node, enum event_kind kind, uint64_t now_ns)
{
    const struct event event = {.now_ns = now_ns, .from = NO_NODE, .kind = kind};
    node_step(node, &event, NULL);
}

Test(outage, takes_nothing_while_it_is_down_and_starts_again_when_it_comes_back)
{
    const struct downtime downtimes[] = {{100, 200, false}, {300, TIME_NEVER_NS, false}};
    struct recorder *life = recorder_create();
    struct node *lives[] = {&life->node};
    cr_assert_eq(outage_lives(downtimes, 2), 1);
    struct node *node = outage_create(0, downtimes, 2, lives);
    step(node, EVENT_START, 0);
    step(node, EVENT_MESSAGE, 99);
    cr_assert(life->starts == 1 && life->messages == 1);
    cr_assert_eq(node_deadline(node), 100, "to go down, although nothing comes in");
    step(node, EVENT_TIMER, 100);
    step(node, EVENT_MESSAGE, 150);
    step(node, EVENT_TIMER, 199);
    cr_assert(life->messages == 1 && life->timers == 0);
    life->deadline_ns = 160;
    cr_assert_eq(node_deadline(node), 200, "its timers do not run");
    step(node, EVENT_TIMER, 200);
    cr_assert(life->starts == 2 && life->timers == 1);
    step(node, EVENT_MESSAGE, 250);
    cr_assert(life->starts == 2 && life->messages == 2);
    life->deadline_ns = 270;
    cr_assert_eq(node_deadline(node), 270);
    step(node, EVENT_MESSAGE, 300);
    cr_assert(life->messages == 2 && node_deadline(node) == TIME_NEVER_NS);
    cr_assert_eq(outage_fired(node), 2);
    node_destroy(node);
}

/* Nobody steps it while it is down: it has been down all the same. */
Test(outage, comes_back_as_another_where_its_state_is_lost)
{
    const struct downtime downtimes[] = {
        {0, 100, false}, {200, 300, true}, {400, 500, true}, {600, TIME_NEVER_NS, true}};
    cr_assert_eq(outage_lives(downtimes, 4), 3);
    struct recorder *first = recorder_create(), *second = recorder_create(), *third = recorder_create();
    struct node *lives[] = {&first->node, &second->node, &third->node};
    struct node *node = outage_create(0, downtimes, 4, lives);
    step(node, EVENT_START, 0);
    cr_assert_eq(first->starts, 0, "down from the start");
    step(node, EVENT_MESSAGE, 150);
    cr_assert(first->starts == 1 && first->messages == 1);
    step(node, EVENT_MESSAGE, 550);
    cr_assert(first->messages == 1 && second->starts == 0 && third->starts == 1 && third->messages == 1);
    cr_assert_eq(outage_fired(node), 3);
    cr_assert_eq(outage_life(node, 2), &third->node);
    step(node, EVENT_MESSAGE, 600);
    cr_assert(third->messages == 1 && outage_fired(node) == 4);
    node_destroy(node);
}

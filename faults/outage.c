#include "faults/outage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "faults/wrap.h"

struct outage_node {
    struct node node; /* first */
    struct downtime *downtimes;
    uint32_t count, next; /* `next`: the downtime that it is in, or that comes */
    struct node **lives;
    uint32_t life_count, life;
    bool down, started;
    uint64_t fired;
};

uint32_t outage_lives(const struct downtime *downtimes, uint32_t count)
{
    uint32_t lives = 1;
    for (uint32_t i = 0; i < count; i++) {
        lives += downtimes[i].state_lost && downtimes[i].until_ns != TIME_NEVER_NS;
    }
    return lives;
}

/* The present downtime is over. */
static void come_back(struct outage_node *outage)
{
    if (outage->downtimes[outage->next].state_lost) {
        outage->life++;
        assert(outage->life < outage->life_count);
    }
    outage->next++;
    outage->down = false;
    outage->started = false;
}

/* Goes down and comes back as often as it should have by `now_ns`. */
static void pass_time(struct outage_node *outage, uint64_t now_ns)
{
    while (outage->next < outage->count && now_ns >= outage->downtimes[outage->next].at_ns) {
        if (!outage->down) {
            outage->down = true;
            outage->fired++;
        }
        if (now_ns < outage->downtimes[outage->next].until_ns) {
            return;
        }
        come_back(outage);
    }
}

static void outage_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct outage_node *outage = (struct outage_node *)node;
    pass_time(outage, event->now_ns);
    if (outage->down) {
        return;
    }
    struct node *life = outage->lives[outage->life];
    if (!outage->started && event->kind != EVENT_START) {
        const struct event start = {.now_ns = event->now_ns, .from = NO_NODE, .kind = EVENT_START};
        node_step(life, &start, outbox);
    }
    outage->started = true;
    node_step(life, event, outbox);
}

/* Also when it goes down, so that this is known although nothing comes in any more. */
static uint64_t outage_deadline(const struct node *node)
{
    const struct outage_node *outage = (const struct outage_node *)node;
    if (outage->down) {
        return outage->downtimes[outage->next].until_ns;
    }
    uint64_t down_ns = outage->next < outage->count ? outage->downtimes[outage->next].at_ns : TIME_NEVER_NS;
    uint64_t life_ns = node_deadline(outage->lives[outage->life]);
    return life_ns < down_ns ? life_ns : down_ns;
}

static void outage_destroy(struct node *node)
{
    struct outage_node *outage = (struct outage_node *)node;
    for (uint32_t i = 0; i < outage->life_count; i++) {
        node_destroy(outage->lives[i]);
    }
    free(outage->lives);
    free(outage->downtimes);
    free(outage);
}

static const struct node_operations operations = {
    .step = outage_step,
    .deadline = outage_deadline,
    .destroy = outage_destroy,
};

struct node *outage_create(node_id id, const struct downtime *downtimes, uint32_t count, struct node *const *lives)
{
    uint32_t life_count = outage_lives(downtimes, count);
    struct outage_node *outage = calloc(1, sizeof *outage);
    struct downtime *own_downtimes = calloc(count + 1, sizeof *own_downtimes);
    struct node **own_lives = calloc(life_count, sizeof(struct node *));
    if (outage == NULL || own_downtimes == NULL || own_lives == NULL) {
        free(outage);
        free(own_downtimes);
        free(own_lives);
        return NULL;
    }
    memcpy(own_downtimes, downtimes, count * sizeof *downtimes);
    memcpy(own_lives, lives, life_count * sizeof *lives);
    *outage = (struct outage_node){
        .node = {.operations = &operations, .id = id},
        .downtimes = own_downtimes,
        .count = count,
        .lives = own_lives,
        .life_count = life_count,
    };
    return &outage->node;
}

uint64_t outage_fired(const struct node *node)
{
    assert(node->operations == &operations);
    return ((const struct outage_node *)node)->fired;
}

uint32_t outage_life_count(const struct node *node)
{
    assert(node->operations == &operations);
    return ((const struct outage_node *)node)->life_count;
}

const struct node *outage_present_life(const struct node *node)
{
    return outage_life(node, ((const struct outage_node *)node)->life);
}

const struct node *outage_life(const struct node *node, uint32_t index)
{
    const struct outage_node *outage = (const struct outage_node *)node;
    assert(node->operations == &operations && index < outage->life_count);
    return outage->lives[index];
}

/* --- a life that loses its state --------------------------------------------------------------------------------- */

static const struct wrap_operations passes_all = {.incoming = NULL};

struct node *outage_replica_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &passes_all, NULL);
}

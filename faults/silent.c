/* silent: receives everything and sends nothing. Needs no replica inside. */
#include <stdlib.h>

#include "faults/behavior.h"
#include "faults/catalogue.h"
#include "faults/misbehaving.h"

static void silent_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    if (event->kind == EVENT_MESSAGE) {
        ((struct misbehaving *)node)->fired++; /* left unanswered */
    }
}

static uint64_t silent_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void silent_destroy(struct node *node)
{
    free(node);
}

static const struct node_operations operations = {
    .step = silent_step,
    .deadline = silent_deadline,
    .destroy = silent_destroy,
};

static struct node *silent_create(const struct behavior_context *context)
{
    struct misbehaving *silent = calloc(1, sizeof *silent);
    if (silent == NULL) {
        return NULL;
    }
    silent->node = (struct node){.operations = &operations, .id = context->id};
    return &silent->node;
}

const struct behavior behavior_silent = {
    .name = "silent",
    .summary = "sends nothing",
    .create = silent_create,
};

#include "faults/wrap.h"

#include <assert.h>
#include <stdlib.h>

static void wrap_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct wrap *wrap = (struct wrap *)node;
    const struct wrap_operations *operations = wrap->operations;
    wrap->now_ns = event->now_ns;
    if (operations->incoming == NULL || operations->incoming(wrap, event, outbox)) {
        inner_step(&wrap->inner, event, outbox);
    }
    if (operations->stepped != NULL) {
        operations->stepped(wrap, event, outbox);
    }
}

static uint64_t wrap_deadline(const struct node *node)
{
    const struct wrap *wrap = (const struct wrap *)node;
    uint64_t replica_ns = inner_deadline(&wrap->inner);
    return wrap->operations->deadline == NULL ? replica_ns : wrap->operations->deadline(wrap, replica_ns);
}

static void wrap_destroy(struct node *node)
{
    struct wrap *wrap = (struct wrap *)node;
    if (wrap->operations->release != NULL) {
        wrap->operations->release(wrap);
    }
    inner_release(&wrap->inner);
    free(wrap);
}

static const struct node_operations node_operations = {
    .step = wrap_step,
    .deadline = wrap_deadline,
    .destroy = wrap_destroy,
};

static void take(struct inner *inner, const struct message *message, struct outbox *outbox)
{
    struct wrap *wrap = inner->owner;
    if (wrap->operations->outgoing == NULL) {
        wrap_pass(message, outbox);
    } else {
        wrap->operations->outgoing(wrap, message, outbox);
    }
}

struct node *wrap_create_with(size_t size, const struct behavior_context *context,
                              const struct protocol_config *replica_protocol, const struct wrap_operations *operations,
                              bool (*prepare)(struct wrap *wrap))
{
    assert(size >= sizeof(struct wrap));
    assert(context->id < context->protocol->replicas && context->coalition->replicas == context->protocol->replicas);
    struct wrap *wrap = calloc(1, size);
    if (wrap == NULL) {
        return NULL;
    }
    wrap->base.node = (struct node){.operations = &node_operations, .id = context->id};
    wrap->base.inner = &wrap->inner;
    wrap->operations = operations;
    wrap->protocol = *context->protocol;
    wrap->context = *context;
    wrap->context.protocol = &wrap->protocol;
    if (!inner_init(&wrap->inner, context->id, replica_protocol, context->keyring, take, wrap) ||
        (prepare != NULL && !prepare(wrap))) {
        node_destroy(&wrap->base.node);
        return NULL;
    }
    return &wrap->base.node;
}

struct node *wrap_create(size_t size, const struct behavior_context *context, const struct wrap_operations *operations,
                         bool (*prepare)(struct wrap *wrap))
{
    return wrap_create_with(size, context, context->protocol, operations, prepare);
}

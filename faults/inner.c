#include "faults/inner.h"

#include <assert.h>

#include "core/replica.h"

static void flush_messages(struct outbox *outbox)
{
    struct inner *inner = outbox->driver;
    for (uint32_t i = 0; i < outbox->message_count; i++) {
        const struct message *message = &outbox->messages[i];
        inner->take(inner, message, inner->outer);
        if (message->payload != NULL) {
            payload_drop(message->payload); /* outbox_push() held it for the stay in this outbox */
        }
    }
    outbox->message_count = 0;
}

static void discard_journal(struct outbox *outbox)
{
    outbox->entry_count = 0;
}

static struct payload *allocate_outside(struct outbox *outbox, uint32_t size)
{
    struct inner *inner = outbox->driver;
    return outbox_allocate(inner->outer, size);
}

static const struct outbox_operations operations = {
    .flush_messages = flush_messages,
    .flush_journal = discard_journal,
    .allocate = allocate_outside,
};

bool inner_init(struct inner *inner, node_id id, const struct protocol_config *protocol, const struct keyring *keyring,
                inner_take *take, void *owner)
{
    struct replica *replica = replica_create(id, protocol, keyring);
    inner->node = replica == NULL ? NULL : replica_node(replica);
    inner->replica = replica;
    inner->owner = owner;
    inner->take = take;
    inner->outer = NULL;
    inner->outbox = (struct outbox){
        .messages = inner->messages,
        .message_capacity = INNER_MESSAGES,
        .entries = inner->entries,
        .entry_capacity = INNER_ENTRIES,
        .operations = &operations,
        .keyring = keyring,
        .owner = id,
        .driver = inner,
    };
    return inner->node != NULL;
}

void inner_step(struct inner *inner, const struct event *event, struct outbox *outer)
{
    assert(inner->outer == NULL);
    inner->outer = outer;
    node_step(inner->node, event, &inner->outbox);
    flush_messages(&inner->outbox);
    discard_journal(&inner->outbox);
    inner->outer = NULL;
}

void inner_release(struct inner *inner)
{
    node_destroy(inner->node);
    inner->node = NULL;
    inner->replica = NULL;
}

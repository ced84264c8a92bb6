#include "tests/support/collector.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Stands before each payload: whose count it is in. */
struct counted {
    _Alignas(16) struct collector *collector;
};

static void reclaim(struct payload *payload)
{
    struct counted *counted = (struct counted *)(void *)payload - 1;
    assert(counted->collector->living > 0);
    counted->collector->living--;
    free(counted);
}

struct payload *collector_allocate(struct collector *collector, uint32_t size)
{
    struct counted *counted = malloc(sizeof *counted + sizeof(struct payload) + size);
    assert(counted != NULL);
    struct payload *payload = (struct payload *)(void *)(counted + 1);
    memset(payload, 0xa5, sizeof *payload + size); /* contents are undefined: nobody may count on zeros */
    counted->collector = collector;
    atomic_init(&payload->references, 1);
    atomic_init(&payload->valid_as, 0);
    atomic_init(&payload->invalid_as, 0);
    payload->size = size;
    payload->reclaim = reclaim;
    payload->beneath = NULL;
    collector->living++;
    return payload;
}

static struct payload *allocate(struct outbox *outbox, uint32_t size)
{
    return collector_allocate(outbox->driver, size);
}

/* Room for `more` entries of `size` bytes after `count`. */
static void *grow(void *list, uint32_t count, uint32_t more, uint32_t *capacity, size_t size)
{
    if (count + more <= *capacity) {
        return list;
    }
    *capacity = (count + more) * 2;
    list = realloc(list, *capacity * size);
    assert(list != NULL);
    return list;
}

static void flush_messages(struct outbox *outbox)
{
    struct collector *collector = outbox->driver;
    uint32_t more = outbox->message_count;
    collector->messages = grow(collector->messages, collector->message_count, more, &collector->message_capacity,
                               sizeof *collector->messages);
    memcpy(collector->messages + collector->message_count, outbox->messages, more * sizeof *outbox->messages);
    collector->message_count += more;
    outbox->message_count = 0;
}

static void flush_journal(struct outbox *outbox)
{
    struct collector *collector = outbox->driver;
    uint32_t more = outbox->entry_count;
    for (uint32_t index = 0; index < more; index++) {
        collector->forbidden += outbox->entries[index].kind == JOURNAL_FORBIDDEN_VOTE;
    }
    collector->entries = grow(collector->entries, collector->entry_count, more, &collector->entry_capacity,
                              sizeof *collector->entries);
    memcpy(collector->entries + collector->entry_count, outbox->entries, more * sizeof *outbox->entries);
    collector->entry_count += more;
    outbox->entry_count = 0;
}

static const struct outbox_operations operations = {
    .flush_messages = flush_messages,
    .flush_journal = flush_journal,
    .allocate = allocate,
};

void collector_create(struct collector *collector, const struct keyring *keyring, node_id owner)
{
    memset(collector, 0, sizeof *collector);
    collector->outbox = (struct outbox){
        .messages = collector->message_places,
        .message_capacity = sizeof collector->message_places / sizeof *collector->message_places,
        .entries = collector->entry_places,
        .entry_capacity = sizeof collector->entry_places / sizeof *collector->entry_places,
        .operations = &operations,
        .keyring = keyring,
        .auth = keyring_mode(keyring),
        .owner = owner,
        .driver = collector,
    };
}

void collector_watch(struct collector *collector, uint32_t window)
{
    collector->outbox.watch = vote_watch_create(1, window);
    assert(collector->outbox.watch != NULL);
}

void collector_gather(struct collector *collector)
{
    if (collector->outbox.message_count > 0) {
        flush_messages(&collector->outbox);
    }
    if (collector->outbox.entry_count > 0) {
        flush_journal(&collector->outbox);
    }
}

void collector_forget(struct collector *collector)
{
    collector_gather(collector);
    for (uint32_t index = 0; index < collector->message_count; index++) {
        if (collector->messages[index].payload != NULL) {
            payload_drop(collector->messages[index].payload);
        }
    }
    collector->message_count = 0;
    collector->entry_count = 0;
}

uint32_t collector_destroy(struct collector *collector)
{
    collector_forget(collector);
    vote_watch_destroy(collector->outbox.watch);
    free(collector->messages);
    free(collector->entries);
    uint32_t living = collector->living;
    memset(collector, 0, sizeof *collector);
    return living;
}

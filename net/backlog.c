#include "net/backlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/memory.h"

#define FIRST_SIZE 16u
/* What grew beyond this is given back once empty, or a thread that got no core for a while would show for good. */
#define KEPT_BYTES 65536u

void backlog_init(struct backlog *backlog, size_t item_bytes)
{
    *backlog = (struct backlog){.item_bytes = item_bytes};
}

void backlog_destroy(struct backlog *backlog)
{
    free(backlog->items);
    backlog->items = NULL;
    backlog->size = backlog->head = backlog->count = 0;
}

static unsigned char *item_at(const struct backlog *backlog, uint32_t offset)
{
    return backlog->items + ((backlog->head + offset) & (backlog->size - 1)) * backlog->item_bytes;
}

static void grow(struct backlog *backlog)
{
    const uint32_t size = backlog->size == 0 ? FIRST_SIZE : backlog->size * 2;
    assert(size > backlog->size);
    unsigned char *items = memory_lines(size, backlog->item_bytes);
    if (items == NULL) {
        memory_exhausted("what waits for a full ring", size * backlog->item_bytes);
    }
    if (backlog->count > 0) {
        const uint32_t before_wrap = backlog->size - backlog->head;
        const uint32_t first = backlog->count < before_wrap ? backlog->count : before_wrap;
        memcpy(items, item_at(backlog, 0), first * backlog->item_bytes);
        memcpy(items + first * backlog->item_bytes, backlog->items, (backlog->count - first) * backlog->item_bytes);
    }
    free(backlog->items);
    backlog->items = items;
    backlog->size = size;
    backlog->head = 0;
}

void backlog_push(struct backlog *backlog, const void *item)
{
    if (backlog->count == backlog->size) {
        grow(backlog);
    }
    memcpy(item_at(backlog, backlog->count), item, backlog->item_bytes);
    backlog->count++;
}

const void *backlog_front(const struct backlog *backlog)
{
    assert(backlog->count > 0);
    return item_at(backlog, 0);
}

void backlog_pop(struct backlog *backlog)
{
    assert(backlog->count > 0);
    backlog->head = (backlog->head + 1) & (backlog->size - 1);
    backlog->count--;
    if (backlog->count == 0 && backlog->size * backlog->item_bytes > KEPT_BYTES) {
        backlog_destroy(backlog);
    }
}

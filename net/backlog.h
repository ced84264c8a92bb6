/* A queue of values that grows as needed: where what a full ring does not take waits, in order. The owner bounds it.
 * One thread. */
#ifndef PBFT_NET_BACKLOG_H
#define PBFT_NET_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backlog {
    unsigned char *items;
    size_t item_bytes;
    uint32_t size, head, count; /* size: 0 or a power of two */
};

/* Empty; no memory is taken before the first push. */
void backlog_init(struct backlog *backlog, size_t item_bytes);
void backlog_destroy(struct backlog *backlog);

/* Adds a copy at the end. Ends the process with a sentence if memory is lacking. */
void backlog_push(struct backlog *backlog, const void *item);
/* The first item, borrowed until the next call; there must be one. */
const void *backlog_front(const struct backlog *backlog);
void backlog_pop(struct backlog *backlog);

#endif

/* What the nodes of a replay have put out and recorded steps still refer to: each message from the step that put it out
 * until the last step that was recorded as having got it. Kept in pages, a page as long as any of its messages is
 * wanted. One thread. */
#ifndef PBFT_NET_OUTPUTS_H
#define PBFT_NET_OUTPUTS_H

#include "core/message.h"

#define OUTPUTS_PAGE_BITS 6
#define OUTPUTS_PAGE (1u << OUTPUTS_PAGE_BITS)
/* Messages of one node in a recording, at most. */
#define OUTPUTS_MOST (UINT64_C(1) << 36)

struct outputs_of {
    uint64_t count;         /* put out so far */
    uint64_t pages;         /* room in the arrays below */
    uint32_t *wanted;       /* by page: deliveries that are still to come */
    struct message **bytes; /* by page; NULL before it is needed, and behind it */
};

struct outputs {
    struct outputs_of *of; /* by node */
    uint32_t nodes;
};

/* False if memory is lacking. Release with outputs_destroy(), also then. */
bool outputs_create(struct outputs *outputs, uint32_t nodes);
/* Drops the payload references that are still held. */
void outputs_destroy(struct outputs *outputs);

/* Before anything is put out: a step will want this message. False if memory is lacking or the number is absurd. */
bool outputs_want(struct outputs *outputs, node_id from, uint64_t number);

/* The node puts out a message; takes over one reference to its payload. False if memory is lacking. */
bool outputs_add(struct outputs *outputs, node_id from, const struct message *message);

static inline bool outputs_has(const struct outputs *outputs, node_id from, uint64_t number)
{
    return number < outputs->of[from].count;
}

/* One that is there and wanted; borrowed until outputs_done(). */
static inline const struct message *outputs_at(const struct outputs *outputs, node_id from, uint64_t number)
{
    return &outputs->of[from].bytes[number >> OUTPUTS_PAGE_BITS][number & (OUTPUTS_PAGE - 1)];
}

/* One of the steps that wanted it has had it. */
void outputs_done(struct outputs *outputs, node_id from, uint64_t number);

#endif

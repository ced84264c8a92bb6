/* A correct replica kept inside a misbehaving node. What it puts out does not leave: each message goes to `take`, which
 * decides what leaves instead. Its journal is discarded, for the word of a misbehaving replica counts for nothing.
 *
 * Its outbox is emptied into `take` whenever it is full, so that no number of messages is too large. Stepped by the
 * thread that steps the misbehaving node. */
#ifndef PBFT_FAULTS_INNER_H
#define PBFT_FAULTS_INNER_H

#include "core/config.h"
#include "core/node.h"

#define INNER_MESSAGES 32
#define INNER_ENTRIES 8

struct inner;
struct replica;

/* `message` and its payload are borrowed for the call. `outbox` is the one that really leaves. */
typedef void inner_take(struct inner *inner, const struct message *message, struct outbox *outbox);

struct inner {
    struct node *node;       /* the correct replica; owned */
    struct replica *replica; /* the same */
    void *owner;             /* for `take` */
    inner_take *take;
    struct outbox *outer; /* while a step is under way */
    struct outbox outbox;
    struct message messages[INNER_MESSAGES];
    struct journal_entry entries[INNER_ENTRIES];
};

/* Fills in `inner`, which must not move afterwards. False if memory is lacking: nothing is owned then. */
bool inner_init(struct inner *inner, node_id id, const struct protocol_config *protocol, const struct keyring *keyring,
                inner_take *take, void *owner);

/* Steps the replica; all that it put out has been taken when this returns. */
void inner_step(struct inner *inner, const struct event *event, struct outbox *outer);

static inline uint64_t inner_deadline(const struct inner *inner)
{
    return node_deadline(inner->node);
}

/* Also on one that inner_init() failed on, or that is all zero. */
void inner_release(struct inner *inner);

#endif

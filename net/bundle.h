/* Bundles: messages that leave an agent in one flush and go the same way travel as one, where links hand over at once.
 * A delay line then moves one entry instead of dozens, and a receiver reads them back to back.
 *
 * On its way a bundle is a message with the flag MESSAGE_BUNDLE and itself as payload; it holds a reference of each
 * payload in it and drops them when it is dropped. Immutable once it has left. Messages keep their order on each link,
 * and are counted one by one everywhere: nothing that a node or a report sees tells whether they came in a bundle. */
#ifndef PBFT_NET_BUNDLE_H
#define PBFT_NET_BUNDLE_H

#include "core/message.h"
#include "core/node.h"
#include "net/topology.h"

/* Of one flush. */
#define BUNDLE_MOST 64u

struct bundle {
    uint32_t count, capacity;
    uint32_t numbered; /* there are numbers: while recording */
    uint32_t unused;
    struct message messages[]; /* [capacity]; then struct reference [capacity], then uint64_t [capacity] if numbered */
};

static inline struct bundle *bundle_of(struct payload *payload)
{
    return (struct bundle *)(void *)payload->bytes;
}

/* Whose each message is: reference i names message i. */
static inline struct reference *bundle_references(struct bundle *bundle)
{
    return (struct reference *)(void *)&bundle->messages[bundle->capacity];
}

/* Which of its author's messages each is, or NULL. */
static inline uint64_t *bundle_numbers(struct bundle *bundle)
{
    return bundle->numbered ? (uint64_t *)(void *)(bundle_references(bundle) + bundle->capacity) : NULL;
}

static inline bool bundle_is_one(const struct message *message)
{
    return (message->flags & MESSAGE_BUNDLE) != 0;
}

/* How many messages travel in this one; of a bundle it was given away with, too. */
static inline uint32_t bundle_weight(const struct message *message)
{
    return bundle_is_one(message) ? (uint32_t)message->sequence : 1;
}

/* The sending side: decides for each flush what travels together. One owner, one thread. */
struct bundler {
    const struct topology *topology; /* NULL: nothing does */
    bool of_clients;                 /* the agent hosts clients */
    bool numbered;
    uint32_t *expected;         /* by way: messages of this flush that are still to come; zero between flushes */
    struct payload **open;      /* by way: the bundle being filled, or NULL */
    uint16_t ways[BUNDLE_MOST]; /* of the messages of this flush */
};

/* `bundler` holds zeros. False if memory is lacking; destroy it also then. */
bool bundler_init(struct bundler *bundler, const struct topology *topology, uint32_t agent, bool numbered);
void bundler_destroy(struct bundler *bundler);

/* Looks at the messages of a flush, at most BUNDLE_MOST. False if all go one by one; else bundler_take() is to be
 * called with each of them, in order. */
bool bundler_plan(struct bundler *bundler, const struct message *messages, uint32_t count);

/* Takes the `index`-th message, and the payload reference that came with it. Returns what is to be sent now: the
 * message itself, `out` with a bundle that is complete, or NULL. */
const struct message *bundler_take(struct bundler *bundler, uint32_t index, const struct message *message,
                                   node_id author, uint64_t number, struct message *out);

#endif

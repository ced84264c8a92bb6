/* Bundles: messages that leave an agent in one flush and go the same way travel as one, where links hand over at once.
 * A delay line then moves one entry instead of dozens, and a receiver reads them back to back.
 *
 * On its way a bundle is a message with the flag MESSAGE_BUNDLE and itself as payload; it holds a reference of each
 * payload in it and drops them when it is dropped. Where nothing is lost by it, messages are packed into 32 bytes
 * instead of 64, since what a bundle costs is cache lines that move between cores. Immutable once it has left.
 *
 * Messages keep their order on each link, and are counted one by one everywhere: nothing that a node or a report sees
 * tells whether they came in a bundle. */
#ifndef PBFT_NET_BUNDLE_H
#define PBFT_NET_BUNDLE_H

#include "core/message.h"
#include "core/node.h"
#include "net/topology.h"

/* Messages of one flush, at most, and so of a bundle. */
#define BUNDLE_MOST 64u

/* A PREPARE, COMMIT, REPLY or REQUEST that is nothing but its type, what is common to its bundle, and this: */
union packed {
    uint64_t head; /* the sequence number, or timestamp, and the type in its two highest bits */
    struct brief_vote vote;
    struct {
        uint64_t head, result;
        node_id to;
    } reply;
    struct {
        uint64_t head, mark;
        struct payload *payload;
        node_id client; /* its sender, too */
    } request;
};

_Static_assert(sizeof(union packed) == CACHE_LINE / 2, "two in a cache line");

struct bundle {
    uint32_t count, capacity;
    bool packed;      /* else whole messages */
    bool numbered;    /* there are numbers: while recording */
    view_number view; /* packed: common to votes and replies, like the rest */
    node_id from, to; /* packed: of votes and replies the author; of votes and requests the destination */
    uint64_t sent_ns;
    unsigned char bytes[]; /* union packed [capacity], or struct message and struct reference; then numbers */
};

static inline union packed *bundle_packed(struct bundle *bundle)
{
    return (union packed *)(void *)bundle->bytes;
}

/* Packed votes, else NULL. */
static inline const struct brief_vote *bundle_votes(struct bundle *bundle)
{
    return bundle->packed && bundle->to == TO_ALL_REPLICAS ? &bundle_packed(bundle)->vote : NULL;
}

/* Not packed. */
static inline struct message *bundle_messages(struct bundle *bundle)
{
    return (struct message *)(void *)bundle->bytes;
}

static inline struct bundle *bundle_of(struct payload *payload)
{
    return (struct bundle *)(void *)payload->bytes;
}

/* Not packed. Whose each message is: reference i names message i. */
static inline struct reference *bundle_references(struct bundle *bundle)
{
    return (struct reference *)(void *)(bundle_messages(bundle) + bundle->capacity);
}

/* Which of its author's messages each is, or NULL. */
static inline uint64_t *bundle_numbers(struct bundle *bundle)
{
    void *behind = bundle->packed ? (void *)(bundle_packed(bundle) + bundle->capacity)
                                  : (void *)(bundle_references(bundle) + bundle->capacity);
    return bundle->numbered ? behind : NULL;
}

/* The message that was packed as the `index`-th, and whose it is. */
void bundle_unpack(struct bundle *bundle, uint32_t index, struct message *message, node_id *from);

static inline bool bundle_is_one(const struct message *message)
{
    return (message->flags & MESSAGE_BUNDLE) != 0;
}

/* How many messages travel in this one. Does not look into the bundle, which its receivers may have dropped already. */
static inline uint32_t bundle_weight(const struct message *message)
{
    return bundle_is_one(message) ? (uint32_t)message->sequence : 1;
}

/* The sending side: decides for each flush what travels together. One owner, one thread. */
struct bundler {
    const struct topology *topology; /* NULL: nothing does */
    bool of_clients;                 /* the agent hosts clients */
    bool numbered;
    struct way {
        struct payload *open;        /* the bundle being filled, or NULL */
        const struct message *first; /* of this flush */
        uint16_t expected;           /* messages of this flush that are still to come; 0 between flushes */
        bool packable;               /* all of them */
    } * ways;
    uint16_t way[BUNDLE_MOST]; /* of each message of this flush */
};

/* `bundler` holds zeros. False if memory is lacking; destroy it also then. */
bool bundler_init(struct bundler *bundler, const struct topology *topology, uint32_t agent, bool numbered);
void bundler_destroy(struct bundler *bundler);

/* Looks at the messages of a flush, at most BUNDLE_MOST. False if all go one by one; else bundler_take() is to be
 * called with each of them, in order. */
bool bundler_plan(struct bundler *bundler, const struct message *messages, const node_id *authors, uint32_t count);

/* Takes the `index`-th message, and the payload reference that came with it. Returns what is to be sent now: the
 * message itself, `out` with a bundle that is complete, or NULL. */
const struct message *bundler_take(struct bundler *bundler, uint32_t index, const struct message *message,
                                   node_id author, uint64_t number, struct message *out);

#endif

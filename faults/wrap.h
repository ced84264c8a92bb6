/* A node that wraps a correct replica: hands it the events and lets a behaviour decide about each message that comes
 * in or goes out. Most behaviours are one of these with one or two of the functions below.
 *
 * Behaviours embed `struct wrap` as their first member, or use it bare. */
#ifndef PBFT_FAULTS_WRAP_H
#define PBFT_FAULTS_WRAP_H

#include "core/proof.h"
#include "faults/behavior.h"
#include "faults/inner.h"
#include "faults/misbehaving.h"

struct wrap;

/* Each may be NULL. `event` and `message` are borrowed for the call. */
struct wrap_operations {
    /* Before the replica is stepped; may send. False hides the event from the replica. NULL: sees all. */
    bool (*incoming)(struct wrap *wrap, const struct event *event, struct outbox *outbox);
    /* Instead of sending `message`: wrap_pass() sends it as it is, nothing omits it. NULL: passes all. */
    void (*outgoing)(struct wrap *wrap, const struct message *message, struct outbox *outbox);
    /* After the replica was stepped, or the event hidden from it. NULL: nothing. */
    void (*stepped)(struct wrap *wrap, const struct event *event, struct outbox *outbox);
    /* When the node wants EVENT_TIMER, given when the replica does. NULL: when the replica does. */
    uint64_t (*deadline)(const struct wrap *wrap, uint64_t replica_ns);
    /* Releases what the behaviour owns besides; called once, also after a failed wrap_create(). NULL: nothing. */
    void (*release)(struct wrap *wrap);
};

struct wrap {
    struct misbehaving base; /* first */
    const struct wrap_operations *operations;
    struct behavior_context context; /* its `protocol` is the copy below */
    struct protocol_config protocol;
    struct inner inner;
    uint64_t now_ns; /* of the event of this step */
};

/* A zeroed behaviour of `size` bytes that begins with a struct wrap, around a replica with context->protocol. `prepare`
 * allocates what the behaviour needs besides, from wrap->context, and says whether it could; NULL if nothing. The
 * result is NULL if memory is lacking. Release with node_destroy(). */
struct node *wrap_create(size_t size, const struct behavior_context *context, const struct wrap_operations *operations,
                         bool (*prepare)(struct wrap *wrap));

/* As above, for a replica that goes by another configuration than the cluster's: `replica_protocol`. */
struct node *wrap_create_with(size_t size, const struct behavior_context *context,
                              const struct protocol_config *replica_protocol, const struct wrap_operations *operations,
                              bool (*prepare)(struct wrap *wrap));

static inline void wrap_pass(const struct message *message, struct outbox *outbox)
{
    outbox_push(outbox, message);
}

/* Walks the replicas that `message` goes to, one at a time:
 *     for (node_id to = 0; wrap_destination(wrap, message, &to); to++) */
static inline bool wrap_destination(const struct wrap *wrap, const struct message *message, node_id *to)
{
    if (message->to != TO_ALL_REPLICAS) {
        if (*to > message->to) {
            return false;
        }
        *to = message->to;
        return true;
    }
    if (*to == wrap->context.id) {
        ++*to;
    }
    return *to < wrap->protocol.replicas;
}

/* Of the certificates of this run. */
static inline struct proof_shape wrap_shape(const struct wrap *wrap)
{
    return proof_shape(wrap->protocol.replicas, wrap->protocol.quorum, keyring_mode(wrap->context.keyring));
}

/* Whether this node is the primary of `view`. */
static inline bool wrap_is_primary(const struct wrap *wrap, view_number view)
{
    return view % wrap->protocol.replicas == wrap->context.id;
}

/* Whether `node` is a replica that misbehaves. */
static inline bool coalition_has(const struct coalition *coalition, node_id node)
{
    return node < coalition->replicas && coalition->misbehaving[node];
}

#endif

/* A correct replica: OSDI 1999, section 4, as a node. */
#ifndef PBFT_CORE_REPLICA_H
#define PBFT_CORE_REPLICA_H

#include "core/config.h"
#include "core/node.h"
#include "core/reject.h"

struct replica;

/* Everything that the replica will ever need is allocated here. NULL if memory is lacking. `keyring` is shared and
 * outlives it. Release with node_destroy(replica_node()). */
struct replica *replica_create(node_id id, const struct protocol_config *config, const struct keyring *keyring);

struct node *replica_node(struct replica *replica);

/* Where a replica stands. Read by the thread that steps it, or after that thread has been joined. */
struct replica_status {
    view_number view;         /* the view it is in, or asks for */
    bool active;              /* false while a view change is under way */
    sequence_number executed; /* last executed, without gaps */
    sequence_number stable;   /* h: the last stable checkpoint */
    struct digest state;      /* of the service's state and the last replies */
    uint64_t history;         /* of all that was executed */
    uint64_t rejected[REJECT_REASONS];
    uint32_t in_log;        /* sequence numbers of which anything is kept; at most the window (I13) */
    uint64_t verified;      /* with signatures: computed, good or bad (R30) */
    uint64_t recalled;      /* found to have been verified before */
    uint64_t buffered_peak; /* most early messages kept at once (R9) */
};

void replica_status(const struct replica *replica, struct replica_status *status);

#endif

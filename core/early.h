/* PRE-PREPAREs, PREPAREs and COMMITs that arrive before the NEW-VIEW that opens their view (R9): kept, a bounded share
 * of messages and of their bytes for each sender, and played again when it has come. One owner, one thread. */
#ifndef PBFT_CORE_EARLY_H
#define PBFT_CORE_EARLY_H

#include "core/message.h"

struct early_message {
    struct message message;
    node_id from;
};

struct early {
    uint32_t replicas, share; /* messages kept of one sender */
    uint64_t share_bytes;     /* of their contents, but for the first that is kept of it, however large */
    uint32_t count;
    uint64_t peak;
    uint32_t *kept;                 /* of each sender */
    uint64_t *bytes;                /* of what is kept of it */
    struct early_message *messages; /* in order of arrival */
};

/* False if memory is lacking; early_destroy() is right also then. */
bool early_create(struct early *early, uint32_t replicas, uint32_t window);
void early_destroy(struct early *early);

/* False when the sender's share is used up. Takes a reference to the payload. */
bool early_keep(struct early *early, const struct message *message, node_id from);

/* Takes out the oldest message of this view: true and `*taken`, whose payload reference becomes the caller's. Messages
 * of earlier views are dropped on the way. `*cursor` starts at 0 and is the caller's to keep between calls; call
 * until false, which closes the gaps. */
bool early_take(struct early *early, view_number view, uint32_t *cursor, struct early_message *taken);

#endif

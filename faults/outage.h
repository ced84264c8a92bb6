/* A replica that is down at times: it takes nothing, sends nothing, and its timers do not run. It comes back with its
 * state kept, and then is as correct as it was; or with its state lost, and then it knows nothing, its own votes
 * included.
 *
 * A node around others, its lives: the first is stepped until an outage that loses the state ends, the second from
 * there to the next such outage, and so on; all are made at the start, for a step does not allocate. What a life puts
 * out, its journal too, leaves as it is. Comes back: EVENT_START. Stepped by one thread at a time, like every node. */
#ifndef PBFT_FAULTS_OUTAGE_H
#define PBFT_FAULTS_OUTAGE_H

#include "core/node.h"
#include "faults/behavior.h"

struct downtime {
    uint64_t at_ns, until_ns; /* TIME_NEVER_NS: it stays down */
    bool state_lost;
};

/* How many lives the node needs. */
uint32_t outage_lives(const struct downtime *downtimes, uint32_t count);

/* Takes over the nodes in `lives`, outage_lives() of them; `downtimes`, by time and one after the other, are copied. On
 * NULL (memory) nothing was taken over. Release with node_destroy(). */
struct node *outage_create(node_id id, const struct downtime *downtimes, uint32_t count, struct node *const *lives);

/* How often it went down so far. */
uint64_t outage_fired(const struct node *node);
/* The life that it is in, or was in when it went down. */
const struct node *outage_present_life(const struct node *node);
/* Its lives, counted from 0. */
uint32_t outage_life_count(const struct node *node);
const struct node *outage_life(const struct node *node, uint32_t index);

/* A correct replica as a life of a node that loses its state: nobody takes its journal at its word. NULL if memory is
 * lacking. */
struct node *outage_replica_create(const struct behavior_context *context);

#endif

/* What an agent and the delay lines share: rings and a bell. A ring has one producer and one consumer:
 *
 *     inbox     the line that owns the agent -> agent
 *     outboxes  agent -> each line
 *     journal   agent -> the thread that called threads_run()
 *
 * Made before the threads start, destroyed after they are joined. */
#ifndef PBFT_NET_PORT_H
#define PBFT_NET_PORT_H

#include "net/park.h"
#include "net/ring.h"
#include "net/topology.h"

/* An entry of an outbox or an inbox may be a bundle of messages. */
struct port {
    struct parker parker; /* the agent sleeps on it */
    struct ring_spsc inbox;
    struct ring_spsc journal;
    uint32_t backlog; /* messages of this agent that may wait in an agent's overflow, and as many in a line's slab */
    uint32_t outbox_count;
    bool numbered;                 /* messages carry numbers, for a recording */
    struct outbox_ring outboxes[]; /* K */
};

/* `window` is the protocol's L, `batch` how many requests a decision has at most; they size rings and backlog. NULL if
 * memory is lacking. */
struct port *port_create(const struct topology *topology, uint32_t agent, uint32_t window, uint32_t batch);
void port_destroy(struct port *port);
/* Before its use, and before the lines are made. False if memory is lacking. */
bool port_number(struct port *port);

#endif

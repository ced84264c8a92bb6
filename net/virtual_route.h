/* What leaves a node under the virtual clock: journal entries go to the sink, messages to the links, and what these
 * leave of them into the event queue. One thread. */
#ifndef PBFT_NET_VIRTUAL_ROUTE_H
#define PBFT_NET_VIRTUAL_ROUTE_H

#include "net/virtual_clock.h"

/* Of the clock's outbox, whose `driver` is the clock. */
extern const struct outbox_operations virtual_operations;

/* Empties the clock's outbox. */
void virtual_flush(struct virtual_clock *clock);

#endif

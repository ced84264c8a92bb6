/* What leaves a node under the virtual clock: journal entries go to the sink, messages to the links, and what these
 * leave of them into the event queue. One thread. */
#ifndef PBFT_NET_VIRTUAL_ROUTE_H
#define PBFT_NET_VIRTUAL_ROUTE_H

#include "net/virtual_clock.h"

/* Of the clock's outbox, whose `driver` is the clock. */
extern const struct outbox_operations virtual_operations;

/* Around each step: `id` is going to deal with `handled` (NULL: a timer); and it has, so the outbox is emptied. */
void virtual_begin(struct virtual_clock *clock, node_id id, const struct message *handled);
void virtual_end(struct virtual_clock *clock);

#endif

/* What the network does to a message: its delay, drop, duplicate, reordering, as a pure function of (seed, from, to,
 * type, view, sequence or client timestamp, attempt), drawn with a counter-based generator (Philox, Random123). The
 * same message has the same fate under both clocks and in whatever order threads send. Immutable; any thread. */
#ifndef PBFT_NET_LINK_H
#define PBFT_NET_LINK_H

#include "core/message.h"
#include "net/delay.h"

struct link_model {
    uint64_t seed;
    uint32_t replicas;          /* ids below it are replicas, others clients */
    struct delay delay;         /* between replicas */
    struct delay client_delay;  /* to and from clients */
    double drop, client_drop;   /* shares 0 .. 1 */
    double duplicate, reorder;  /* shares 0 .. 1; between replicas only */
    uint64_t reorder_extra_ns;  /* a reordered message waits uniformly up to this more */
    uint64_t gst_ns;            /* from here on nothing is dropped, duplicated or reordered; TIME_NEVER_NS = never */
    bool fifo;                  /* links keep their order: the driver releases none before an earlier one */
};

/* Deliveries of one message to one destination. */
struct link_fate {
    uint32_t copies;       /* 0 = dropped, 1, or 2 = duplicated */
    uint64_t delay_ns[2];  /* of each copy */
};

/* `message->sent_ns` decides about gst. */
void link_fate(const struct link_model *model, const struct message *message, node_id from, node_id to,
               struct link_fate *fate);

/* Whether every message is delivered exactly once without delay: drivers then skip the draw. */
bool link_is_trivial(const struct link_model *model);
/* Whether the network itself may lose a message. */
bool link_may_lose(const struct link_model *model);

#endif

/* What the network does to a message: its delay, drop, duplicate, reordering, as a pure function of (seed, from, to,
 * type, view, sequence or client timestamp, attempt), drawn with a counter-based generator (Philox, Random123). The
 * same message has the same fate under both clocks and in whatever order threads send. Immutable; any thread. */
#ifndef PBFT_NET_LINK_H
#define PBFT_NET_LINK_H

#include "core/message.h"
#include "net/delay.h"
#include "net/latency.h"
#include "net/schedule_tally.h"

struct link_model {
    uint64_t seed;
    uint32_t replicas;         /* ids below it are replicas, others clients */
    struct delay delay;        /* between replicas */
    struct delay client_delay; /* to and from clients */
    double drop, client_drop;  /* shares 0 .. 1 */
    double duplicate;          /* share 0 .. 1, on all links */
    double reorder;            /* share 0 .. 1; between replicas only */
    uint64_t reorder_extra_ns; /* a reordered message waits uniformly up to this more */
    uint64_t gst_ns;           /* from here on nothing is dropped, duplicated or reordered; TIME_NEVER_NS = never */
    const struct placement *placement; /* added to the delays by where sender and receiver live; or NULL */
    uint64_t bandwidth;                /* of each replica's uplink in bits a second (uplink.h); 0 = no limit */
    bool fifo;                         /* links keep their order: the driver releases none before an earlier one */
    const struct schedule *schedule;   /* of faults, or NULL; its rules decide here, the rest in link_release() */
    struct schedule_tally *tally;      /* of what it does, or NULL */
};

/* Deliveries of one message to one destination. */
struct link_fate {
    uint32_t copies;              /* 0 = dropped, 1, or 2 = duplicated */
    uint64_t delay_ns[2];         /* of each copy */
    const struct link_rule *rule; /* of the schedule, if one decided; or NULL */
};

/* `message->sent_ns` decides about gst. Where uplinks have a limit it is when the message begins to leave its sender's;
 * the time until it has left for this destination is part of the delay. */
void link_fate(const struct link_model *model, const struct message *message, node_id from, node_id to,
               struct link_fate *fate);

/* For broadcasts: the fates at LINK_BLOCK neighbouring destinations from `first` on, a multiple of LINK_BLOCK. The
 * same as link_fate() says one by one, but several times faster, since they share blocks of the generator. */
#define LINK_BLOCK 4u
void link_fates(const struct link_model *model, const struct message *message, node_id from, node_id first,
                struct link_fate fates[LINK_BLOCK]);

/* Whether the links to replicas do nothing to this message but delay it. */
bool link_only_delays(const struct link_model *model, const struct message *message, node_id from);
/* Then these are the delays to the replicas first .. first + count - 1, `first` a multiple of LINK_BLOCK: what
 * link_fates() says, faster still. There is room for `count` rounded up to a multiple of LINK_BLOCK. */
void link_delays(const struct link_model *model, const struct message *message, node_id from, node_id first,
                 uint32_t count, uint64_t *delays_ns);

/* Whether the schedule may lose a message that is sent at `sent_ns`. If not, and where links keep no order,
 * link_release() need not be asked. */
static inline bool link_may_cut(const struct link_model *model, uint64_t sent_ns)
{
    return model->schedule != NULL && schedule_may_cut(model->schedule, model->gst_ns, sent_ns);
}

/* How long `to` is busy with this delivery; drawn like a fate, from `model->seed`. */
uint64_t link_processing_ns(const struct link_model *model, const struct delay *processing,
                            const struct message *message, node_id from, node_id to);

/* Counts what decided about a message to one destination. */
static inline void link_tally(const struct link_model *model, const struct link_fate *fate)
{
    if (fate->rule != NULL && model->tally != NULL) {
        schedule_tally_rule(model->tally, (size_t)(fate->rule - model->schedule->rules));
    }
}

/* Whether the schedule loses a copy that is due at `due_ns`. To be asked once for each: it is counted. */
bool link_cuts(const struct link_model *model, const struct message *message, node_id from, node_id to,
               uint64_t due_ns);

/* The time at which a link that keeps its order releases what is due at `due_ns`: after everything before it.
 * `*last_ns` is the link's own (0 at the start), and is moved on. Call it in the order of sending. */
static inline uint64_t link_fifo(uint64_t *last_ns, uint64_t due_ns)
{
    *last_ns = due_ns > *last_ns ? due_ns : *last_ns + 1;
    return *last_ns;
}

/* When a copy is released that would be due at `due_ns`, to be asked once for each: after what its link released last
 * (`last_ns`, or NULL where links keep no order), and TIME_NEVER_NS if the schedule loses it, which leaves the link's
 * order as it was. */
static inline uint64_t link_release(const struct link_model *model, const struct message *message, node_id from,
                                    node_id to, uint64_t due_ns, uint64_t *last_ns)
{
    uint64_t released_ns = last_ns == NULL ? 0 : *last_ns;
    due_ns = last_ns == NULL ? due_ns : link_fifo(&released_ns, due_ns);
    if (model->schedule != NULL && link_cuts(model, message, from, to, due_ns)) {
        return TIME_NEVER_NS;
    }
    if (last_ns != NULL) {
        *last_ns = due_ns;
    }
    return due_ns;
}

/* Whether every message is delivered exactly once without delay: drivers then skip the draw. */
bool link_is_trivial(const struct link_model *model);
/* Whether a delay line has nothing to do but hand over. */
bool link_hands_over_at_once(const struct link_model *model);
/* Whether the network itself may lose a message. */
bool link_may_lose(const struct link_model *model);
/* A delay that mostly is not exceeded; for sizing. */
uint64_t link_horizon_ns(const struct link_model *model);

#endif

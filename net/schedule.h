/* A schedule of faults: what is partitioned, who is down, which links are slow or lossy, and when. It is known before
 * the run begins, so that what it does to a message is a pure function of the message, its link, the time at which it
 * was sent and the time at which it is due: both drivers ask at the sending, and nothing else changes at run time.
 *
 * Immutable once a run has begun; any thread. Times are emulated ns from the start; spans are half open, [at, until).
 * Source of what a partition means here: it drops what is sent, or due, across it while it holds; so does a replica
 * that is down. */
#ifndef PBFT_NET_SCHEDULE_H
#define PBFT_NET_SCHEDULE_H

#include "core/message.h"
#include "net/delay.h"

/* Which nodes: replicas by flag, and the clients as one. */
struct node_set {
    bool *replicas; /* n flags; NULL = all of them */
    bool clients;
};

enum partition_kind {
    PARTITION_GROUPS,  /* nodes reach each other only inside their group */
    PARTITION_PRIMARY, /* nobody reaches, or is reached by, the primary of the view that the message names: it moves
                          with the view. Messages without a view pass. */
};

struct partition {
    uint64_t at_ns, until_ns; /* TIME_NEVER_NS: for good */
    enum partition_kind kind;
    uint8_t *groups; /* n group numbers, counted from 1; replicas that the user listed nowhere share one group. 0, which
                        no schedule file says: in every group */
    uint8_t client_group; /* 0: clients reach everyone */
    bool one_way;         /* then only what leaves a group for one with a HIGHER number is lost */
    uint32_t spared; /* types of messages that pass all the same: bits 1 << enum message_type. Not in schedule files */
    view_number view_first, view_last; /* holds for messages of these views only; 0 .. UINT32_MAX: for all messages,
                                          those without a view included */
};

/* A replica that is down. */
struct outage {
    uint64_t at_ns, until_ns; /* TIME_NEVER_NS: it stays down */
    node_id replica;
    bool state_lost; /* comes back knowing nothing */
};

/* What chosen messages on chosen links suffer instead of the links' own delay or besides their own drop. */
struct link_rule {
    uint64_t at_ns, until_ns; /* judged by the time of sending */
    struct node_set from, to;
    uint32_t types; /* bit 1 << enum message_type */
    bool delays, drops;
    struct delay delay; /* if `delays`: instead of the link's own */
    double drop;        /* if `drops`: this share is lost, instead of the link's own */
};

/* Owns all that it points to. The last rule that matches a message wins. */
struct schedule {
    uint32_t replicas; /* n */
    size_t partition_count, outage_count, rule_count;
    struct partition *partitions;
    struct outage *outages;  /* by time */
    struct link_rule *rules; /* by time */
};

/* Partitions and rules end at `gst_ns` at the latest (TIME_NEVER_NS: no such time); outages do not. */

/* What the drivers ask, through link.h. `message->sent_ns` is when it was sent. */

/* The rule that decides about this message on this link, or NULL. */
const struct link_rule *schedule_rule(const struct schedule *schedule, uint64_t gst_ns, const struct message *message,
                                      node_id from, node_id to);
/* Whether a rule may match this message on some link of its sender. */
bool schedule_has_rule(const struct schedule *schedule, uint64_t gst_ns, const struct message *message, node_id from);
/* Whether a partition or an outage may still lose anything that is sent at `sent_ns`. */
bool schedule_may_cut(const struct schedule *schedule, uint64_t gst_ns, uint64_t sent_ns);
/* Whether an outage loses this message, due at `due_ns`. What a replica sent before it went down arrives. */
bool schedule_is_down(const struct schedule *schedule, const struct message *message, node_id from, node_id to,
                      uint64_t due_ns);
/* The partition that loses it, or NULL. */
const struct partition *schedule_partition(const struct schedule *schedule, uint64_t gst_ns,
                                           const struct message *message, node_id from, node_id to, uint64_t due_ns);

/* What the runner asks. */

/* Whether it ever loses anything. */
bool schedule_may_lose(const struct schedule *schedule, uint64_t gst_ns);
/* The last time at which something begins or ends, TIME_NEVER_NS left out; 0 for an empty one. */
uint64_t schedule_last_ns(const struct schedule *schedule);
/* How often a replica goes down. */
uint32_t schedule_outages_of(const struct schedule *schedule, node_id replica);
/* Whether it counts as misbehaving in a run that ends at `deadline_ns` at the latest: it comes back with its state
 * lost, or is down at the end. */
bool schedule_outage_misbehaves(const struct outage *outage, uint64_t deadline_ns);

/* Whether what is written above holds: spans that are not empty, ids below n, groups for every replica, outages by
 * time and one after the other, rules by time and for something, shares from 0 to 1. False with a sentence. */
bool schedule_check(const struct schedule *schedule, struct error *error);
/* Frees all that it points to, and leaves it empty; not the struct itself. */
void schedule_destroy(struct schedule *schedule);

#endif

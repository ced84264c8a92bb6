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
    uint8_t *groups;      /* n group numbers, counted from 1; replicas that the user listed nowhere share one group */
    uint8_t client_group; /* 0: clients reach everyone */
    bool one_way;         /* then only what leaves a group for one with a HIGHER number is lost */
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
    struct outage *outages; /* by time */
    struct link_rule *rules;
};

#endif

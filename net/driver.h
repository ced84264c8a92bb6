/* What both drivers have in common: they run the same nodes over the same link model, one on threads in real time,
 * one under a virtual clock, and end with the same report. */
#ifndef PBFT_NET_DRIVER_H
#define PBFT_NET_DRIVER_H

#include <stdatomic.h>

#include "core/journal.h"
#include "core/node.h"
#include "net/error.h"
#include "net/histogram.h"
#include "net/link.h"
#include "net/processing.h"

/* Who consumes the journals while the run goes on. Called by one thread (the one that called the driver). */
struct journal_sink {
    /* `count` entries of one node, in its order. What journal_payload() names is handed over. */
    void (*consume)(void *context, node_id node, const struct journal_entry *entries, size_t count);
    /* Whether nothing more is awaited. Cheap: asked after each batch. */
    bool (*finished)(void *context);
    void *context;
};

struct recording;

struct driver_options {
    struct node **nodes; /* replicas, then clients; ids are their indices; owned by the caller */
    uint32_t replicas;   /* how many of `nodes` are replicas */
    uint32_t node_count; /* all */
    const struct keyring *keyring;
    struct vote_watch *const *watches; /* of each node, owned by the caller; entries may be NULL, the array too */
    struct link_model links;
    struct processing processing; /* virtual clock only */
    struct auth_work *work;       /* where the keyring counts; virtual clock, for the costs of authenticating */
    uint64_t deadline_ns;         /* the run ends here at the latest */
    uint64_t stall_ns;            /* it also ends when no EXECUTED entry came for so long; TIME_NEVER_NS = off */
    uint32_t window, batch;       /* L, and requests in a batch at most: size rings and quotas */
    double time_scale;            /* real clock: emulated time is X times slower than the host's */
    uint32_t delay_lines;         /* real clock: K >= 1 */
    bool pin;                     /* real clock: bind threads to cores */
    struct journal_sink sink;
    struct recording *recording;   /* of every step, made by recording_create(); or NULL */
    const atomic_int *interrupted; /* non-zero ends the run; set by a signal handler; may be NULL */
};

enum driver_end {
    END_FINISHED,
    END_DEADLINE,
    END_STALLED,
    END_INTERRUPTED,
    END_QUIET /* virtual: nothing left to do */
};

/* The books (I12): sent + duplicated = delivered + dropped + discarded, each destination counted once. */
struct message_counts {
    uint64_t sent;          /* all types, resends included, whoever the sender */
    uint64_t bytes;         /* of the above: 64 a message, and the payload's */
    uint64_t retransmitted; /* of `sent`: attempt > 0, without what is asked or answered anew each time */
    uint64_t duplicated, delivered, dropped;
    uint64_t discarded;              /* under way, or not taken, when the run ended */
    uint64_t by_type[MESSAGE_TYPES]; /* all that were not retransmitted: first sends only */
};

/* A message leaves for so many destinations. */
void message_counts_sent(struct message_counts *counts, const struct message *message, uint64_t destinations);

struct driver_report {
    enum driver_end end;
    uint64_t elapsed_ns; /* emulated time from the start to the end of the run */
    struct message_counts messages;
    uint64_t events;          /* steps taken */
    uint64_t most_under_way;  /* virtual clock: deliveries in flight at once, at most */
    uint64_t wall_ns, cpu_ns; /* host time of the run without construction; CPU of all its threads */
    uint32_t threads;
    struct histogram lateness; /* real clock: release at the inbox minus due time, HOST ns */
    uint64_t stalls;           /* real clock: times a sender's quota held its outbox back */
};

/* Each runs to the end and returns true, or says why it could not start. The nodes are left as they ended; nothing
 * runs any more when they return. `report` is overwritten. */
bool threads_run(const struct driver_options *options, struct driver_report *report, struct error *error);
bool virtual_run(const struct driver_options *options, struct driver_report *report, struct error *error);

/* A sentence each, for the report of an end that was not END_FINISHED. */
const char *driver_end_name(enum driver_end end);

#endif

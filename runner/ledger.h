/* The requests of the run: which were submitted, accepted and executed, each once (I5, I6, I7), and how many of the
 * correct clients' are done. Requests that are done leave the tables. One thread.
 *
 * A correct client has one request outstanding and counts its timestamps from 1 without gaps; an accomplice client of
 * misbehaving replicas does as it likes, and all that carries its tag counts as submitted. */
#ifndef PBFT_RUNNER_LEDGER_H
#define PBFT_RUNNER_LEDGER_H

#include "core/service.h"
#include "core/types.h"
#include "runner/history.h"

struct request_record {
    uint64_t planned_ns;
    uint64_t promised; /* the result that its client accepted, while `accepted` */
    uint64_t computed; /* the result in the agreed history, while `computes` */
    bool computes;
    bool accepted, executed /* at every correct replica, or in the history that is kept to the end */;
};

struct client_ledger {
    uint64_t first;           /* timestamp of records[first & (capacity - 1)], the oldest that is not done */
    uint64_t submitted;       /* last timestamp submitted, and with it all before; accomplice: unused */
    uint64_t newest_executed; /* highest timestamp in the agreed history */
    uint64_t executed_below;  /* bit i: newest_executed - i is in it too */
    struct request_record *records;
    uint32_t capacity; /* a power of two, or 0 before the first request */
};

/* The first accepted result found that is not what the agreed history comes to; `client` NO_NODE: none. */
struct wrong_result {
    node_id client;
    uint64_t timestamp, promised, computed;
};

struct ledger {
    node_id first_client;
    uint32_t clients;     /* correct ones */
    uint32_t accomplices; /* their ids follow */
    struct client_ledger *of;
    uint64_t submitted, accepted; /* of correct clients */
    uint64_t executed;            /* in the agreed history */
    uint64_t executed_everywhere; /* at every correct replica */
    struct service service;       /* after the agreed history so far */
    struct wrong_result wrong;
    bool results_unknown; /* the history has a hole: no result follows any more */
};

/* False if memory is lacking; ledger_destroy() is right also then. */
bool ledger_create(struct ledger *ledger, node_id first_client, uint32_t clients, uint32_t accomplices);
void ledger_destroy(struct ledger *ledger);

static inline bool ledger_is_correct_client(const struct ledger *ledger, node_id client)
{
    return client - ledger->first_client < ledger->clients;
}

/* A correct client's first sending. False if memory is lacking. */
bool ledger_submit(struct ledger *ledger, node_id client, uint64_t timestamp, uint64_t planned_ns);
/* A correct client accepted `result` for what it submitted; false if it had accepted before. */
bool ledger_accept(struct ledger *ledger, struct request_id request, uint64_t result, uint64_t *planned_ns);
/* Whether the client has submitted this (accomplices always have). */
bool ledger_was_submitted(const struct ledger *ledger, struct request_id request);

enum ledger_order {
    LEDGER_NEW,     /* it is executed here, for the first time */
    LEDGER_LATE,    /* new, but behind a later one of its client: a replica may skip it (R28) or not */
    LEDGER_REPEATED /* it is in the history already */
};

/* The agreed history comes to this request, which was submitted. `everywhere`: at every correct replica. A new one is
 * applied to the ledger's own copy of the service, from which the right result follows (I7). */
enum ledger_order ledger_execute(struct ledger *ledger, struct request_id request, bool everywhere,
                                 uint64_t *planned_ns);

/* A request that its client accepted and that is not in the history, or false. Looked for at the end (I7). */
bool ledger_find_unfounded(const struct ledger *ledger, struct request_id *request);

#endif

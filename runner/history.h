/* The one history that correct replicas are held against: for each sequence number that not all of them have settled
 * yet, what they claim to have committed, executed and prepared, what was proposed for it, and when. A ring indexed by
 * sequence number that grows only when replicas drift apart; nothing is allocated for an entry. One thread. */
#ifndef PBFT_RUNNER_HISTORY_H
#define PBFT_RUNNER_HISTORY_H

#include "core/journal.h"
#include "core/types.h"

/* A request as its batch names it, with as much of its operation as the service acts on (core/service.h). */
struct request_id {
    uint64_t timestamp;
    node_id client;
    uint32_t size; /* bytes that are kept of the operation */
    unsigned char operation[16];
};

/* A batch of genuine requests that was proposed, by its digest; indices into the decision's `requests`. */
struct content {
    struct digest digest; /* found from the contents */
    uint32_t first, count;
    node_id author; /* who proposed it first */
};

/* What some correct replicas say alike about a sequence number. */
struct claim {
    struct digest digest;
    uint64_t history;  /* EXECUTED, TRANSFERRED */
    view_number view;  /* all but TRANSFERRED */
    uint32_t count;    /* EXECUTED */
    node_id replica;   /* the least of those that say so */
    node_id second;    /* the next one; NO_NODE if there is none */
    uint32_t replicas; /* how many they are */
    uint64_t members;  /* those with ids below 64, a bit each; for evidence */
    uint8_t kind;      /* enum journal_kind; 0 = nobody yet */
    uint8_t flags;     /* enum journal_flag */
};

struct decision {
    sequence_number sequence; /* 0 = this place was never used */
    uint32_t settled;         /* correct replicas that executed it, or fetched a state at or above it */
    view_number last_view;    /* highest view of a certificate */
    uint64_t first_executed_ns, last_executed_ns; /* at correct replicas */
    struct claim execution;                       /* the first that came in; what differs from it is among the others */
    struct claim commit;                          /* likewise, of those that committed before they could execute */
    uint64_t proposed_in_view_0_ns;               /* earliest; TIME_NEVER_NS = not yet */
    uint64_t proposed_ns;                         /* earliest in any view */
    struct claim *others;
    struct content *contents;
    struct request_id *requests;
    uint32_t other_count, other_capacity;
    uint32_t content_count, content_capacity;
    uint32_t request_count, request_capacity;
    bool truncated;          /* more was proposed than is kept: a digest without content proves nothing ... */
    node_id flooder;         /* ... and who proposed it */
    uint64_t committed_ns[]; /* of each correct replica, by its rank among them; TIME_NEVER_NS = not */
};

struct history {
    unsigned char *places; /* capacity of them, `stride` bytes each */
    size_t stride;
    uint64_t capacity;    /* a power of two */
    sequence_number base; /* the first that is not retired; starts at 1 */
    sequence_number end;  /* all that were ever opened lie below it */
    uint32_t correct;     /* correct replicas */
};

/* False if memory is lacking; history_destroy() is right also then. */
bool history_create(struct history *history, uint32_t correct);
void history_destroy(struct history *history);

/* The place of a sequence number at or above `base`, made if need be; whoever calls bounds how far ahead. NULL if
 * memory is lacking. Earlier pointers may move. */
struct decision *history_open(struct history *history, sequence_number sequence);
/* The place of a sequence number that is open, or NULL. */
struct decision *history_find(const struct history *history, sequence_number sequence);
/* `base` moves past it; its place is used again later. */
void history_retire(struct history *history);

/* Keeps the two least of a set of nodes, whatever order they come in; start from NO_NODE, NO_NODE. */
void two_least(node_id *least, node_id *second, node_id node);

/* Adds one replica's claim. False if memory is lacking. */
bool decision_claim(struct decision *decision, const struct journal_entry *entry);
/* Room for a content of `count` requests more, which the caller fills in; NULL if memory is lacking. */
struct content *decision_add_content(struct decision *decision, struct digest digest, uint32_t count);
const struct content *decision_content(const struct decision *decision, struct digest digest);
/* A content that was proposed for another sequence number. Slow; for what is rare. */
const struct content *history_content(const struct history *history, struct digest digest,
                                      const struct decision **where);

#endif

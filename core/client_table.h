/* What a replica knows of each client: its last executed request and the reply to it (R28), and its pending request,
 * in the order in which pending requests came. A client has one request outstanding at a time (OSDI 1999, section
 * 4.1), so one place each is enough. One owner, one thread. */
#ifndef PBFT_CORE_CLIENT_TABLE_H
#define PBFT_CORE_CLIENT_TABLE_H

#include "core/payload.h"
#include "core/types.h"

#define NO_CLIENT UINT32_MAX

struct client_record {
    uint64_t executed_timestamp; /* 0: none yet */
    uint64_t result;             /* of that one */
    uint64_t pending_timestamp;  /* 0: none */
    struct payload *pending;     /* the request, a batch of one; a reference is held */
    uint64_t since_ns;           /* when it became known from the client itself, or TIME_NEVER_NS if it was relayed */
    uint64_t ordered_timestamp;  /* primary: put into a pre-prepare of this view; not to be proposed again */
    uint32_t previous, next;     /* in order of arrival; indices or NO_CLIENT */
};

struct client_table {
    node_id first; /* id of the client with index 0 */
    uint32_t count;
    uint32_t oldest, newest; /* of the pending ones */
    uint32_t unproposed;     /* the oldest that this primary has not put into a pre-prepare; those after it too */
    uint32_t pending_count;
    struct client_record *records;
};

/* False if memory is lacking. */
bool client_table_create(struct client_table *table, node_id first, uint32_t count);
void client_table_destroy(struct client_table *table);

static inline bool client_table_knows(const struct client_table *table, node_id client)
{
    return client - table->first < table->count;
}

static inline struct client_record *client_table_record(struct client_table *table, node_id client)
{
    return &table->records[client - table->first];
}

/* Makes `request` the client's pending one, in place of an older one; takes a reference. */
void client_table_await(struct client_table *table, node_id client, uint64_t timestamp, struct payload *request,
                        uint64_t since_ns);
/* The client's request of this timestamp was executed: neither it nor an older one is pending any more. */
void client_table_executed(struct client_table *table, node_id client, uint64_t timestamp, uint64_t result);
/* The oldest unproposed request, which stays so; NULL if there is none. */
struct client_record *client_table_unproposed(struct client_table *table);
/* Takes it. The table keeps its reference. */
struct client_record *client_table_propose(struct client_table *table);
/* Every pending request counts as unproposed again: a new primary starts over. */
void client_table_unpropose_all(struct client_table *table);
/* The request stands in a pre-prepare of the new view already. */
void client_table_ordered(struct client_table *table, node_id client, uint64_t timestamp);
/* The pending request whose contents have this digest, as a batch of one; NULL if there is none. The table keeps its
 * reference. */
struct payload *client_table_find(const struct client_table *table, struct digest digest);
/* When the oldest pending request that came from its client itself came; TIME_NEVER_NS if there is none (R23). */
uint64_t client_table_oldest_ns(const struct client_table *table);
/* Whether that request is this client's. */
bool client_table_is_oldest(const struct client_table *table, node_id client);

#endif

/* A correct client (OSDI 1999, section 4.1; R29): one request outstanding, first to the primary that it believes in,
 * after a timeout to all replicas; accepts a result that `reply_quorum` distinct replicas agree on. In closed loop the
 * next request is planned for the moment of acceptance; in open loop for fixed times, and waits while the one before
 * it is outstanding, so that its latency counts from the planned time (no coordinated omission). */
#ifndef PBFT_CORE_CLIENT_H
#define PBFT_CORE_CLIENT_H

#include "core/config.h"
#include "core/node.h"
#include "core/reject.h"

struct client;

/* NULL if memory is lacking. `keyring` is shared and outlives it. Release with node_destroy(client_node()). */
struct client *client_create(const struct client_config *config, const struct protocol_config *protocol,
                             const struct keyring *keyring);

struct node *client_node(struct client *client);

struct client_status {
    uint64_t submitted, accepted;
    uint64_t rejected[REJECT_REASONS];
};

void client_status(const struct client *client, struct client_status *status);

/* Bytes of the operation that a client submits as its `timestamp`-th, drawn from both; `operation` holds `size`. */
void client_operation(node_id client, uint64_t timestamp, unsigned char *operation, uint32_t size);

#endif

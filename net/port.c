#include "net/port.h"

#include <stdlib.h>

#include "net/memory.h"

#define INBOX_SIZE 4096u
#define OUTBOX_LEAST 64u
#define OUTBOX_MOST 1024u
/* Where decisions make many replies: up to so many in a ring, and in all agents' rings together. */
#define OUTBOX_MOST_REPLIES 4096u
#define OUTBOX_ALL (1u << 17)
#define JOURNAL_LEAST 128u
#define JOURNAL_MOST 2048u

static uint32_t power_of_two(uint32_t wanted, uint32_t least, uint32_t most)
{
    uint32_t size = least;
    while (size < wanted && size < most) {
        size *= 2;
    }
    return size;
}

/* What a correct node may have under way at once. A replica: a few broadcasts for each sequence number of its window
 * and a reply for each request in it, and a reply to each client, some of them resent. A client: one request, resent to
 * all. */
static uint32_t backlog_of(const struct topology *topology, uint32_t agent, uint32_t window, uint32_t batch)
{
    const uint64_t clients = topology->nodes - topology->replicas;
    const uint64_t messages = agent < topology->replicas ? 1024 + (16ull + batch) * window + 4 * clients
                                                         : 1024 + 16ull * topology_hosted(topology, agent);
    return messages < UINT32_MAX / 2 ? (uint32_t)messages : UINT32_MAX / 2;
}

/* A ring that takes what a few steps put out: what it does not take has to wait beside it. */
static uint32_t outbox_size(const struct topology *topology, uint32_t window, uint32_t batch)
{
    const uint32_t votes = power_of_two(2 * (window < OUTBOX_MOST ? window : OUTBOX_MOST), OUTBOX_LEAST, OUTBOX_MOST);
    const uint32_t share = OUTBOX_ALL / topology_agents(topology) + 1;
    const uint32_t most = share < OUTBOX_MOST_REPLIES ? share : OUTBOX_MOST_REPLIES;
    const uint64_t replies = batch > 1 ? (uint64_t)window * batch : 0;
    const uint32_t wanted = replies < most ? (uint32_t)replies : most;
    return wanted > votes ? power_of_two(wanted, votes, OUTBOX_MOST_REPLIES) : votes;
}

struct port *port_create(const struct topology *topology, uint32_t agent, uint32_t window, uint32_t batch)
{
    struct port *port = memory_lines(1, sizeof *port + topology->lines * sizeof port->outboxes[0]);
    if (port == NULL) {
        return NULL;
    }
    parker_init(&port->parker);
    port->backlog = backlog_of(topology, agent, window, batch);
    port->outbox_count = topology->lines;
    const bool shared = topology_hosted(topology, agent) > 1;
    const node_id author = topology_hosted_id(topology, agent, 0);
    const uint32_t messages = outbox_size(topology, window, batch);
    bool done = ring_init(&port->inbox, INBOX_SIZE, sizeof(struct reference));
    const uint32_t entries = agent < topology->replicas ? window : 4 * topology_hosted(topology, agent);
    done = ring_init(&port->journal, power_of_two(entries, JOURNAL_LEAST, JOURNAL_MOST),
                     sizeof(struct journal_entry)) &&
           done;
    for (uint32_t line = 0; line < topology->lines; line++) {
        done = outbox_ring_init(&port->outboxes[line], messages, shared, author) && done;
    }
    if (!done) {
        port_destroy(port);
        return NULL;
    }
    return port;
}

bool port_number(struct port *port)
{
    port->numbered = true;
    for (uint32_t line = 0; line < port->outbox_count; line++) {
        if (!outbox_ring_number(&port->outboxes[line])) {
            return false;
        }
    }
    return true;
}

void port_destroy(struct port *port)
{
    if (port == NULL) {
        return;
    }
    ring_destroy(&port->inbox);
    ring_destroy(&port->journal);
    for (uint32_t line = 0; line < port->outbox_count; line++) {
        outbox_ring_destroy(&port->outboxes[line]);
    }
    free(port);
}

#include "net/port.h"

#include <stdlib.h>

#include "net/memory.h"

#define INBOX_SIZE 4096u
#define OUTBOX_LEAST 64u
#define OUTBOX_MOST 1024u
#define JOURNAL_LEAST 128u
#define JOURNAL_MOST 512u

static uint32_t power_of_two(uint32_t wanted, uint32_t least, uint32_t most)
{
    uint32_t size = least;
    while (size < wanted && size < most) {
        size *= 2;
    }
    return size;
}

/* What a correct node may have under way at once. A replica: a few broadcasts for each sequence number of its window
 * and a reply to each client, some of them resent. A client: one request, resent to all. */
static uint32_t backlog_of(const struct topology *topology, uint32_t agent, uint32_t window)
{
    const uint64_t clients = topology->nodes - topology->replicas;
    const uint64_t messages = agent < topology->replicas ? 1024 + 16ull * window + 4 * clients
                                                         : 1024 + 16ull * topology_hosted(topology, agent);
    return messages < UINT32_MAX / 2 ? (uint32_t)messages : UINT32_MAX / 2;
}

struct port *port_create(const struct topology *topology, uint32_t agent, uint32_t window)
{
    struct port *port = memory_lines(1, sizeof *port + topology->lines * sizeof port->outboxes[0]);
    if (port == NULL) {
        return NULL;
    }
    parker_init(&port->parker);
    port->backlog = backlog_of(topology, agent, window);
    port->outbox_count = topology->lines;
    const bool shared = topology_hosted(topology, agent) > 1;
    const node_id author = topology_hosted_id(topology, agent, 0);
    const uint32_t outbox_size = power_of_two(2 * (window < OUTBOX_MOST ? window : OUTBOX_MOST), OUTBOX_LEAST,
                                              OUTBOX_MOST);
    bool done = ring_init(&port->inbox, INBOX_SIZE, sizeof(struct reference));
    done = ring_init(&port->journal, power_of_two(window, JOURNAL_LEAST, JOURNAL_MOST), sizeof(struct journal_entry)) &&
           done;
    for (uint32_t line = 0; line < topology->lines; line++) {
        done = outbox_ring_init(&port->outboxes[line], outbox_size, shared, author) && done;
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

/* Which agent hosts which node, and which delay line serves which agent. A plain value, immutable during a run.
 *
 * Agents 0 .. n-1 host one replica each; those from n on share the clients, round robin. With K delay lines, line k
 * owns the agents i with i mod K = k as destinations: whatever goes to them passes through it alone. */
#ifndef PBFT_NET_TOPOLOGY_H
#define PBFT_NET_TOPOLOGY_H

#include "core/types.h"

struct topology {
    uint32_t replicas;      /* n */
    uint32_t nodes;         /* replicas and clients */
    uint32_t client_agents; /* 0 if there are no clients */
    uint32_t lines;         /* K >= 1 */
};

static inline uint32_t topology_agents(const struct topology *topology)
{
    return topology->replicas + topology->client_agents;
}

static inline uint32_t topology_agent_of(const struct topology *topology, node_id node)
{
    return node < topology->replicas ? node
                                     : topology->replicas + (node - topology->replicas) % topology->client_agents;
}

/* How many nodes an agent hosts, and the id of the `index`-th of them. */
static inline uint32_t topology_hosted(const struct topology *topology, uint32_t agent)
{
    if (agent < topology->replicas) {
        return 1;
    }
    const uint32_t clients = topology->nodes - topology->replicas;
    return (clients - (agent - topology->replicas) + topology->client_agents - 1) / topology->client_agents;
}

static inline node_id topology_hosted_id(const struct topology *topology, uint32_t agent, uint32_t index)
{
    return agent < topology->replicas ? agent : agent + index * topology->client_agents;
}

static inline uint32_t topology_hosted_index(const struct topology *topology, node_id node)
{
    return node < topology->replicas ? 0 : (node - topology->replicas) / topology->client_agents;
}

static inline uint32_t topology_line_of(const struct topology *topology, uint32_t agent)
{
    return topology->lines == 1 ? 0 : agent % topology->lines;
}

/* How many of the agents below `agents` a line owns. */
static inline uint32_t topology_owned(const struct topology *topology, uint32_t line, uint32_t agents)
{
    return line < agents ? (agents - line + topology->lines - 1) / topology->lines : 0;
}

/* Destinations of a message that one line has to serve; `to` is a node or TO_ALL_REPLICAS. */
static inline uint32_t topology_fan_out(const struct topology *topology, uint32_t line, node_id from, node_id to)
{
    if (to != TO_ALL_REPLICAS) {
        return to < topology->nodes && topology_line_of(topology, topology_agent_of(topology, to)) == line;
    }
    const bool own = from < topology->replicas && topology_line_of(topology, from) == line;
    return topology_owned(topology, line, topology->replicas) - own;
}

#endif

#include "net/watchdog.h"

#include <stdio.h>

#define LOOK_NS UINT64_C(1000000000)

/* Journals are left out: this thread reads them itself. */
static uint32_t look(const struct watchdog *watchdog, bool *waiting)
{
    uint32_t signature = 0;
    for (uint32_t agent = 0; agent < topology_agents(watchdog->topology); agent++) {
        const struct port *port = watchdog->ports[agent];
        signature = signature * 31 + ring_signature(&port->inbox);
        *waiting = *waiting || ring_depth(&port->inbox) > 0;
        for (uint32_t line = 0; line < watchdog->topology->lines; line++) {
            signature = signature * 31 + ring_signature(&port->outboxes[line].ring);
            *waiting = *waiting || ring_depth(&port->outboxes[line].ring) > 0;
        }
    }
    return signature;
}

bool watchdog_stuck(struct watchdog *watchdog, uint64_t now_ns)
{
    if (watchdog->looked_ns != 0 && now_ns - watchdog->looked_ns < LOOK_NS) {
        return false;
    }
    bool waiting = false;
    const uint32_t signature = look(watchdog, &waiting);
    if (watchdog->looked_ns == 0 || !waiting || signature != watchdog->signature) {
        watchdog->moved_ns = now_ns;
    }
    watchdog->looked_ns = now_ns;
    watchdog->signature = signature;
    return now_ns - watchdog->moved_ns >= WATCHDOG_LIMIT_NS;
}

static void print_agent(const struct watchdog *watchdog, uint32_t agent)
{
    const struct port *port = watchdog->ports[agent];
    const bool replica = agent < watchdog->topology->replicas;
    fprintf(stderr, "  %s %u: inbox %u of %u, journal %u of %u, outbox", replica ? "replica" : "clients",
            replica ? agent : agent - watchdog->topology->replicas, ring_depth(&port->inbox),
            ring_capacity(&port->inbox), ring_depth(&port->journal), ring_capacity(&port->journal));
    for (uint32_t line = 0; line < watchdog->topology->lines; line++) {
        const struct ring_spsc *ring = &port->outboxes[line].ring;
        fprintf(stderr, "%s %u of %u", line > 0 ? "," : "", ring_depth(ring), ring_capacity(ring));
    }
    fprintf(stderr, ", %llu rounds, %s\n", (unsigned long long)agent_rounds(watchdog->agents[agent]),
            atomic_load_explicit(&port->parker.state, memory_order_relaxed) == PARKER_AWAKE ? "awake" : "asleep");
}

void watchdog_print(const struct watchdog *watchdog, const char *headline)
{
    fprintf(stderr, "pbft: %s\n", headline);
    for (uint32_t line = 0; line < watchdog->topology->lines; line++) {
        struct delay_line *delay_line = watchdog->lines[line];
        const struct parker *parker = delay_line_parker(delay_line);
        fprintf(stderr, "  delay line %u: %llu under way, %llu rounds, %s\n", line,
                (unsigned long long)delay_line_under_way(delay_line), (unsigned long long)delay_line_rounds(delay_line),
                atomic_load_explicit(&parker->state, memory_order_relaxed) == PARKER_AWAKE ? "awake" : "asleep");
    }
    for (uint32_t agent = 0; agent < topology_agents(watchdog->topology); agent++) {
        print_agent(watchdog, agent);
    }
}

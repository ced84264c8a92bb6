/* Notices that nothing moves although something should, and says what stands where. The thread that called
 * threads_run() asks it; it reads what other threads publish anyway. */
#ifndef PBFT_NET_WATCHDOG_H
#define PBFT_NET_WATCHDOG_H

#include "net/agent.h"
#include "net/delay_line.h"

/* How long nothing may move, and how long stopping may take. */
#define WATCHDOG_LIMIT_NS UINT64_C(10000000000)

struct watchdog {
    const struct topology *topology;
    struct port *const *ports;
    struct agent *const *agents;
    struct delay_line *const *lines;
    uint32_t signature; /* of all rings when last looked at */
    uint64_t moved_ns;  /* when it was last seen to change, or nothing lay in a ring */
    uint64_t looked_ns;
};

/* Call often; it looks once a second. True when something has lain in a ring, and no ring has moved, for the limit. */
bool watchdog_stuck(struct watchdog *watchdog, uint64_t now_ns);

/* Prints on stderr, after `headline`, how far each line and each agent is and what lies in its rings. */
void watchdog_print(const struct watchdog *watchdog, const char *headline);

#endif

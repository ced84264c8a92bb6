/* What a vote costs when its parts alone work for it, in one thread: its broadcast goes into the sender's outbox, from
 * there through the delay line's slab into every inbox (net/pass.h, net/delivery.h), and each replica reads it there
 * and counts it (core/log.h). No thread, no wake-up, no cache line that another core holds, no protocol around it. */
#ifndef PBFT_RUNNER_BENCH_RELAY_H
#define PBFT_RUNNER_BENCH_RELAY_H

#include <stdbool.h>
#include <stdint.h>

struct relay;

/* NULL if memory is lacking. */
struct relay *relay_create(uint32_t replicas, uint32_t window);
void relay_destroy(struct relay *relay);

/* ns of CPU time for a vote delivered, on average. */
struct relay_cost {
    double hand_over_ns; /* outbox, slab, inbox */
    double count_ns;     /* reading it and counting it */
};
struct relay_cost relay_measure(struct relay *relay, uint64_t time_ns);

#endif

/* The virtual clock's queue alone: deliveries pushed as broadcasts, and popped in order of time, with no node behind.
 * One thread. */
#ifndef PBFT_RUNNER_BENCH_QUEUE_H
#define PBFT_RUNNER_BENCH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct queue_load;

/* `in_flight` deliveries at a time to `replicas`, each 5 to 35 ms under way. NULL if memory is lacking. */
struct queue_load *queue_load_create(uint32_t replicas, uint64_t in_flight);
void queue_load_destroy(struct queue_load *load);

/* ns for a push and a pop, of CPU time. `context` is the load. */
double queue_load_ns(void *context, uint64_t time_ns);

/* What a delivery in flight takes in memory: queue and message pool, `in_flight` of them at once, as broadcasts to
 * `replicas`. 0 if the system does not say. */
double queue_bytes_each(uint32_t replicas, uint64_t in_flight);

#endif

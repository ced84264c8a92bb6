/* Nodes that only count: pre-prepare, prepare, commit over the replicas' own log (core/log.h), without requests,
 * execution, checkpoints or authentication. What remains of a run when the protocol is left out. */
#ifndef PBFT_RUNNER_BENCH_COUNTING_H
#define PBFT_RUNNER_BENCH_COUNTING_H

#include "net/driver.h"

struct counting_config {
    uint32_t replicas, quorum;
    uint32_t pipeline;  /* sequence numbers in flight */
    uint64_t decisions; /* then there is silence */
};

/* For a driver, which then ends with END_QUIET. NULL if memory is lacking. Release with node_destroy(). */
struct node *counting_node_create(node_id id, const struct counting_config *config);
/* What it has decided. */
uint64_t counting_node_decided(const struct node *node);

#endif

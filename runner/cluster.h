/* The nodes of one run, as its scenario describes them: correct replicas, misbehaving ones, clients, and the accomplice
 * client where a behaviour needs one. Built and destroyed by the thread that runs the scenario. */
#ifndef PBFT_RUNNER_CLUSTER_H
#define PBFT_RUNNER_CLUSTER_H

#include "core/client.h"
#include "core/replica.h"
#include "faults/behavior.h"
#include "net/driver.h"
#include "runner/scenario.h"

struct cluster {
    struct protocol_config protocol;
    struct keyring *keyring;
    struct auth_work *work;            /* what the keyring counts, where its costs are emulated; else NULL */
    struct vote_watch **watches;       /* of the correct replicas (I8); NULL for other nodes */
    struct coalition coalition;        /* misbehaving nodes point to it: a cluster must not move */
    bool *misbehaving;                 /* n flags: those with a behaviour, and those that the schedule has go down
                                          for good or come back with their state lost */
    bool *coalesced;                   /* n flags: those with a behaviour */
    const struct behavior **behaviors; /* n; NULL where there is none */
    bool *outages;                     /* n flags: its node is one of faults/outage.h */
    struct replica **replicas;         /* n; NULL where misbehaving */
    struct client **clients;           /* the correct ones */
    struct node **nodes;               /* all: replicas, clients, accomplice */
    uint32_t node_count;
};

/* Repetition `index`. On false a sentence says why, and nothing is left to release. */
bool cluster_create(struct cluster *cluster, const struct scenario *scenario, uint32_t index, struct error *error);
/* Also on one that is all zero. */
void cluster_destroy(struct cluster *cluster);

/* How often the behaviour of this replica was exercised; it has one. After the run. */
uint64_t cluster_fired(const struct cluster *cluster, node_id id);

/* The replica of which the node consists, or that it wraps; NULL where there is no single one. After the run. */
const struct replica *cluster_replica(const struct cluster *cluster, node_id id);

/* What the driver needs to know of nodes, links, and the clock; sink and interruption are the caller's to add. */
struct driver_options cluster_driver_options(const struct cluster *cluster, const struct scenario *scenario,
                                             uint32_t index);

#endif

/* A cluster for tests of misbehaviours: n replicas, some of which misbehave, and correct clients, on a pump. */
#ifndef PBFT_TESTS_SUPPORT_CLUSTER_H
#define PBFT_TESTS_SUPPORT_CLUSTER_H

#include "core/client.h"
#include "core/quorum.h"
#include "core/replica.h"
#include "faults/behavior.h"
#include "tests/support/faults/pump.h"

#define CLUSTER_MAX 32
#define MS UINT64_C(1000000)

struct cluster_options {
    uint32_t replicas;
    const char *behavior[CLUSTER_MAX]; /* of each replica; NULL = correct */
    uint32_t clients;                  /* 0 reads as 1 */
    uint64_t requests;                 /* of each client */
    uint64_t seed;
    uint32_t quorum;              /* 0: the computed one */
    uint32_t pipeline;            /* 0: 4 */
    uint32_t checkpoint_interval; /* 0: 4; the window is twice that */
    uint64_t at_ns, until_ns;     /* for crashes */
    uint64_t retransmit_ns;       /* 0: off */
};

struct cluster {
    struct protocol_config protocol;
    struct coalition coalition;
    bool misbehaving[CLUSTER_MAX];
    struct keyring *keyring;
    struct replica *replicas[CLUSTER_MAX]; /* NULL where it misbehaves */
    struct client *clients[CLUSTER_MAX];
    struct pump pump;
};

void cluster_create(struct cluster *cluster, const struct cluster_options *options);
void cluster_destroy(struct cluster *cluster);

/* Requests that correct clients had accepted. */
uint64_t cluster_accepted(const struct cluster *cluster);
/* How often the misbehaviour of replica `id` fired. */
uint64_t cluster_fired(const struct cluster *cluster, node_id id);
/* What a correct replica executed as `sequence`, or NULL. */
const struct journal_entry *cluster_executed(const struct cluster *cluster, node_id replica, sequence_number sequence);
/* The last sequence number that it executed. */
sequence_number cluster_last(const struct cluster *cluster, node_id replica);
/* The first sequence number at which two correct replicas executed different contents; 0 if there is none. */
sequence_number cluster_disagreement(const struct cluster *cluster);
/* Rejections for this reason, by all correct replicas. */
uint64_t cluster_rejected(const struct cluster *cluster, enum reject reason);

#endif

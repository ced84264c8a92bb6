/* Replicas and clients of one run in one thread, under a virtual clock of the plainest kind: every message takes
 * a drawn time, may be lost or doubled, and the earliest event comes first. No part of the product's network is in it, so
 * that core can be tried without it. Repeatable: everything is drawn from the seed. */
#ifndef PBFT_TESTS_SUPPORT_ENSEMBLE_H
#define PBFT_TESTS_SUPPORT_ENSEMBLE_H

#include "core/client.h"
#include "core/replica.h"
#include "tests/support/collector.h"

/* Zero means the default, given in brackets. */
struct ensemble_options {
    uint32_t replicas;            /* [4] */
    uint32_t clients;             /* [1] */
    uint64_t requests;            /* of each client [1] */
    uint32_t quorum;              /* [quorum_size(n)] */
    uint32_t batch;               /* [1] */
    uint32_t pipeline;            /* [the window] */
    uint32_t checkpoint_interval; /* [8] */
    uint32_t window;              /* [2 * checkpoint_interval] */
    uint64_t seed;                /* of delays, losses and copies */
    uint64_t delay_ns;            /* each message takes 1 .. this long [1: in order] */
    uint32_t drop, duplicate;     /* percent of all deliveries between replicas */
    uint64_t silent;              /* bit i: replica i takes part in nothing */
    uint64_t view_timeout_ns;     /* [10 s] */
    uint64_t retransmit_ns;       /* [off] */
    enum auth_mode auth;          /* [none] */
};

struct delivery;

struct ensemble {
    struct ensemble_options options;
    struct protocol_config config;
    struct keyring *keyring;
    struct node **nodes; /* replicas, then clients */
    struct replica **replicas;
    struct client **clients;
    struct collector *collectors; /* one for each node */
    uint32_t count;               /* of nodes */
    struct delivery *heap;        /* earliest first */
    uint32_t pending, capacity;
    uint64_t serial, random;
    uint64_t now_ns;
    uint64_t sent[MESSAGE_TYPES];  /* each destination counted once */
    struct journal_entry *journal; /* of all nodes, in the order of their steps; `node` is filled in */
    uint32_t entries, entry_capacity;
};

void ensemble_open(struct ensemble *ensemble, struct ensemble_options options);
/* Returns the number of payloads to which a reference was left behind. */
uint32_t ensemble_close(struct ensemble *ensemble);

/* Until every client has had all its requests accepted and no message is under way; false if that did not happen by
 * `deadline_ns`. */
bool ensemble_run(struct ensemble *ensemble, uint64_t deadline_ns);

/* Goes on until all that take part have executed equally far; false if they have not by `deadline_ns`. */
bool ensemble_settle(struct ensemble *ensemble, uint64_t deadline_ns);

struct replica_status ensemble_status(const struct ensemble *ensemble, node_id replica);
/* Whether all that take part have executed equally far, with equal history and state. */
bool ensemble_agrees(const struct ensemble *ensemble);

#endif

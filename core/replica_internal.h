/* What the files of a replica share: its state, and the floors below the message handlers. Not for other modules. */
#ifndef PBFT_CORE_REPLICA_INTERNAL_H
#define PBFT_CORE_REPLICA_INTERNAL_H

#include "core/checkpoints.h"
#include "core/client_table.h"
#include "core/log.h"
#include "core/quorum.h"
#include "core/replica.h"
#include "core/request.h"
#include "core/service.h"

struct replica {
    struct node node; /* first: a replica is a node */
    struct protocol_config config;
    const struct keyring *keyring;
    node_id id;
    uint32_t replicas;              /* n */
    uint32_t quorum;                /* q */
    view_number view;               /* the one it is in, or asks for */
    bool active;                    /* a NEW-VIEW opened `view` (view 0 is open from the start) */
    sequence_number executed;       /* last executed */
    sequence_number proposed;       /* primary: last sequence number given out */
    struct log log;                 /* log.low is h */
    struct checkpoints checkpoints;
    struct client_table clients;
    struct service service;
    uint64_t history;
    uint64_t rejected[REJECT_REASONS];
};

/* One step's surroundings, passed down instead of three parameters. */
struct step {
    struct replica *replica;
    const struct event *event;
    struct outbox *outbox;
};

static inline node_id replica_primary(const struct replica *replica)
{
    return primary_of(replica->view, replica->replicas);
}

static inline bool replica_is_primary(const struct replica *replica)
{
    return replica_primary(replica) == replica->id;
}

static inline bool replica_is_replica(const struct replica *replica, node_id node)
{
    return node < replica->replicas;
}

/* A message of this replica's, with its sender filled in. */
static inline struct message replica_message(const struct replica *replica, enum message_type type)
{
    return (struct message){.type = (uint8_t)type, .sender = replica->id};
}

#endif

/* The parameters of the protocol, the same for every replica of a run. A plain value, passed down. */
#ifndef PBFT_CORE_CONFIG_H
#define PBFT_CORE_CONFIG_H

#include "core/types.h"

enum auth_mode {
    AUTH_NONE,     /* the ideal channel: nobody can forge an origin */
    AUTH_MAC,      /* a keyed hash for each pair of nodes */
    AUTH_SIGNATURE /* Ed25519 */
};

struct protocol_config {
    uint32_t replicas;            /* n >= 1 */
    uint32_t clients;             /* correct clients; accomplices come after them */
    uint32_t accomplices;         /* accomplice clients of misbehaving replicas */
    uint32_t quorum;              /* q: quorum_size(n) unless the user wants to see what goes wrong */
    uint32_t batch;               /* requests that a pre-prepare carries at most, >= 1 */
    uint32_t pipeline;            /* sequence numbers in flight at the primary, 1 .. window */
    uint32_t checkpoint_interval; /* K >= 1 */
    uint32_t window;              /* L >= 2K: sequence numbers h < s <= h+L are accepted */
    uint64_t view_timeout_ns;     /* T of R23, first value */
    uint64_t retransmit_ns;       /* first resend interval of R25; 0 = off */
    uint64_t bandwidth;           /* of its uplink in bits a second; 0 = no limit known (R34) */
    enum auth_mode auth;
    bool prefault; /* the host's, not the protocol's: replicas touch their logs' slots when they are created, so that
                      no page fault delays a vote */
};

/* What a client needs besides. */
struct client_config {
    node_id id;
    uint64_t requests;       /* that this client is to submit in all */
    uint32_t operation_size; /* bytes */
    uint64_t start_ns;       /* planned time of its first request */
    uint64_t interval_ns;    /* open loop: between planned times; 0 = closed loop */
    uint64_t timeout_ns;     /* then to all replicas, again after 2T, 4T, 8T, 8T.. */
    uint32_t reply_quorum;   /* matching replies that accept a result, normally f+1 */
};

#endif

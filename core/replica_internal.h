/* What the files of a replica share: its state, and small questions about it. Not for other modules. */
#ifndef PBFT_CORE_REPLICA_INTERNAL_H
#define PBFT_CORE_REPLICA_INTERNAL_H

#include "core/checkpoints.h"
#include "core/client_table.h"
#include "core/config.h"
#include "core/early.h"
#include "core/log.h"
#include "core/node.h"
#include "core/quorum.h"
#include "core/reject.h"
#include "core/request.h"
#include "core/service.h"
#include "core/snapshots.h"
#include "core/view_change.h"

/* CHECKPOINTs above H that are kept of each sender. */
#define CHECKPOINTS_AHEAD 2

/* Messages of a peer that may have to be proven to others. */
enum { PEER_CHANGE, PEER_AHEAD, PEER_AUTHS = PEER_AHEAD + CHECKPOINTS_AHEAD };

/* What is known of another replica. */
struct peer {
    struct payload *change;       /* its latest valid VIEW-CHANGE, or NULL; a reference is held */
    view_number change_view;      /* that it asks for; 0: none */
    uint64_t new_view_ns;         /* as a primary: not before this the NEW-VIEW is sent to it again (R34) */
    uint64_t new_view_backoff_ns; /* the interval until then */
    view_number voted_view;       /* highest view in which a vote of it was seen */
    sequence_number claimed;      /* highest that it named by a COMMIT or CHECKPOINT beyond what can count here, or by a
                                certificate (R32) */
    struct {
        sequence_number sequence; /* 0: none */
        struct digest digest;
    } ahead[CHECKPOINTS_AHEAD];   /* its last CHECKPOINTs above H (R21), the newest first */
    uint64_t tags[PEER_AUTHS];    /* of the messages above, by PEER_.. */
    struct signature *signatures; /* with signatures: likewise, of the replica's; else NULL */
};

/* Changing views (R13, R23 - R25). */
struct view_state {
    uint32_t asked;       /* k: views asked for since the last execution in an active view */
    uint64_t deadline_ns; /* of the view timer; TIME_NEVER_NS while it does not run */
    uint64_t settled_ns;  /* since when this view is known to work: request timers count from here at the earliest */
    struct payload *new_view; /* by which this primary opened its view, to be sent again; or NULL */
};

/* Sending again, and fetching (R25, R32). */
struct catch_up {
    uint64_t resend_ns; /* TIME_NEVER_NS while nothing is outstanding */
    uint64_t backoff_ns;
    bool postponed; /* by an uplink that was busy when it was due */
    bool again;     /* it has sent again since it was armed */
    uint16_t attempt;
    sequence_number seen_executed, seen_highest; /* what it was armed for */
    view_number seen_view;
    bool seen_active;
    bool news;                   /* a peer claimed to be further than before */
    sequence_number proven;      /* the highest sequence number that a certificate from another proved decided */
    sequence_number fetching;    /* asked for up to here; 0: nothing */
    sequence_number fetching_at; /* h when it asked */
    node_id fetching_from;       /* whom it asked */
    uint64_t fetched_ns;         /* when it last asked */
    sequence_number lag;         /* what others were known to have executed at the last look, see look_for_lag() */
    uint64_t lag_ns;             /* when to look next */
    uint16_t fetching_attempt;   /* the attempt at which it asked */
    uint32_t fetches;            /* how often, at this h and attempt */
    uint32_t turn;               /* whom to ask next */
};

/* What a vote touches comes first: two cache lines with the beginning of the log. */
struct replica {
    struct node node; /* first: a replica is a node */
    uint64_t wake_ns; /* the earlier of its timers, after the last step */
    node_id id;
    uint32_t replicas;        /* n */
    uint32_t quorum;          /* q */
    view_number view;         /* the one it is in, or asks for */
    bool active;              /* a NEW-VIEW opened `view` (view 0 is open from the start) */
    bool opens;               /* messages come sealed: with `--auth mac` and `signature` */
    bool only_counted;        /* what this step received was a vote, and completed nothing */
    struct log log;           /* log.low is h */
    sequence_number executed; /* last executed */
    sequence_number proposed; /* primary: last sequence number given out */
    struct protocol_config config;
    const struct keyring *keyring;
    struct verifier verifier; /* with signatures */
    struct view_rules rules;
    struct checkpoints checkpoints;
    struct snapshots snapshots;
    struct client_table clients;
    struct service service;
    uint64_t history;
    struct early early;
    struct peer *peers;                /* n; the own one holds the own VIEW-CHANGE */
    struct signature *peer_signatures; /* PEER_AUTHS for each peer, or NULL */
    struct change *changes;            /* n: room to gather a V in */
    struct proof *proof;               /* room to gather a proof in */
    struct view_state views;
    struct catch_up catch_up;
    struct uplink_meter uplink;
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

static inline union vote_auth peer_auth(const struct peer *peer, uint32_t which)
{
    union vote_auth auth = {.tag = peer->tags[which]};
    if (peer->signatures != NULL) {
        auth.signature = &peer->signatures[which];
    }
    return auth;
}

static inline void peer_keep_auth(struct peer *peer, uint32_t which, union vote_auth auth)
{
    if (peer->signatures != NULL) {
        peer->signatures[which] = *auth.signature;
    } else {
        peer->tags[which] = auth.tag;
    }
}

/* Broadcasts a vote of this replica's; returns its tag or signature (which stands until the next one is made). */
static inline union vote_auth replica_broadcast(const struct step *step, const struct message *vote)
{
    union vote_auth auth = outbox_put(step->outbox, TO_ALL_REPLICAS, vote);
    if (step->replica->rules.proofs.verifier != NULL) {
        verifier_trust_vote(step->replica->rules.proofs.verifier, vote->sender, vote->type, vote->view, vote->sequence,
                            vote->digest, auth.signature);
    }
    return auth;
}

static inline void replica_journal(const struct step *step, struct journal_entry entry)
{
    entry.time_ns = step->event->now_ns;
    outbox_record(step->outbox, &entry);
}

#endif

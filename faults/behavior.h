/* Misbehaviours: nodes that usually wrap a correct replica and change, hold, add or omit what comes out of it.
 * A registry by name; one file a behaviour. */
#ifndef PBFT_FAULTS_BEHAVIOR_H
#define PBFT_FAULTS_BEHAVIOR_H

#include "core/config.h"
#include "core/node.h"

/* Which copy of a twin (faults/twin.c) hears and is heard by whom, view by view. Source: Bano et al., "Twins: BFT
 * systems made robust", OPODIS 2021. */
struct twin_schedule {
    uint32_t views;        /* it speaks of views 0 .. views-1 */
    uint64_t until_ns;     /* and of the time before this */
    const uint8_t *groups; /* [views][2][n]: the group of each first copy or correct replica; of each second copy */
};

/* What all misbehaving replicas of a run share: known to each from the start. Immutable once the run has begun. */
struct coalition {
    uint32_t replicas;                 /* n */
    const bool *misbehaving;           /* n flags */
    uint32_t count;                    /* b */
    node_id accomplice;                /* the accomplice client's id, or NO_NODE */
    uint64_t seed;                     /* for what a behaviour draws: of (seed, replica, what for), not a stream */
    const struct twin_schedule *twins; /* what `twin` goes by instead of draws, or NULL */
};

struct replica;
struct pbft_behavior; /* pbft_behavior.h: of a behaviour from elsewhere */

/* What `NAME(key=value,...)` can set. */
#define MOST_PARAMETERS 2
struct behavior_parameter {
    const char *name;    /* the key */
    const char *initial; /* the default, in words */
    const char *help;    /* what it sets */
    bool is_time;        /* in ns; else a count */
    bool is_drawn;       /* where it is not given the runner draws it: the context's at_ns */
    uint64_t least, most;
};

/* The values that were given, in the order of the behaviour's parameters; zeroed: none was. */
struct behavior_values {
    bool given[MOST_PARAMETERS];
    uint64_t value[MOST_PARAMETERS];
};

struct behavior_context {
    node_id id; /* whose part it plays */
    const struct protocol_config *protocol;
    const struct keyring *keyring;      /* the accomplice client's requests are tagged with it; nothing else */
    const struct coalition *coalition;  /* outlives the node */
    struct behavior_values values;      /* of its parameters */
    uint64_t at_ns;                     /* `crash`, `crash-recover`, `amnesia`: when it goes down, unless given */
    uint64_t until_ns;                  /* `crash-recover`, `amnesia`: when it is back; at or before at_ns (so 0
                                                 too) means two view timeouts after at_ns */
    const struct pbft_behavior *plugin; /* the behavior's own, if it has one */
};

struct behavior {
    const char *name;
    const char *summary;   /* one line for `pbft list` */
    bool needs_accomplice; /* whether the run must have an accomplice client */
    /* NULL if memory is lacking. Release with node_destroy(). */
    struct node *(*create)(const struct behavior_context *context);
    const struct pbft_behavior *plugin; /* not of the catalogue: what a shared object says; else NULL */
    struct behavior_parameter parameters[MOST_PARAMETERS]; /* those that have a name */
};

/* The value of the parameter at `place`, or `otherwise` where it was not given. */
static inline uint64_t behavior_value(const struct behavior_context *context, unsigned place, uint64_t otherwise)
{
    return context->values.given[place] ? context->values.value[place] : otherwise;
}

/* No time that is given is longer: an hour more fits any clock. */
#define MOST_PARAMETER_NS (UINT64_C(1000) * 3600 * 1000000000)

/* NULL if there is none of that name. */
const struct behavior *behavior_find(const char *name);
/* All of them in the order of `pbft list`; the last has name NULL. */
const struct behavior *behavior_at(size_t index);

/* The correct replica within this node, for its state at the end; NULL where there is no single one. `node` was made by
 * a behavior. Read after the run. */
const struct replica *behavior_replica(const struct node *node);

/* How often the misbehaviour of this node was really exercised. `node` was made by a behavior. Read after the run. */
uint64_t behavior_fired(const struct node *node);

#endif

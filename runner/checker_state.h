/* What the files of the checker share: where each correct replica stands, and the tables. Not for other modules. */
#ifndef PBFT_RUNNER_CHECKER_STATE_H
#define PBFT_RUNNER_CHECKER_STATE_H

#include "core/config.h"
#include "runner/judge.h"
#include "runner/ledger.h"
#include "runner/measure.h"
#include "runner/stability.h"

/* Where a correct replica stands, by its own journal. */
struct track {
    sequence_number executed, stable;
    view_number active, asked; /* the view it is active in; the highest that it was in or asked for */
    uint32_t rank;             /* among the correct ones */
};

/* A NEW-VIEW, by view and digest of its contents. */
struct opening {
    struct digest digest;
    view_number view;
    node_id entered_by; /* the first correct replica to enter the view by it, or NO_NODE */
    bool proven;        /* its primary sent it, and it is what new_view_is_proven() asks for */
};

struct checker {
    const struct protocol_config *protocol;
    const struct keyring *keyring;
    const bool *misbehaving;
    uint64_t requests;  /* of correct clients, in all */
    bool replies_prove; /* b <= f, and clients wait for f+1 (I7) */
    struct run_result *result;
    uint32_t replicas, correct; /* n; how many of them are correct */
    struct judge_config judge;
    struct track *tracks; /* one for each replica */
    struct history history;
    struct ledger ledger;
    struct measure measure;
    struct stability checkpoints; /* STABLE and TRANSFERRED */
    struct stability endings;     /* checker_final_state() */
    size_t checkpoint_room;       /* look for claims to forget when there are so many */
    view_number *views;           /* above 0, entered by a correct replica; ascending */
    size_t view_count, view_capacity;
    struct opening *openings; /* made when the first is seen */
    size_t opening_count;
    bool openings_lost; /* more proven ones were sent than there is room for */
    uint32_t waits;     /* attempts at the same decision */
    bool failed;        /* memory was lacking */
    bool guessing;      /* contents of a decision are unknown: later counts prove nothing */
};

static inline bool checker_is_correct_replica(const struct checker *checker, node_id node)
{
    return node < checker->replicas && !checker->misbehaving[node];
}

/* The run cannot be judged: no verdict is given, and this is said. The first reason stays. */
static inline void checker_give_up(struct checker *checker, const char *reason, sequence_number sequence,
                                   node_id replica)
{
    if (checker->result->unjudged.reason == NULL) {
        checker->result->unjudged = (struct unjudged){reason, sequence, replica};
    }
}

/* Evidence that one replica alone gives. */
static inline void checker_offer(struct checker *checker, const char *property, sequence_number sequence,
                                 node_id replica, struct digest digest)
{
    struct violation violation = violation_of(property, sequence);
    violation_witness(&violation, replica, digest);
    violation_offer(&checker->result->violation, &violation);
}

#endif

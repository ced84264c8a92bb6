/* The three phases on one sequence number: pre-prepared, prepared, committed-local (OSDI 1999, section 4.2). */
#ifndef PBFT_CORE_AGREEMENT_H
#define PBFT_CORE_AGREEMENT_H

#include "core/replica_internal.h"

/* Opens the slot by the pre-prepare of the current view, whose primary stamped `tag`; a backup votes PREPARE, unless
 * it lacks the contents (R20). `batch` is NULL for a null request, or when lacking. What follows happens at once. */
void agreement_open(const struct step *step, sequence_number sequence, struct digest digest, union vote_auth auth,
                    struct payload *batch);

/* The contents that the open slot was lacking have come. */
void agreement_supply(const struct step *step, sequence_number sequence, struct payload *batch);

/* Whether a vote may count: sender, view, window (R2 is the caller's). */
enum reject agreement_admits(const struct replica *replica, const struct message *vote);

/* Whether a slot whose certificates have so many votes has nothing to do. */
static inline bool agreement_waits(const struct slot *slot, uint32_t quorum, uint32_t prepares, uint32_t commits)
{
    return prepares < quorum || (slot->prepares.complete && (slot->commits.complete || commits < quorum));
}

/* Whether votes of this replica and view may count. */
static inline bool agreement_hears(const struct replica *replica, node_id from, view_number view)
{
    return from < replica->replicas && view == replica->view && replica->active;
}

/* Refuses a vote of this view for what is executed and stable, and counts it as agreement_admits() has it counted: the
 * fastest quorum runs ahead of the slowest votes. False if it is for something else. */
bool agreement_refuses_late(struct replica *replica, sequence_number sequence);

/* Counts such a vote if it is the first of its sender for the pre-prepare that is there, and completes nothing, or if
 * it comes too late for anything; else changes nothing. */
static inline __attribute__((always_inline)) bool agreement_adds(struct replica *replica, bool prepare,
                                                                 sequence_number sequence, struct digest digest,
                                                                 union vote_auth auth, node_id from)
{
    if (!log_contains(&replica->log, sequence)) {
        return agreement_refuses_late(replica, sequence);
    }
    struct slot *slot = log_slot(&replica->log, sequence);
    struct certificate *certificate = slot_certificate(slot, prepare ? PHASE_PREPARE : PHASE_COMMIT);
    /* a PREPARE of the primary (R2) would be its second vote: the pre-prepare is counted (R3) */
    return log_expects(slot, certificate, replica->view, digest) &&
           agreement_waits(slot, replica->quorum, slot->prepares.count + prepare, slot->commits.count + !prepare) &&
           certificate_add(certificate, &replica->log.bitsets, from, auth);
}

/* Nearly every step of a run: a vote of the open view for the pre-prepare that is there, the first of its sender, that
 * completes nothing, or one that comes too late. Counts it if it is one; else changes nothing. */
static inline bool agreement_only_counts(struct replica *replica, const struct message *vote, node_id from)
{
    bool prepare = vote->type == MESSAGE_PREPARE;
    if ((!prepare && vote->type != MESSAGE_COMMIT) || vote->attempt != 0 || vote->payload != NULL ||
        vote->sender != from || !agreement_hears(replica, from, vote->view)) {
        return false;
    }
    return agreement_adds(replica, prepare, vote->sequence, vote->digest, vote->auth, from);
}

/* After a vote was counted: moves to prepared, committed-local, and execution when the quorum is there. False if the
 * vote changed nothing but its slot's count: then the rest of the step has nothing to do. */
bool agreement_advance(const struct step *step, sequence_number sequence);

#endif

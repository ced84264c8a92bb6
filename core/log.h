/* The log: a window of sequence numbers h < s <= h+L (OSDI 1999, section 4.2), a slot each, indexed by s modulo the
 * window. What a vote touches is one cache line, the slot; everything else stands in the slot's record.
 *
 * Votes that arrive before their pre-prepare are counted under the digest that they name; those that name another
 * digest than the slot's go to a side list, so that the right ones count whatever came first (R1, R4, R6, R9).
 * One owner, one thread. */
#ifndef PBFT_CORE_LOG_H
#define PBFT_CORE_LOG_H

#include "core/certificate.h"
#include "core/kept.h"
#include "core/payload.h"
#include "core/reject.h"

enum phase { PHASE_PREPARE, PHASE_COMMIT };

struct slot {
    struct digest digest;        /* of the pre-prepare, or what the early votes name */
    struct certificate prepares; /* with the primary's pre-prepare as its vote */
    struct certificate commits;
};

_Static_assert(sizeof(struct slot) == CACHE_LINE, "a vote touches one cache line");

#define NO_SIDE_VOTE 0u /* the pool's first place is never given out */

/* A certificate of an earlier view, kept until a checkpoint makes it stable. */
struct archived_proof {
    struct certificate votes; /* count 0: there is none */
    struct digest digest;
    struct payload *batch; /* a reference is held; NULL = null request */
};

struct slot_record {
    _Alignas(CACHE_LINE) struct payload *batch; /* of the accepted pre-prepare; one reference held; NULL = null request,
                                                   or lacking */
    struct payload *decision;                   /* what was fetched (R32), or NULL; a reference is held */
    struct payload *decided;                    /* its batch; NULL = null request */
    uint64_t committed_ns;
    view_number decided_view; /* of its certificate */
    uint32_t side_votes;      /* head of the list of votes for other digests, or NO_SIDE_VOTE */
    uint32_t kept;            /* head of the list of contents accepted in earlier views (R33) */
    bool executed;
    bool archived;                   /* there is something in the next two */
    struct archived_proof prepared;  /* stays in the P set across views (R16) */
    struct archived_proof committed; /* to answer those who fetch (R32) */
};

_Static_assert(offsetof(struct slot_record, prepared) <= CACHE_LINE, "without view changes one cache line is touched");

struct side_vote {
    struct digest digest;
    uint64_t tag; /* with signatures: the side signature of the same index instead */
    node_id sender;
    uint32_t next;
    uint8_t phase; /* enum phase */
};

struct log {
    sequence_number low;     /* h */
    sequence_number highest; /* of which anything was ever kept; may be at or below h */
    uint32_t window;         /* L */
    uint32_t mask;           /* slots - 1, a power of two >= L */
    uint32_t replicas;
    struct slot *slots;
    struct slot_record *records;
    struct vote_pool bitsets;
    struct side_vote *side_pool;
    struct signature *side_signatures; /* of the same index, or NULL without signatures */
    uint32_t side_capacity;            /* places, the first of them included */
    uint32_t side_fresh;               /* places from here on were never used, and cost no memory yet */
    uint32_t side_free;                /* head of the list of those given back */
    struct kept_pool kept;
    void *slots_memory, *records_memory;
};

/* `pipeline`: sequence numbers that a correct primary has in flight at most. False if memory is lacking; log_destroy()
 * is right also then. */
bool log_create(struct log *log, uint32_t replicas, uint32_t window, uint32_t pipeline, enum auth_mode mode);
/* Touches the window's slots, which otherwise cost page faults at their first use, and nothing if they are never used.
 * Bitsets are handed out again and again, and not touched. For a new log. */
void log_prefault(struct log *log);
/* Drops the references that it holds, and frees. */
void log_destroy(struct log *log);

static inline bool log_contains(const struct log *log, sequence_number sequence)
{
    return sequence - log->low - 1 < log->window; /* also false below: it wraps to a huge number */
}

static inline struct slot *log_slot(struct log *log, sequence_number sequence)
{
    return &log->slots[sequence & log->mask];
}

static inline struct certificate *slot_certificate(struct slot *slot, enum phase phase)
{
    return phase == PHASE_PREPARE ? &slot->prepares : &slot->commits;
}

static inline struct slot_record *log_record(struct log *log, sequence_number sequence)
{
    return &log->records[sequence & log->mask];
}

/* The rare cases of log_vote: an early vote, one for another digest, a second one. */
enum reject log_vote_aside(struct log *log, enum phase phase, sequence_number sequence, view_number view,
                           struct digest digest, node_id sender, union vote_auth auth);

/* Whether the vote is for the slot's open pre-prepare, so that it counts in the slot itself if it is its sender's
 * first. */
static inline bool log_expects(const struct slot *slot, const struct certificate *certificate, view_number view,
                               struct digest digest)
{
    return slot->prepares.opened && certificate->view == view && digest_equal(slot->digest, digest) &&
           !slot->prepares.beside;
}

/* Counts the vote of `sender` in `view`, the view that the replica is in; `sequence` is in the window.
 * REJECT_NONE when it counts (in the slot, or kept beside), else why not. */
static inline enum reject log_vote(struct log *log, enum phase phase, sequence_number sequence, view_number view,
                                   struct digest digest, node_id sender, union vote_auth auth)
{
    struct slot *slot = log_slot(log, sequence);
    struct certificate *certificate = slot_certificate(slot, phase);
    if (log_expects(slot, certificate, view, digest)) {
        return certificate_add(certificate, &log->bitsets, sender, auth) ? REJECT_NONE : REJECT_DUPLICATE_VOTE;
    }
    return log_vote_aside(log, phase, sequence, view, digest, sender, auth);
}

/* Accepts the pre-prepare of `view` (R8): its digest becomes the slot's, the votes kept for it count, and the
 * primary's own vote does (R3). `batch` may be NULL; a reference is taken. The slot must not be open in `view`. */
void log_open(struct log *log, sequence_number sequence, view_number view, struct digest digest, node_id primary,
              union vote_auth auth, struct payload *batch);

/* Whether a pre-prepare of this view was accepted there. */
static inline bool log_is_open(struct log *log, sequence_number sequence, view_number view)
{
    const struct slot *slot = log_slot(log, sequence);
    return slot->prepares.opened && slot->prepares.view == view;
}

/* The prepared certificate of the highest view for this sequence number (R15, R16), or NULL. `*digest` becomes what
 * it is about, `*batch` its contents. */
const struct certificate *log_prepared(struct log *log, sequence_number sequence, struct digest *digest,
                                       struct payload **batch);

/* The commit certificate of the latest view in which it is complete, or NULL; likewise. */
const struct certificate *log_committed(struct log *log, sequence_number sequence, struct digest *digest,
                                        struct payload **batch);

/* Distinct senders of COMMITs in the current view, for whichever digest (R32). */
uint32_t log_commit_claims(const struct log *log, sequence_number sequence);
/* Whether this sender is one of them. */
bool log_claims_commit(const struct log *log, sequence_number sequence, node_id sender);

/* Keeps a fetched decision and its batch (NULL = null request), for execution; takes references. */
void log_decide(struct log *log, sequence_number sequence, view_number view, struct payload *decision,
                struct payload *batch);

/* The contents of this digest if they were accepted at this sequence number, in whatever view (R33), or fetched; or
 * NULL. The log keeps its reference. */
struct payload *log_find_batch(struct log *log, sequence_number sequence, struct digest digest);

/* The contents that the open slot was lacking; takes a reference. */
void log_supply(struct log *log, sequence_number sequence, struct payload *batch);

/* Whether the slot is open and its contents are not here: it must not prepare, and cannot execute (R20). */
static inline bool log_lacks(struct log *log, sequence_number sequence)
{
    return log_record(log, sequence)->batch == NULL && !digest_is_null(log_slot(log, sequence)->digest);
}

/* A stable checkpoint at `low`: forgets everything up to it and moves the window (R22). */
void log_advance(struct log *log, sequence_number low);

/* Slots in which anything is kept. */
uint32_t log_in_use(const struct log *log);

#endif

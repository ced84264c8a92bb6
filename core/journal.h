/* What a node reports about itself: commits, executions, views, and a client's requests. Each node has a journal of
 * its own, in the order of its steps; the driver hands it to the checker while the run goes on. One cache line an
 * entry, and in the common case one entry a decision and replica, so that checking stays cheap. */
#ifndef PBFT_CORE_JOURNAL_H
#define PBFT_CORE_JOURNAL_H

#include "core/digest.h"
#include "core/types.h"

struct payload;

enum journal_kind {
    /* By the driver, whoever the sender is: a PRE-PREPARE left its primary (once in a row for each (view, sequence,
     * digest, contents)). `view`, `sequence`, `digest` as claimed, `batch` with one reference held for the reader, who
     * drops it. */
    JOURNAL_PROPOSED = 1,
    /* By a replica: committed-local although earlier sequence numbers are not executed yet; the EXECUTED entry
     * follows. `view`, `sequence`, `digest`. */
    JOURNAL_COMMITTED,
    /* By a replica: executed. `view` of the certificate, `sequence`, `digest` of the batch, `committed_ns`,
     * `history` after it. Implies committed-local in `view`, unless JOURNAL_FLAG_FETCHED. */
    JOURNAL_EXECUTED,
    /* By a replica: its checkpoint became stable. `sequence`, `digest` of the state. */
    JOURNAL_STABLE,
    /* By a replica: took over a fetched state. `sequence`, `digest` of the state, `history`. */
    JOURNAL_TRANSFERRED,
    /* By a replica: left its view and asks for `view`. */
    JOURNAL_VIEW_CHANGE,
    /* By a replica: active in `view`, by the NEW-VIEW whose contents have this `digest`. */
    JOURNAL_NEW_VIEW,
    /* By a replica: prepared in `view`; written only when it leaves the view with `sequence` not yet executed. */
    JOURNAL_PREPARED,
    /* By the outbox: the node sent a vote that no correct replica sends (I8). `view`, `sequence`, `digest`. */
    JOURNAL_FORBIDDEN_VOTE,
    /* By a client: first sending. `timestamp`, `client`, request_mark() as `digest`, `planned_ns`. */
    JOURNAL_SUBMITTED,
    /* By a client: reply quorum reached. `timestamp`, `client`, request_mark() as `digest`, `result`. */
    JOURNAL_ACCEPTED,
    /* By the driver, whoever the sender is: a NEW-VIEW left its primary. `view`, `digest`, `contents` like `batch` of
     * a PROPOSED entry. */
    JOURNAL_NEW_VIEW_SENT,
};

enum journal_flag {
    JOURNAL_FLAG_NULL = 1,    /* a null request */
    JOURNAL_FLAG_FETCHED = 2, /* executed by a certificate that others gathered (R32) */
};

struct journal_entry {
    uint8_t kind;  /* enum journal_kind */
    uint8_t flags; /* enum journal_flag */
    uint16_t reserved;
    node_id node; /* whose journal: stamped by the driver */
    uint64_t time_ns;
    union {
        sequence_number sequence;
        uint64_t timestamp;
    };
    struct digest digest;
    union {
        view_number view;
        node_id client;
    };
    uint32_t count; /* EXECUTED: requests in the batch that were new, and thus executed */
    union {
        uint64_t committed_ns;
        uint64_t planned_ns;
        uint64_t result;
        struct payload *batch;
        struct payload *contents;
    };
    uint64_t history; /* digest of all that was executed up to here, from its contents */
};

/* The payload whose reference the entry hands over to its reader, or NULL. */
static inline struct payload *journal_payload(const struct journal_entry *entry)
{
    bool carries = entry->kind == JOURNAL_PROPOSED || entry->kind == JOURNAL_NEW_VIEW_SENT;
    return carries ? entry->batch : NULL;
}

_Static_assert(sizeof(struct journal_entry) == CACHE_LINE, "a journal entry is one cache line");

/* Copies what was filled in just now, field by field; see message_put(). */
static inline void journal_put(struct journal_entry *to, const struct journal_entry *from)
{
    to->kind = from->kind;
    to->flags = from->flags;
    to->reserved = from->reserved;
    to->node = from->node;
    to->time_ns = from->time_ns;
    to->sequence = from->sequence;
    to->digest.words[0] = from->digest.words[0];
    to->digest.words[1] = from->digest.words[1];
    to->view = from->view;
    to->count = from->count;
    to->committed_ns = from->committed_ns;
    to->history = from->history;
}

#endif

/* What a stage needs of view changes and fetched certificates: VIEW-CHANGE, NEW-VIEW and DECISION payloads as other
 * replicas would make them, every vote in them with its author's true tag; and ways to spoil them. */
#ifndef PBFT_TESTS_SUPPORT_STAGE_VIEWS_H
#define PBFT_TESTS_SUPPORT_STAGE_VIEWS_H

#include "core/view_change.h"
#include "tests/support/stage.h"

/* An entry of P: prepared in `view` by the votes of the primary and the first `voters` - 1 backups. */
struct stage_prepared {
    sequence_number sequence;
    view_number view;
    const struct payload *batch; /* NULL: the null request */
    uint32_t voters;             /* [q] */
};

struct stage_change {
    node_id author;
    view_number view;
    sequence_number stable; /* h; with the CHECKPOINTs of the first `stable_voters` replicas */
    struct digest state;
    uint32_t stable_voters; /* [q] */
    const struct stage_prepared *prepared;
    uint32_t count;
};

struct payload *stage_change_of(struct stage *stage, struct stage_change change);
/* A NEW-VIEW for `view` on these VIEW-CHANGEs, in ascending order of their authors, with the O that follows. */
struct payload *stage_new_view_of(struct stage *stage, view_number view, struct payload *const *changes,
                                  uint32_t count);
/* A batch (NULL: the null request) with the COMMITs of the first `voters` replicas. */
struct payload *stage_decision_of(struct stage *stage, view_number view, sequence_number sequence,
                                  const struct payload *batch, uint32_t voters);

/* Of the certificates of this stage. */
struct proof_shape stage_shape(const struct stage *stage);
/* One vote more, by its author's own tag or signature; with signatures in ascending order of senders. */
void stage_add_vote(const struct stage *stage, struct proof *proof, node_id sender, enum message_type type,
                    view_number view, sequence_number sequence, struct digest digest);

/* The sender's vote in the proof becomes another of the same sequence number and digest: `type` in `view` instead of
 * `was` in `was_in`. */
void stage_change_vote(const struct stage *stage, struct proof *proof, node_id sender, enum message_type was,
                       view_number was_in, enum message_type type, view_number view, sequence_number sequence,
                       struct digest digest);

/* A copy with one bit of this byte flipped; a copy cut or filled up with zeros to `size`. */
struct payload *stage_spoilt(struct stage *stage, const struct payload *payload, size_t offset);
struct payload *stage_resized(struct stage *stage, const struct payload *payload, uint32_t size);

/* Deliver them, as the message that belongs to the contents. */
enum reject stage_view_change(struct stage *stage, node_id from, struct payload *change);
enum reject stage_new_view(struct stage *stage, node_id from, struct payload *new_view);
enum reject stage_decision(struct stage *stage, node_id from, struct payload *decision);

/* VIEW-CHANGEs for `view`, with nothing prepared, from the other replicas number first .. first+count-1. */
void stage_view_changes(struct stage *stage, view_number view, uint32_t first, uint32_t count);
/* Brings the replica into `view` with nothing prepared: by a NEW-VIEW, or by the VIEW-CHANGEs of others if it is the
 * primary there. */
void stage_enter_view(struct stage *stage, view_number view);

/* The index-th entry of P of the replica's last VIEW-CHANGE, and how many there are. */
const struct prepared_head *stage_own_prepared(const struct stage *stage, uint32_t index);
uint32_t stage_own_prepared_count(const struct stage *stage);

#endif

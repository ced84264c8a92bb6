/* What VIEW-CHANGE and NEW-VIEW carry (OSDI 1999, section 4.4): writing, reading and validating the payloads.
 * Pure functions of the contents; any thread.
 *
 *   VIEW-CHANGE   head, proof that the checkpoint h is stable (C; ignored when h = 0), then for each sequence number
 *                 that was prepared above h its certificate of the highest view (P), in ascending order
 *   NEW-VIEW      head, q VIEW-CHANGEs each with its author and tag (V), then the order (O): for each sequence number
 *                 above min-s the digest, and the new primary's tag as its pre-prepare. With signatures the tags are 0,
 *                 and at the end stand the signatures of the VIEW-CHANGEs and of those pre-prepares */
#ifndef PBFT_CORE_VIEW_CHANGE_H
#define PBFT_CORE_VIEW_CHANGE_H

#include "core/payload.h"
#include "core/proof.h"

/* What the contents are measured by. */
struct view_rules {
    struct proof_rules proofs;
    uint32_t window; /* L */
};

struct view_change_head {
    view_number view; /* asked for */
    node_id author;
    sequence_number stable;  /* h */
    struct digest state;     /* at h */
    uint32_t prepared_count; /* entries of P */
    uint32_t reserved;
};

/* One entry of P, followed by its proof. */
struct prepared_head {
    sequence_number sequence;
    struct digest digest;
    view_number view;
    uint32_t reserved;
};

struct new_view_head {
    view_number view;
    uint32_t change_count; /* |V| */
    uint32_t order_count;  /* |O| */
    uint32_t reserved;
};

/* One VIEW-CHANGE inside V, followed by its contents. */
struct change_head {
    uint64_t tag; /* of the VIEW-CHANGE message */
    node_id author;
    uint32_t size; /* of the contents; a multiple of 8 */
};

/* One entry of O. */
struct order_entry {
    sequence_number sequence;
    struct digest digest; /* null for a gap (R18) */
    uint64_t tag;         /* of the new primary's pre-prepare for it */
};

uint32_t view_change_size(struct proof_shape shape, uint32_t prepared_count);
const struct view_change_head *view_change_head(const void *contents);
/* The proof for h. */
const struct proof *view_change_stable_proof(const void *contents);
/* The index-th entry of P, and its proof. */
const struct prepared_head *view_change_prepared(const void *contents, uint32_t index, struct proof_shape shape);
const struct proof *prepared_proof(const struct prepared_head *prepared);

/* R11, R20, R30: well formed, and every certificate in it genuine. `size` bytes of contents. */
bool view_change_contents_valid(const struct view_rules *rules, const void *contents, uint32_t size);
/* The same for a payload; remembered on it, unless each replica has to verify signatures by itself. */
bool view_change_valid(struct payload *payload, const struct view_rules *rules);

/* A VIEW-CHANGE to put into V. */
struct change {
    node_id author;
    union vote_auth auth; /* of the message */
    const struct payload *payload;
};

/* min-s: the highest stable checkpoint proven in V (R19); max-s: the highest sequence number prepared in V. */
struct order_bounds {
    sequence_number low, high;
};

/* Bytes of the NEW-VIEW that rests on these, and the bounds of its O. */
uint32_t new_view_size(const struct change *changes, uint32_t count, struct proof_shape shape,
                       struct order_bounds *bounds);
/* Writes it into `payload` of new_view_size() bytes; authors ascend. O is tagged or signed by the primary of
 * `view`, whose the call is. */
void new_view_write(struct payload *payload, const struct proof_rules *rules, view_number view,
                    const struct change *changes, uint32_t count, struct order_bounds bounds);

const struct new_view_head *new_view_head(const struct payload *payload);
/* Walks V: pass NULL for the first; NULL past the last. */
const struct change_head *new_view_change(const struct payload *payload, struct proof_shape shape,
                                          const struct change_head *previous);
/* The entries of O, new_view_head()->order_count of them. */
const struct order_entry *new_view_order(const struct payload *payload, struct proof_shape shape);
/* With signatures: those of V and then of O, change_count + order_count of them. */
const struct signature *new_view_signatures(const struct payload *payload);
/* What binds the index-th entry of O to the new primary, as its PRE-PREPARE. */
union vote_auth new_view_order_auth(const struct payload *payload, struct proof_shape shape, uint32_t index);
struct order_bounds new_view_bounds(const struct payload *payload, struct proof_shape shape);

/* R14, R17: q valid VIEW-CHANGEs of distinct authors for its view, and O recomputed to the same. Remembered. */
bool new_view_valid(struct payload *payload, const struct view_rules *rules);

#endif

/* What a replica has to do about the votes that reach it, said as plainly as possible (R1 - R9, R12, R22): for each
 * sequence number and phase the first vote of each sender, as it came, and everything counted anew each time it is
 * asked for. Shares no code with core. One thread.
 *
 * It knows three kinds of message - PRE-PREPARE, PREPARE, COMMIT - and CHECKPOINTs that are all alike; of the rest it
 * is told what came of it. */
#ifndef PBFT_TESTS_SUPPORT_VOTE_MODEL_H
#define PBFT_TESTS_SUPPORT_VOTE_MODEL_H

#include "core/journal.h"
#include "core/message.h"

#define MODEL_SEQUENCES 128u /* sequence numbers 1 .. 127 */
#define MODEL_REPLICAS 130u
#define MODEL_LINES 4096u
#define MODEL_EARLY 4096u

struct model_vote {
    bool cast;
    struct digest digest;
};

struct model_slot {
    view_number view;                               /* of all that is in it */
    bool opened, lacking;                           /* the pre-prepare came; without its contents (R20) */
    bool prepared, committed;                       /* and acted upon */
    struct digest digest;                           /* of the pre-prepare */
    struct model_vote votes[2][MODEL_REPLICAS + 1]; /* by phase and sender, the first of each */
};

/* What is put out: `kind` is an enum message_type in one list, an enum journal_kind in the other. */
struct model_line {
    uint8_t kind;
    view_number view;
    sequence_number sequence;
    struct digest digest;
};

struct model_lines {
    struct model_line lines[MODEL_LINES];
    uint32_t count;
};

struct model_early {
    struct message message;
    node_id from;
};

struct vote_model {
    uint32_t replicas, quorum, window;
    node_id id;
    view_number view;
    bool active;
    sequence_number low, executed;
    struct model_slot slots[MODEL_SEQUENCES];
    bool ever_prepared[MODEL_SEQUENCES]; /* in any view */
    bool settled[MODEL_REPLICAS];        /* whose CHECKPOINT came for the next stable one */
    struct model_early early[MODEL_EARLY];
    uint32_t early_count;
    struct model_lines sent;    /* own PRE-PREPAREs, PREPAREs and COMMITs */
    struct model_lines journal; /* COMMITTED and EXECUTED */
};

/* A replica at its start. NULL if memory is lacking; release with free(). */
struct vote_model *model_create(uint32_t replicas, uint32_t quorum, uint32_t window, node_id id);

/* A PRE-PREPARE, PREPARE or COMMIT reached the replica; anything else changes nothing. The contents of a PRE-PREPARE
 * are right if it has the payload of its digest. */
void model_receive(struct vote_model *model, const struct message *message, node_id from);
/* Whether all that would come of it is one vote more in its slot, where all votes so far name the same digest, or that
 * it comes too late to be one. */
bool model_only_counts(const struct vote_model *model, const struct message *message, node_id from);

/* The pre-prepare of the current view for this sequence number is here: the primary's own, or one that a NEW-VIEW
 * ordered, perhaps without its contents. */
void model_open(struct vote_model *model, sequence_number sequence, struct digest digest, bool lacking);
/* Its contents have come. */
void model_supply(struct vote_model *model, sequence_number sequence);
/* It asks for this view. */
void model_leave(struct vote_model *model, view_number view);
/* It has entered this view, where nothing is ordered yet; model_open() for what the NEW-VIEW orders, and then
 * model_play_early() follow. */
void model_enter(struct vote_model *model, view_number view);
void model_play_early(struct vote_model *model);
/* A CHECKPOINT of `from` for `sequence`, which is executed here, with the right digest. */
void model_checkpoint(struct vote_model *model, sequence_number sequence, node_id from);

bool model_in_window(const struct vote_model *model, sequence_number sequence);

#endif

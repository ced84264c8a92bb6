/* CHECKPOINT votes on the way to a stable checkpoint (OSDI 1999, section 4.3): for each multiple of K within reach
 * the digest that votes name, and who named it. One owner, one thread. */
#ifndef PBFT_CORE_CHECKPOINTS_H
#define PBFT_CORE_CHECKPOINTS_H

#include "core/certificate.h"
#include "core/digest.h"
#include "core/proof.h"
#include "core/reject.h"

struct checkpoint_candidate {
    struct digest digest;
    struct certificate votes;
};

struct checkpoint {
    sequence_number sequence; /* 0: unused */
    uint32_t candidate_count;
    struct certificate voters;               /* whoever voted, for whichever digest (R4) */
    struct checkpoint_candidate *candidates; /* places for n-q+1 */
};

/* The last stable checkpoint with its proof: q votes at least, and those that came later. */
struct stable_checkpoint {
    sequence_number sequence; /* h; 0 needs no proof */
    struct digest digest;
    struct certificate votes;
};

struct checkpoints {
    struct stable_checkpoint stable;
    uint32_t interval; /* K */
    uint32_t count;    /* entries: multiples of K in a window, and one to spare */
    /* Digests that are counted for one sequence number: a sender has one vote, so n-q misbehaving replicas (more stop
     * all progress anyway) cannot take the place of the one digest that the correct ones name. */
    uint32_t places;
    struct checkpoint *entries;
    struct checkpoint_candidate *candidates; /* count * places */
    struct vote_pool bitsets;
};

/* False if memory is lacking; checkpoints_destroy() is right also then. */
bool checkpoints_create(struct checkpoints *checkpoints, uint32_t replicas, uint32_t quorum, uint32_t interval,
                        uint32_t window, enum auth_mode mode);
void checkpoints_destroy(struct checkpoints *checkpoints);

/* Counts a vote for a multiple of K in the window. `*votes` becomes the number for this digest. */
enum reject checkpoints_vote(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest,
                             node_id sender, union vote_auth auth, uint32_t *votes);

/* The candidate, which has a quorum, becomes the stable checkpoint; what is at or below it is forgotten. */
void checkpoints_settle(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest);

/* The same by a proof that others gathered (R19, R27), valid, and above the stable checkpoint. */
void checkpoints_adopt(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest,
                       const struct proof *proof, struct proof_shape shape);

/* A vote for the checkpoint that is stable already: shows that its sender has come so far. */
enum reject checkpoints_confirm(struct checkpoints *checkpoints, struct digest digest, node_id sender,
                                union vote_auth auth);

#endif

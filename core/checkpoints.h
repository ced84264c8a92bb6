/* CHECKPOINT votes on the way to a stable checkpoint (OSDI 1999, section 4.3): for each multiple of K within reach
 * the digest that votes name, and who named it. One owner, one thread. */
#ifndef PBFT_CORE_CHECKPOINTS_H
#define PBFT_CORE_CHECKPOINTS_H

#include "core/certificate.h"
#include "core/digest.h"
#include "core/reject.h"

struct checkpoint_candidate {
    struct digest digest;
    struct certificate votes;
};

struct checkpoint {
    sequence_number sequence; /* 0: unused */
    uint32_t candidate_count;
    struct certificate voters; /* whoever voted, for whichever digest (R4) */
    struct checkpoint_candidate *candidates; /* places for n-q+1 */
};

struct checkpoints {
    uint32_t interval; /* K */
    uint32_t count;    /* entries: multiples of K in a window, and one to spare */
    /* Digests that are counted for one sequence number: a sender has one vote, so n-q misbehaving replicas (more stop
     * all progress anyway) cannot take the place of the one digest that the correct ones name. */
    uint32_t places;
    struct checkpoint *entries;
    struct checkpoint_candidate *candidates; /* count * places */
    struct bitset_pool bitsets;
};

/* False if memory is lacking; checkpoints_destroy() is right also then. */
bool checkpoints_create(struct checkpoints *checkpoints, uint32_t replicas, uint32_t quorum, uint32_t interval,
                        uint32_t window);
void checkpoints_destroy(struct checkpoints *checkpoints);

/* Counts a vote for a multiple of K in the window. `*votes` becomes the number for this digest. */
enum reject checkpoints_vote(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest,
                             node_id sender, uint64_t tag, uint32_t *votes);

/* The candidate for this digest, or NULL. */
const struct checkpoint_candidate *checkpoints_find(const struct checkpoints *checkpoints, sequence_number sequence,
                                                    struct digest digest);

/* Forgets the votes for sequence numbers up to and including `stable`. */
void checkpoints_forget(struct checkpoints *checkpoints, sequence_number stable);

#endif

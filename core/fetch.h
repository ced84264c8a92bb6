/* Asking others for what this replica lacks, and answering (R20, R22, R27, R32). Steps of a replica. */
#ifndef PBFT_CORE_FETCH_H
#define PBFT_CORE_FETCH_H

#include "core/replica_internal.h"

/* Decisions that one answer holds at most. */
#define FETCH_DECISIONS 16

/* The contents of this digest that are kept for a sequence number in the window, or that a client's pending request has
 * (R33); NULL if there are none, or the digest is null. Borrowed. */
struct payload *fetch_find(struct replica *replica, sequence_number sequence, struct digest digest);

/* Asks some of those who prepared it for a batch by its digest. */
void fetch_batch(const struct step *step, sequence_number sequence, struct digest digest, uint16_t attempt);

/* Asks one replica for everything after what is executed; each call asks another one. */
void fetch_history(const struct step *step, uint16_t attempt);
/* `from` answered with what is behind this replica's window: it has not moved its own as far. Another peer is to be
 * asked then: once for each question, however many answers, or copies of them, come; and not for ever without a pause,
 * for perhaps nobody can help yet. */
void fetch_ask_another(struct replica *replica, node_id from);

/* Answers the FETCH of `to`: contents of a batch; or the state at the stable checkpoint; or decisions from `sequence`
 * on. False if this replica has nothing of it. */
bool fetch_answer(const struct step *step, node_id to, sequence_number sequence, struct digest digest,
                  uint16_t attempt);

/* Shows `to`, unasked, that `sequence` is decided, so that it asks for what it misses (R32). False if there is no
 * certificate of it here. */
bool fetch_push_decision(const struct step *step, node_id to, sequence_number sequence, uint16_t attempt);

/* What a DECISION carries: this head, the commit certificate's proof, the batch. */
struct decision_head {
    sequence_number sequence;
    struct digest digest;
    view_number view;
    uint32_t batch_size; /* 0: a null request */
};

/* What a STATE carries: this head, the checkpoint's proof, the image. */
struct state_head {
    sequence_number sequence;
    struct digest digest;
};

/* R27, R32: well formed, and certified. Remembered on the payload. */
bool decision_valid(struct payload *payload, const struct proof_rules *rules);
bool state_valid(struct payload *payload, const struct proof_rules *rules, uint32_t clients);

const struct decision_head *decision_head(const struct payload *payload);
const unsigned char *decision_batch(const struct payload *payload, struct proof_shape shape);
const struct state_head *state_head(const struct payload *payload);
const struct proof *state_proof(const struct payload *payload);
const struct state_image *state_image(const struct payload *payload, struct proof_shape shape);

#endif

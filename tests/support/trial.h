/* Three replicas that get the same messages, each in its own way, and a model that says what must come of them: votes
 * that are counted without a step each change what a step would have changed, and nothing else.
 *
 *   stepped     by step() alone
 *   counted     as drivers do it: each message is expected; then what count() or
 *               count_brief() takes, a step for the next one, and so on
 *   detailed    what count() took as a step the long way: with a payload, which a vote may carry for nothing, and with
 *               a timer after it, which finds whatever that step left undone
 *
 * For Criterion's tests: asserts whatever it promises. */
#ifndef PBFT_TESTS_SUPPORT_TRIAL_H
#define PBFT_TESTS_SUPPORT_TRIAL_H

#include "tests/support/stage.h"
#include "tests/support/vote_model.h"

#define TRIAL_BATCH 128u

struct trial {
    char name[32]; /* for what it says when something is wrong */
    struct stage stepped, counted, detailed;
    struct stage *all[3];
    struct vote_model *model;
    uint32_t replicas, interval; /* n, K */
    uint64_t now_ns;
    struct payload *ballast;  /* a request that nobody orders */
    struct digest checkpoint; /* the last that the replica put out */
    sequence_number ordered;  /* at a primary */
    struct message messages[TRIAL_BATCH];
    struct reference references[TRIAL_BATCH];
    uint32_t number;           /* of messages in the batch */
    uint64_t delivered, taken; /* in all; of these, by count() */
    uint64_t briefly;          /* offered in brief */
};

/* Must not move. `options` names n and K. */
void trial_open(struct trial *trial, struct stage_options options, const char *name);
/* No replica may have left a payload behind, or sent a vote that no correct one sends. */
void trial_close(struct trial *trial);

/* Puts the message into the batch, in the name of `from` and with its tag; delivers the batch if it is full. Beside
 * what the model knows by itself, it is told of these: a REQUEST with a payload, which the replica must order at once
 * as the next one; a BATCH with a payload, which must be the right one; and CHECKPOINTs at multiples of K, which must
 * be right. */
void trial_push(struct trial *trial, node_id from, struct message message);

/* Delivers the batch at `now_ns`, and then runs the timers that are due. The replicas must agree with the model on each
 * message whether it only counts, and in the end on all that they put out and on where they stand; with each other on
 * the rest. Forgets what was put out. */
void trial_finish(struct trial *trial);

/* A step of each replica for a message of `message->sender`, of which the model is not told. */
void trial_step_all(struct trial *trial, const struct message *message);

#endif

/* What misbehaving replicas draw: a pure function of (seed, who, what for, and three numbers that name the occasion,
 * such as view and sequence number). Not a stream: the order in which things happen to a node does not change what it
 * draws, so that a run on threads and its virtual twin misbehave alike, and members of a coalition that draw for the
 * same `who` agree without a word. Pure functions, any thread. */
#ifndef PBFT_FAULTS_DRAW_H
#define PBFT_FAULTS_DRAW_H

#include "core/digest.h"
#include "core/types.h"

/* One for each use, so that no two uses share their draws. */
enum draw_purpose {
    DRAW_SIDE = 1,    /* how equivocators divide the correct replicas */
    DRAW_LARGER_SIDE, /* which side is the larger one when they do not divide evenly */
    DRAW_VICTIM,      /* whom selective replicas leave out */
    DRAW_ARTICLE,     /* what an article node does with a PREPARE */
    DRAW_FALSE_DIGEST,
    DRAW_OPERATION, /* what the accomplice asks for */
    DRAW_HEARING,   /* which kind of twins a run has */
    DRAW_TWIN,      /* which copy of a twin hears a message */
    DRAW_IDENTITY,  /* whose name a forger borrows */
    DRAW_REPLAY,    /* which old message comes again */
    DRAW_FLOOD,
    DRAW_FAKE,     /* how a certificate is forged */
    DRAW_NEW_VIEW, /* how a NEW-VIEW is spoilt */
    DRAW_RESULT,   /* the wrong result of a request */
    DRAW_PLUGIN,   /* what a behaviour from elsewhere draws */
    DRAW_HOLLOW,   /* who gets wrong contents */
    DRAW_STARVED,  /* which client is not served */
};

/* For draws that all members of a coalition share. */
#define DRAW_FOR_ALL UINT32_MAX

uint64_t draw(uint64_t seed, node_id who, enum draw_purpose purpose, uint64_t a, uint64_t b, uint64_t c);

/* A uniform number below `bound` >= 1 from a draw; the bias is below bound / 2^32. */
uint32_t draw_below(uint64_t drawn, uint32_t bound);

/* A digest of no content that anybody knows; never null. */
struct digest draw_digest(uint64_t seed, node_id who, enum draw_purpose purpose, uint64_t a, uint64_t b, uint64_t c);

#endif

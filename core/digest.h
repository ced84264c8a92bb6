/* Digests of contents: 128-bit BLAKE2b (libsodium). The paper uses 128-bit MD5 (OSDI 1999, section 6.1: digests);
 * 16 bytes keep a vote within a fraction of a cache line. Pure functions, any thread. */
#ifndef PBFT_CORE_DIGEST_H
#define PBFT_CORE_DIGEST_H

#include "core/types.h"

struct digest {
    uint64_t words[2];
};

/* The digest of a null request (OSDI 1999, section 4.4) and of "nothing yet": all zero. */
static inline struct digest digest_null(void)
{
    return (struct digest){{0, 0}};
}

static inline bool digest_equal(struct digest a, struct digest b)
{
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1])) == 0;
}

static inline bool digest_is_null(struct digest a)
{
    return (a.words[0] | a.words[1]) == 0;
}

/* BLAKE2b-128 of `size` bytes. Never null: the one content in 2^128 that would hash to zero reads as {1, 0}. */
struct digest digest_of(const void *bytes, size_t size);

/* A history after one more `content`: a cheap 64-bit mix for comparing what correct replicas executed, in order. Not
 * collision-resistant against an adversary: nothing that replicas tell each other rests on it. */
uint64_t history_extend(uint64_t history, uint64_t content);

/* 32 hexadecimal digits and a terminating NUL. */
#define DIGEST_TEXT_SIZE 33
void digest_text(struct digest digest, char text[DIGEST_TEXT_SIZE]);

#endif

#include "core/certificate.h"

#include <stdlib.h>
#include <string.h>

static bool place_pool_create(struct place_pool *pool, size_t size_each, uint32_t capacity)
{
    pool->size_each = size_each;
    pool->capacity = capacity;
    pool->memory = malloc(capacity * size_each);
    pool->free = malloc(capacity * sizeof *pool->free);
    return pool->memory != NULL && pool->free != NULL;
}

static void *take(struct place_pool *pool)
{
    assert(place_pool_left(pool) > 0);
    if (pool->free_count > 0) {
        return pool->memory + pool->free[--pool->free_count] * pool->size_each;
    }
    return memset(pool->memory + pool->fresh++ * pool->size_each, 0, pool->size_each);
}

static void give(struct place_pool *pool, const void *place)
{
    pool->free[pool->free_count++] = (uint32_t)((size_t)((const unsigned char *)place - pool->memory) /
                                                pool->size_each);
}

bool vote_pool_create(struct vote_pool *pool, uint32_t replicas, uint32_t capacity, enum auth_mode mode)
{
    memset(pool, 0, sizeof *pool);
    pool->words_each = replicas <= 64 ? 0 : (replicas + 63) / 64;
    pool->signatures_each = mode == AUTH_SIGNATURE ? replicas : 0;
    bool bitsets = pool->words_each == 0 ||
                   place_pool_create(&pool->bitsets, pool->words_each * sizeof(uint64_t), capacity);
    bool signatures = pool->signatures_each == 0 ||
                      place_pool_create(&pool->signatures, replicas * sizeof(struct signature), capacity);
    return bitsets && signatures;
}

void vote_pool_destroy(struct vote_pool *pool)
{
    free(pool->bitsets.memory);
    free(pool->bitsets.free);
    free(pool->signatures.memory);
    free(pool->signatures.free);
    memset(pool, 0, sizeof *pool);
}

static uint64_t *word_of(struct certificate *certificate, struct vote_pool *pool, node_id sender)
{
    if (pool->words_each == 0) {
        return &certificate->senders.word;
    }
    if (certificate->senders.words == NULL) {
        certificate->senders.words = take(&pool->bitsets);
    }
    return &certificate->senders.words[sender / 64];
}

static void keep_auth(struct certificate *certificate, struct vote_pool *pool, node_id sender, union vote_auth auth)
{
    if (pool->signatures_each == 0) {
        certificate->tags ^= auth.tag;
        return;
    }
    if (auth.signature != NULL) {
        if (certificate->signatures == NULL) {
            certificate->signatures = take(&pool->signatures);
        }
        certificate->signatures[sender] = *auth.signature;
    }
}

bool certificate_add_pooled(struct certificate *certificate, struct vote_pool *pool, node_id sender,
                            union vote_auth auth)
{
    uint64_t *word = word_of(certificate, pool, sender);
    uint64_t bit = 1ULL << (sender % 64);
    if (*word & bit) {
        return false;
    }
    *word |= bit;
    keep_auth(certificate, pool, sender, auth);
    certificate->count++;
    return true;
}

void certificate_clear(struct certificate *certificate, struct vote_pool *pool, view_number view)
{
    if (pool->words_each != 0 && certificate->senders.words != NULL) {
        memset(certificate->senders.words, 0, pool->bitsets.size_each);
        give(&pool->bitsets, certificate->senders.words);
    }
    if (pool->signatures_each != 0 && certificate->signatures != NULL) {
        give(&pool->signatures, certificate->signatures);
    }
    memset(certificate, 0, sizeof *certificate);
    certificate->view = view;
}

static uint64_t word_at(const struct certificate *certificate, const struct vote_pool *pool, uint32_t index)
{
    if (pool->words_each == 0) {
        return certificate->senders.word;
    }
    return certificate->senders.words == NULL ? 0 : certificate->senders.words[index];
}

node_id certificate_next_sender(const struct certificate *certificate, const struct vote_pool *pool, node_id from,
                                uint32_t replicas)
{
    while (from < replicas) {
        uint64_t rest = word_at(certificate, pool, from / 64) >> (from % 64);
        if (rest != 0) {
            from += (node_id)__builtin_ctzll(rest);
            return from < replicas ? from : replicas;
        }
        from = (from / 64 + 1) * 64;
    }
    return replicas;
}

#include "core/certificate.h"

#include <stdlib.h>
#include <string.h>

bool bitset_pool_create(struct bitset_pool *pool, uint32_t replicas, uint32_t capacity)
{
    memset(pool, 0, sizeof *pool);
    if (replicas <= 64) {
        return true;
    }
    pool->words_each = (replicas + 63) / 64;
    pool->memory = calloc((size_t)capacity * pool->words_each, sizeof *pool->memory);
    pool->free = calloc(capacity, sizeof *pool->free);
    if (pool->memory == NULL || pool->free == NULL) {
        bitset_pool_destroy(pool);
        return false;
    }
    for (uint32_t index = 0; index < capacity; index++) {
        pool->free[index] = capacity - 1 - index;
    }
    pool->free_count = capacity;
    return true;
}

void bitset_pool_destroy(struct bitset_pool *pool)
{
    free(pool->memory);
    free(pool->free);
    memset(pool, 0, sizeof *pool);
}

uint64_t *bitset_take(struct bitset_pool *pool)
{
    assert(pool->free_count > 0);
    uint32_t index = pool->free[--pool->free_count];
    return pool->memory + (size_t)index * pool->words_each;
}

void bitset_give(struct bitset_pool *pool, uint64_t *words)
{
    memset(words, 0, pool->words_each * sizeof *words);
    pool->free[pool->free_count++] = (uint32_t)((size_t)(words - pool->memory) / pool->words_each);
}

void certificate_clear(struct certificate *certificate, struct bitset_pool *pool, view_number view)
{
    if (pool->words_each != 0 && certificate->senders.words != NULL) {
        bitset_give(pool, certificate->senders.words);
    }
    memset(certificate, 0, sizeof *certificate);
    certificate->view = view;
}

static uint64_t word_at(const struct certificate *certificate, const struct bitset_pool *pool, uint32_t index)
{
    if (pool->words_each == 0) {
        return certificate->senders.word;
    }
    return certificate->senders.words == NULL ? 0 : certificate->senders.words[index];
}

node_id certificate_next_sender(const struct certificate *certificate, const struct bitset_pool *pool, node_id from,
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

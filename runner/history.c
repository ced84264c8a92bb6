#include "runner/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

static struct decision *place(const struct history *history, sequence_number sequence)
{
    return (struct decision *)(void *)(history->places + (sequence & (history->capacity - 1)) * history->stride);
}

bool history_create(struct history *history, uint32_t correct)
{
    size_t size = sizeof(struct decision) + correct * sizeof(uint64_t);
    *history = (struct history){
        .stride = (size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1),
        .capacity = FIRST_CAPACITY,
        .base = 1,
        .end = 1,
        .correct = correct,
    };
    history->places = aligned_alloc(CACHE_LINE, history->capacity * history->stride);
    if (history->places == NULL) {
        return false;
    }
    memset(history->places, 0, history->capacity * history->stride);
    return true;
}

void history_destroy(struct history *history)
{
    for (uint64_t i = 0; history->places != NULL && i < history->capacity; i++) {
        struct decision *decision = place(history, i);
        free(decision->others);
        free(decision->contents);
        free(decision->requests);
    }
    free(history->places);
    history->places = NULL;
}

static bool grow(struct history *history, sequence_number sequence)
{
    uint64_t capacity = history->capacity;
    while (sequence - history->base >= capacity) {
        capacity *= 2;
    }
    unsigned char *places = aligned_alloc(CACHE_LINE, capacity * history->stride);
    if (places == NULL) {
        return false;
    }
    memset(places, 0, capacity * history->stride);
    for (uint64_t i = 0; i < history->capacity; i++) {
        const struct decision *from = place(history, i);
        if (from->sequence != 0) {
            memcpy(places + (from->sequence & (capacity - 1)) * history->stride, from, history->stride);
        }
    }
    free(history->places);
    history->places = places;
    history->capacity = capacity;
    return true;
}

/* Keeps the arrays that an earlier sequence number grew here. */
static void reset(struct decision *decision, sequence_number sequence, uint32_t correct)
{
    decision->sequence = sequence;
    decision->settled = 0;
    decision->last_view = 0;
    decision->first_executed_ns = TIME_NEVER_NS;
    decision->last_executed_ns = 0;
    decision->execution.kind = 0;
    decision->commit.kind = 0;
    decision->proposed_in_view_0_ns = TIME_NEVER_NS;
    decision->proposed_ns = TIME_NEVER_NS;
    decision->other_count = 0;
    decision->content_count = 0;
    decision->request_count = 0;
    decision->truncated = false;
    memset(decision->committed_ns, 0xff, correct * sizeof *decision->committed_ns);
}

struct decision *history_open(struct history *history, sequence_number sequence)
{
    assert(sequence >= history->base);
    if (sequence - history->base >= history->capacity && !grow(history, sequence)) {
        return NULL;
    }
    struct decision *decision = place(history, sequence);
    if (decision->sequence != sequence) {
        assert(decision->sequence < history->base);
        reset(decision, sequence, history->correct);
        if (sequence >= history->end) {
            history->end = sequence + 1;
        }
    }
    return decision;
}

struct decision *history_find(const struct history *history, sequence_number sequence)
{
    struct decision *decision = place(history, sequence);
    return sequence >= history->base && decision->sequence == sequence ? decision : NULL;
}

void history_retire(struct history *history)
{
    assert(history->base < history->end);
    history->base++;
}

static bool same_claim(const struct claim *claim, const struct journal_entry *entry)
{
    bool same = claim->kind == entry->kind && claim->flags == entry->flags;
    if (entry->kind != JOURNAL_TRANSFERRED) {
        same = same && claim->view == entry->view && digest_equal(claim->digest, entry->digest);
    }
    if (entry->kind == JOURNAL_EXECUTED) {
        same = same && claim->count == entry->count;
    }
    if (entry->kind == JOURNAL_EXECUTED || entry->kind == JOURNAL_TRANSFERRED) {
        same = same && claim->history == entry->history;
    }
    return same;
}

/* Of a set of nodes the two least, so that the same ones are named in whatever order they come. */
void two_least(node_id *least, node_id *second, node_id node)
{
    if (node < *least) {
        *second = *least;
        *least = node;
    } else if (node != *least && node < *second) {
        *second = node;
    }
}

static uint64_t member_bit(node_id replica)
{
    return replica < 64 ? UINT64_C(1) << replica : 0;
}

static void join_claim(struct claim *claim, node_id replica)
{
    claim->replicas++;
    claim->members |= member_bit(replica);
    two_least(&claim->replica, &claim->second, replica);
}

static void set_claim(struct claim *claim, const struct journal_entry *entry)
{
    *claim = (struct claim){
        .digest = entry->digest,
        .history = entry->history,
        .view = entry->view,
        .count = entry->count,
        .replica = entry->node,
        .second = NO_NODE,
        .replicas = 1,
        .members = member_bit(entry->node),
        .kind = entry->kind,
        .flags = entry->flags,
    };
}

static bool claim_otherwise(struct decision *decision, const struct journal_entry *entry)
{
    for (uint32_t i = 0; i < decision->other_count; i++) {
        if (same_claim(&decision->others[i], entry)) {
            join_claim(&decision->others[i], entry->node);
            return true;
        }
    }
    if (decision->other_count == decision->other_capacity) {
        uint32_t capacity = decision->other_capacity == 0 ? 4 : 2 * decision->other_capacity;
        struct claim *others = realloc(decision->others, capacity * sizeof *others);
        if (others == NULL) {
            return false;
        }
        decision->others = others;
        decision->other_capacity = capacity;
    }
    set_claim(&decision->others[decision->other_count++], entry);
    return true;
}

bool decision_claim(struct decision *decision, const struct journal_entry *entry)
{
    assert(decision != NULL && entry->kind != 0);
    struct claim *usual = entry->kind == JOURNAL_EXECUTED    ? &decision->execution
                          : entry->kind == JOURNAL_COMMITTED ? &decision->commit
                                                             : NULL;
    if (usual != NULL && usual->kind == 0) {
        set_claim(usual, entry);
        return true;
    }
    if (usual != NULL && same_claim(usual, entry)) {
        join_claim(usual, entry->node);
        return true;
    }
    return claim_otherwise(decision, entry);
}

static bool make_room(struct decision *decision, uint32_t requests)
{
    if (decision->content_count == decision->content_capacity) {
        uint32_t capacity = decision->content_capacity == 0 ? 1 : 2 * decision->content_capacity;
        struct content *contents = realloc(decision->contents, capacity * sizeof *contents);
        if (contents == NULL) {
            return false;
        }
        decision->contents = contents;
        decision->content_capacity = capacity;
    }
    uint32_t needed = decision->request_count + requests;
    if (needed > decision->request_capacity) {
        uint32_t capacity = needed > 2 * decision->request_capacity ? needed : 2 * decision->request_capacity;
        struct request_id *grown = realloc(decision->requests, capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        decision->requests = grown;
        decision->request_capacity = capacity;
    }
    return true;
}

struct content *decision_add_content(struct decision *decision, struct digest digest, uint32_t count)
{
    if (!make_room(decision, count)) {
        return NULL;
    }
    struct content *content = &decision->contents[decision->content_count++];
    *content = (struct content){.digest = digest, .first = decision->request_count, .count = count};
    decision->request_count += count;
    return content;
}

const struct content *decision_content(const struct decision *decision, struct digest digest)
{
    for (uint32_t i = 0; i < decision->content_count; i++) {
        if (digest_equal(decision->contents[i].digest, digest)) {
            return &decision->contents[i];
        }
    }
    return NULL;
}

const struct content *history_content(const struct history *history, struct digest digest,
                                      const struct decision **where)
{
    for (uint64_t i = 0; i < history->capacity; i++) {
        *where = place(history, i);
        const struct content *content = decision_content(*where, digest);
        if (content != NULL) {
            return content;
        }
    }
    return NULL;
}

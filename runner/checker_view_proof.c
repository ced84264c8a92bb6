#include "runner/checker_view_proof.h"

#include <stdlib.h>
#include <string.h>

#include "core/message.h"
#include "core/quorum.h"
#include "core/view_change.h"

/* Signatures that were verified already: the same votes stand in the VIEW-CHANGEs of many. A set of digests of
 * statement and signature, open addressing; it forgets nothing and lives as long as one NEW-VIEW is judged. */
struct seen {
    struct digest *places; /* null: free */
    size_t capacity;       /* a power of two, or 0 */
    size_t count;
};

struct reader {
    const struct keyring *keyring;
    uint32_t replicas, quorum, window;
    uint32_t places; /* for signatures in a proof; 0 without signatures */
    size_t proof_bytes;
    struct seen seen;
    const struct payload *new_view;
    const struct new_view_head *head;
    const struct change_head **changes; /* head->change_count of them */
    const struct order_entry *order;
    const struct signature *signatures; /* of V, then of O; NULL without signatures */
    bool out_of_memory;
};

struct vote {
    node_id author;
    enum message_type type;
    view_number view;
    sequence_number sequence;
    struct digest digest;
};

/* --- votes --- */

static struct digest *seen_place(const struct seen *seen, struct digest key)
{
    size_t at = key.words[0] & (seen->capacity - 1);
    while (!digest_is_null(seen->places[at]) && !digest_equal(seen->places[at], key)) {
        at = (at + 1) & (seen->capacity - 1);
    }
    return &seen->places[at];
}

static bool seen_grow(struct seen *seen)
{
    struct seen wider = {.capacity = seen->capacity == 0 ? 256 : 2 * seen->capacity, .count = seen->count};
    wider.places = calloc(wider.capacity, sizeof *wider.places);
    if (wider.places == NULL) {
        return false;
    }
    for (size_t i = 0; i < seen->capacity; i++) {
        if (!digest_is_null(seen->places[i])) {
            *seen_place(&wider, seen->places[i]) = seen->places[i];
        }
    }
    free(seen->places);
    *seen = wider;
    return true;
}

static bool signature_is_good(struct reader *reader, const struct vote *vote, const struct signature *signature)
{
    struct {
        struct vote_statement statement;
        struct signature signature;
    } both;
    both.statement = auth_statement(vote->author, (uint8_t)vote->type, vote->view, vote->sequence, vote->digest);
    both.signature = *signature;
    if (2 * reader->seen.count >= reader->seen.capacity && !seen_grow(&reader->seen)) {
        reader->out_of_memory = true;
        return false;
    }
    struct digest key = digest_of(&both, sizeof both);
    struct digest *place = seen_place(&reader->seen, key);
    if (!digest_is_null(*place)) {
        return true;
    }
    if (!auth_verify(reader->keyring, vote->author, &both.statement, sizeof both.statement, signature)) {
        return false;
    }
    *place = key;
    reader->seen.count++;
    return true;
}

static uint64_t tag_of(const struct reader *reader, const struct vote *vote)
{
    return auth_tag(reader->keyring, vote->author, (uint8_t)vote->type, vote->view, vote->sequence, vote->digest);
}

/* `signature` counts only in a run with signatures, `tag` only in one without. */
static bool is_authors_own(struct reader *reader, const struct vote *vote, uint64_t tag,
                           const struct signature *signature)
{
    return reader->places > 0 ? signature_is_good(reader, vote, signature) : tag == tag_of(reader, vote);
}

/* --- certificates --- */

static bool names(const struct proof *proof, node_id sender)
{
    return (proof->senders[sender / 64] >> (sender % 64) & 1) != 0;
}

/* A quorum of votes as `vote`, but for the author; that of `opener` was cast by its PRE-PREPARE. */
static bool is_certificate(struct reader *reader, const struct proof *proof, struct vote vote, node_id opener)
{
    const enum message_type type = vote.type;
    const uint32_t words = (reader->replicas + 63) / 64;
    const struct signature *signature = (const struct signature *)(const void *)(proof->senders + words);
    uint32_t count = 0;
    uint64_t tags = 0;
    for (node_id sender = 0; sender < words * 64; sender++) {
        if (!names(proof, sender)) {
            continue;
        }
        vote.author = sender;
        vote.type = sender == opener ? MESSAGE_PRE_PREPARE : type;
        count++;
        if (sender >= reader->replicas || (reader->places > 0 && count > reader->places)) {
            return false;
        }
        if (reader->places == 0) {
            tags ^= tag_of(reader, &vote);
        } else if (!signature_is_good(reader, &vote, signature++)) {
            return false;
        }
    }
    return count >= reader->quorum && tags == proof->tags;
}

/* --- VIEW-CHANGEs --- */

static const struct view_change_head *contents_of(const struct change_head *change)
{
    return (const struct view_change_head *)(const void *)(change + 1);
}

static size_t prepared_bytes(const struct reader *reader)
{
    return sizeof(struct prepared_head) + reader->proof_bytes;
}

static const struct prepared_head *prepared_at(const struct reader *reader, const struct change_head *change,
                                               uint32_t index)
{
    const unsigned char *first = (const unsigned char *)(contents_of(change) + 1) + reader->proof_bytes;
    return (const struct prepared_head *)(const void *)(first + index * prepared_bytes(reader));
}

/* C: h = 0 needs none. */
static bool checkpoint_is_proven(struct reader *reader, const struct view_change_head *head)
{
    const struct vote vote = {.type = MESSAGE_CHECKPOINT, .sequence = head->stable, .digest = head->state};
    return head->stable == 0 || is_certificate(reader, (const struct proof *)(const void *)(head + 1), vote, NO_NODE);
}

/* P: of earlier views, above h and within the window, each sequence number once. */
static bool prepared_are_proven(struct reader *reader, const struct change_head *change)
{
    const struct view_change_head *head = contents_of(change);
    sequence_number before = head->stable;
    for (uint32_t i = 0; i < head->prepared_count; i++) {
        const struct prepared_head *entry = prepared_at(reader, change, i);
        const node_id primary = primary_of(entry->view, reader->replicas);
        const struct proof *proof = (const struct proof *)(const void *)(entry + 1);
        const struct vote vote = {
            .type = MESSAGE_PREPARE, .view = entry->view, .sequence = entry->sequence, .digest = entry->digest};
        if (entry->sequence <= before || entry->sequence - head->stable > reader->window || entry->view >= head->view ||
            !names(proof, primary) || !is_certificate(reader, proof, vote, primary)) {
            return false;
        }
        before = entry->sequence;
    }
    return true;
}

static bool change_is_proven(struct reader *reader, uint32_t index)
{
    const struct change_head *change = reader->changes[index];
    const struct view_change_head *head = contents_of(change);
    if (change->size < sizeof *head + reader->proof_bytes ||
        (change->size - sizeof *head - reader->proof_bytes) / prepared_bytes(reader) != head->prepared_count ||
        (change->size - sizeof *head - reader->proof_bytes) % prepared_bytes(reader) != 0) {
        return false;
    }
    if (head->view != reader->head->view || head->author != change->author || head->author >= reader->replicas) {
        return false;
    }
    const struct vote vote = {.author = change->author,
                              .type = MESSAGE_VIEW_CHANGE,
                              .view = head->view,
                              .sequence = head->stable,
                              .digest = digest_of(head, change->size)};
    const struct signature *signature = reader->signatures == NULL ? NULL : reader->signatures + index;
    return is_authors_own(reader, &vote, change->tag, signature) && checkpoint_is_proven(reader, head) &&
           prepared_are_proven(reader, change);
}

static bool authors_differ(const struct reader *reader)
{
    for (uint32_t i = 0; i < reader->head->change_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (reader->changes[i]->author == reader->changes[j]->author) {
                return false;
            }
        }
    }
    return true;
}

/* --- the frames --- */

/* Where V and O lie; false if they do not fill the payload exactly. */
static bool find_frames(struct reader *reader)
{
    const struct payload *payload = reader->new_view;
    const struct new_view_head *head = reader->head;
    uint64_t order = (uint64_t)head->order_count * sizeof(struct order_entry);
    uint64_t signatures = reader->places == 0 ? 0 : (uint64_t)head->change_count + head->order_count;
    uint64_t behind = order + signatures * sizeof(struct signature), at = sizeof *head;
    if (behind > payload->size - at) {
        return false;
    }
    const uint64_t end = payload->size - behind;
    for (uint32_t i = 0; i < head->change_count; i++) {
        const struct change_head *change = (const struct change_head *)(const void *)(payload->bytes + at);
        if (end - at < sizeof *change || change->size % 8 != 0 || change->size > end - at - sizeof *change) {
            return false;
        }
        reader->changes[i] = change;
        at += sizeof *change + change->size;
    }
    reader->order = (const struct order_entry *)(const void *)(payload->bytes + end);
    reader->signatures = reader->places == 0 ? NULL
                                             : (const struct signature *)(const void *)(payload->bytes + end + order);
    return at == end;
}

/* --- O from V --- */

/* What V proves for a sequence number, in the highest view so far. */
struct proven {
    struct digest digest;
    view_number view;
    bool any;
};

static void gather_proven(const struct reader *reader, sequence_number low, struct proven *proven)
{
    for (uint32_t i = 0; i < reader->head->change_count; i++) {
        for (uint32_t j = 0; j < contents_of(reader->changes[i])->prepared_count; j++) {
            const struct prepared_head *prepared = prepared_at(reader, reader->changes[i], j);
            struct proven *best = prepared->sequence > low ? &proven[prepared->sequence - low - 1] : NULL;
            if (best != NULL && (!best->any || prepared->view > best->view)) {
                *best = (struct proven){prepared->digest, prepared->view, true};
            }
        }
    }
}

static bool order_is_the_same(struct reader *reader, sequence_number low, const struct proven *proven)
{
    const view_number view = reader->head->view;
    for (uint32_t i = 0; i < reader->head->order_count; i++) {
        const struct order_entry *entry = &reader->order[i];
        const struct vote vote = {.author = primary_of(view, reader->replicas),
                                  .type = MESSAGE_PRE_PREPARE,
                                  .view = view,
                                  .sequence = low + 1 + i,
                                  .digest = proven[i].any ? proven[i].digest : digest_null()};
        const struct signature *signature = reader->signatures == NULL
                                                ? NULL
                                                : reader->signatures + reader->head->change_count + i;
        if (entry->sequence != vote.sequence || !digest_equal(entry->digest, vote.digest) ||
            !is_authors_own(reader, &vote, entry->tag, signature)) {
            return false;
        }
    }
    return true;
}

static bool order_follows(struct reader *reader)
{
    sequence_number low = 0, high = 0; /* min-s, max-s */
    for (uint32_t i = 0; i < reader->head->change_count; i++) {
        const struct view_change_head *head = contents_of(reader->changes[i]);
        low = head->stable > low ? head->stable : low;
        for (uint32_t j = 0; j < head->prepared_count; j++) {
            const sequence_number sequence = prepared_at(reader, reader->changes[i], j)->sequence;
            high = sequence > high ? sequence : high;
        }
    }
    if (reader->head->order_count != (high > low ? high - low : 0)) {
        return false;
    }
    struct proven *proven = calloc((size_t)reader->head->order_count + 1, sizeof *proven);
    if (proven == NULL) {
        reader->out_of_memory = true;
        return false;
    }
    gather_proven(reader, low, proven);
    bool same = order_is_the_same(reader, low, proven);
    free(proven);
    return same;
}

static bool is_proven(struct reader *reader)
{
    if (reader->head->change_count < reader->quorum || !find_frames(reader) || !authors_differ(reader)) {
        return false;
    }
    for (uint32_t i = 0; i < reader->head->change_count; i++) {
        if (!change_is_proven(reader, i)) {
            return false;
        }
    }
    return order_follows(reader);
}

bool new_view_is_proven(const struct payload *new_view, view_number view, const struct protocol_config *protocol,
                        const struct keyring *keyring, bool *out_of_memory)
{
    const struct new_view_head *head = (const struct new_view_head *)(const void *)new_view->bytes;
    if (new_view->size < sizeof *head || new_view->size % 8 != 0 || head->view != view || view == 0 ||
        head->change_count > protocol->replicas) {
        return false;
    }
    struct reader reader = {
        .keyring = keyring,
        .replicas = protocol->replicas,
        .quorum = protocol->quorum,
        .window = protocol->window,
        .places = proof_shape(protocol->replicas, protocol->quorum, keyring_mode(keyring)).signatures,
        .new_view = new_view,
        .head = head,
        .changes = calloc(protocol->replicas, sizeof *reader.changes),
    };
    reader.proof_bytes = sizeof(struct proof) + (size_t)(protocol->replicas + 63) / 64 * 8 +
                         reader.places * sizeof(struct signature);
    reader.out_of_memory = reader.changes == NULL;
    bool proven = !reader.out_of_memory && is_proven(&reader);
    *out_of_memory = *out_of_memory || reader.out_of_memory;
    free((void *)reader.changes);
    free(reader.seen.places);
    return proven;
}

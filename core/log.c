#include "core/log.h"

#include <stdlib.h>
#include <string.h>

/* The misbehaving could name a false digest in every slot and phase, and the correct ones be split by an equivocating
 * primary in the slots that are in flight. */
static uint32_t side_capacity(uint32_t replicas, uint32_t window)
{
    uint64_t wanted = (uint64_t)(replicas / 3 + 1) * window * 2 + (uint64_t)replicas * 16;
    return (uint32_t)(wanted < (1u << 20) ? wanted : 1u << 20);
}

static void link_side_pool(struct log *log, uint32_t capacity)
{
    for (uint32_t index = 0; index < capacity; index++) {
        log->side_pool[index].next = index + 1 < capacity ? index + 1 : NO_SIDE_VOTE;
    }
    log->side_free = 0;
}

bool log_create(struct log *log, uint32_t replicas, uint32_t window)
{
    memset(log, 0, sizeof *log);
    uint32_t slots = 1;
    while (slots < window) {
        slots *= 2;
    }
    log->window = window;
    log->mask = slots - 1;
    log->replicas = replicas;
    uint32_t side = side_capacity(replicas, window);
    log->slots = aligned_alloc(CACHE_LINE, slots * sizeof *log->slots);
    log->records = calloc(slots, sizeof *log->records);
    log->side_pool = calloc(side, sizeof *log->side_pool);
    bool bitsets = bitset_pool_create(&log->bitsets, replicas, 2 * slots);
    if (log->slots == NULL || log->records == NULL || log->side_pool == NULL || !bitsets) {
        return false;
    }
    memset(log->slots, 0, slots * sizeof *log->slots);
    for (uint32_t index = 0; index < slots; index++) {
        log->records[index].side_votes = NO_SIDE_VOTE;
    }
    link_side_pool(log, side);
    return true;
}

void log_destroy(struct log *log)
{
    if (log->records != NULL) {
        for (uint32_t index = 0; index <= log->mask; index++) {
            if (log->records[index].batch != NULL) {
                payload_drop(log->records[index].batch);
            }
        }
    }
    bitset_pool_destroy(&log->bitsets);
    free(log->side_pool);
    free(log->records);
    free(log->slots);
    memset(log, 0, sizeof *log);
}

static struct certificate *certificate_of(struct slot *slot, enum phase phase)
{
    return phase == PHASE_PREPARE ? &slot->prepares : &slot->commits;
}

static void clear_side_votes(struct log *log, struct slot_record *record)
{
    while (record->side_votes != NO_SIDE_VOTE) {
        uint32_t index = record->side_votes;
        record->side_votes = log->side_pool[index].next;
        log->side_pool[index].next = log->side_free;
        log->side_free = index;
    }
}

/* Votes of an older view are worth nothing in this one (R10). */
static void enter_view(struct log *log, sequence_number sequence, view_number view)
{
    struct slot *slot = log_slot(log, sequence);
    if (slot->prepares.view != view) {
        certificate_clear(&slot->prepares, &log->bitsets, view);
        certificate_clear(&slot->commits, &log->bitsets, view);
        clear_side_votes(log, log_record(log, sequence));
    }
}

static const struct side_vote *find_side_vote(const struct log *log, const struct slot_record *record,
                                              enum phase phase, node_id sender)
{
    for (uint32_t index = record->side_votes; index != NO_SIDE_VOTE; index = log->side_pool[index].next) {
        const struct side_vote *vote = &log->side_pool[index];
        if (vote->sender == sender && vote->phase == phase) {
            return vote;
        }
    }
    return NULL;
}

static bool keep_beside(struct log *log, sequence_number sequence, enum phase phase, struct digest digest,
                        node_id sender, uint64_t tag)
{
    struct slot_record *record = log_record(log, sequence);
    uint32_t index = log->side_free;
    if (index == NO_SIDE_VOTE) {
        return false;
    }
    log->side_free = log->side_pool[index].next;
    log->side_pool[index] = (struct side_vote){.digest = digest, .tag = tag, .sender = sender,
                                               .next = record->side_votes, .phase = (uint8_t)phase};
    record->side_votes = index;
    log_slot(log, sequence)->prepares.beside = true;
    return true;
}

enum reject log_vote_aside(struct log *log, enum phase phase, sequence_number sequence, view_number view,
                           struct digest digest, node_id sender, uint64_t tag)
{
    enter_view(log, sequence, view);
    struct slot *slot = log_slot(log, sequence);
    struct slot_record *record = log_record(log, sequence);
    struct certificate *certificate = certificate_of(slot, phase);
    if (certificate_has(certificate, &log->bitsets, sender)) {
        return digest_equal(slot->digest, digest) ? REJECT_DUPLICATE_VOTE : REJECT_CONFLICTING_VOTE;
    }
    const struct side_vote *before = find_side_vote(log, record, phase, sender);
    if (before != NULL) {
        return digest_equal(before->digest, digest) ? REJECT_DUPLICATE_VOTE : REJECT_CONFLICTING_VOTE;
    }
    if (!slot->prepares.opened && slot->prepares.count == 0 && slot->commits.count == 0) {
        slot->digest = digest;
    }
    if (digest_equal(slot->digest, digest)) {
        certificate_add(certificate, &log->bitsets, sender, tag);
        return REJECT_NONE;
    }
    return keep_beside(log, sequence, phase, digest, sender, tag) ? REJECT_NONE : REJECT_NO_ROOM;
}

/* The early votes named another digest than the pre-prepare: they step aside, still as their senders' first votes
 * (R6). Their tags are known only as an XOR and are worth nothing any more. */
static void demote(struct log *log, sequence_number sequence, enum phase phase)
{
    struct slot *slot = log_slot(log, sequence);
    struct certificate *certificate = certificate_of(slot, phase);
    view_number view = certificate->view;
    node_id sender = certificate_next_sender(certificate, &log->bitsets, 0, log->replicas);
    while (sender < log->replicas) {
        (void)keep_beside(log, sequence, phase, slot->digest, sender, 0);
        sender = certificate_next_sender(certificate, &log->bitsets, sender + 1, log->replicas);
    }
    certificate_clear(certificate, &log->bitsets, view);
}

/* Votes for the digest that the pre-prepare turned out to have begin to count. */
static void promote(struct log *log, sequence_number sequence)
{
    struct slot *slot = log_slot(log, sequence);
    uint32_t *link = &log_record(log, sequence)->side_votes;
    while (*link != NO_SIDE_VOTE) {
        uint32_t index = *link;
        struct side_vote *vote = &log->side_pool[index];
        if (!digest_equal(vote->digest, slot->digest)) {
            link = &vote->next;
            continue;
        }
        certificate_add(certificate_of(slot, (enum phase)vote->phase), &log->bitsets, vote->sender, vote->tag);
        *link = vote->next;
        vote->next = log->side_free;
        log->side_free = index;
    }
}

void log_open(struct log *log, sequence_number sequence, view_number view, struct digest digest, node_id primary,
              uint64_t tag, struct payload *batch)
{
    assert(log_contains(log, sequence));
    assert(!log_is_open(log, sequence, view));
    enter_view(log, sequence, view);
    struct slot *slot = log_slot(log, sequence);
    struct slot_record *record = log_record(log, sequence);
    if (!digest_equal(slot->digest, digest)) {
        demote(log, sequence, PHASE_PREPARE);
        demote(log, sequence, PHASE_COMMIT);
        slot->digest = digest;
        promote(log, sequence);
        slot->prepares.beside = record->side_votes != NO_SIDE_VOTE;
    }
    slot->prepares.opened = true;
    certificate_add(&slot->prepares, &log->bitsets, primary, tag);
    if (batch != NULL) {
        payload_hold(batch);
    }
    if (record->batch != NULL) {
        payload_drop(record->batch);
    }
    record->batch = batch;
}

static void clear_slot(struct log *log, sequence_number sequence)
{
    struct slot *slot = log_slot(log, sequence);
    struct slot_record *record = log_record(log, sequence);
    certificate_clear(&slot->prepares, &log->bitsets, 0);
    certificate_clear(&slot->commits, &log->bitsets, 0);
    clear_side_votes(log, record);
    slot->digest = digest_null();
    if (record->batch != NULL) {
        payload_drop(record->batch);
    }
    *record = (struct slot_record){.side_votes = NO_SIDE_VOTE};
}

void log_advance(struct log *log, sequence_number low)
{
    assert(low >= log->low);
    sequence_number end = low - log->low < log->window ? low : log->low + log->window;
    for (sequence_number sequence = log->low + 1; sequence <= end; sequence++) {
        clear_slot(log, sequence);
    }
    log->low = low;
}

uint32_t log_in_use(const struct log *log)
{
    uint32_t used = 0;
    for (uint32_t index = 0; index <= log->mask; index++) {
        const struct slot *slot = &log->slots[index];
        used += slot->prepares.count > 0 || slot->commits.count > 0 || log->records[index].batch != NULL;
    }
    return used;
}

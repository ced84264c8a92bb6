#include "core/log.h"

#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/zeroed.h"

#define SIDE_VOTES_MOST (1u << 20)

/* Zeroed, from the beginning of a cache line on, in `*memory`, which is to be freed. */
static void *zeroed_lines(void **memory, uint32_t replicas, size_t count, size_t size_each)
{
    *memory = zeroed_of_each(replicas, 1, count * size_each + CACHE_LINE);
    return *memory == NULL ? NULL : (char *)*memory + (CACHE_LINE - (uintptr_t)*memory % CACHE_LINE) % CACHE_LINE;
}

/* Each of f misbehaving replicas can name a false digest in every slot and phase; and whatever is in flight may stand
 * beside while the false one came first, or while an equivocating primary splits the correct ones. */
static uint32_t side_capacity(uint32_t replicas, uint32_t window, uint32_t pipeline)
{
    uint64_t wanted = 2 * ((uint64_t)quorum_weak(replicas) * window + (uint64_t)replicas * pipeline);
    return (uint32_t)(wanted < SIDE_VOTES_MOST ? wanted : SIDE_VOTES_MOST);
}

static uint32_t take_side_vote(struct log *log)
{
    uint32_t index = log->side_free;
    if (index != NO_SIDE_VOTE) {
        log->side_free = log->side_pool[index].next;
        return index;
    }
    return log->side_fresh < log->side_capacity ? log->side_fresh++ : NO_SIDE_VOTE;
}

static void give_side_vote(struct log *log, uint32_t index)
{
    log->side_pool[index].next = log->side_free;
    log->side_free = index;
}

bool log_create(struct log *log, uint32_t replicas, uint32_t window, uint32_t pipeline, enum auth_mode mode)
{
    memset(log, 0, sizeof *log);
    uint32_t slots = 1;
    while (slots < window) {
        slots *= 2;
    }
    log->window = window;
    log->mask = slots - 1;
    log->replicas = replicas;
    log->side_capacity = 1 + side_capacity(replicas, window, pipeline);
    log->side_fresh = 1;
    log->slots = zeroed_lines(&log->slots_memory, replicas, slots, sizeof *log->slots);
    log->records = zeroed_lines(&log->records_memory, replicas, slots, sizeof *log->records);
    log->side_pool = malloc(log->side_capacity * sizeof *log->side_pool);
    bool votes = vote_pool_create(&log->bitsets, replicas, 4 * slots, mode);
    if (mode == AUTH_SIGNATURE) {
        log->side_signatures = malloc(log->side_capacity * sizeof *log->side_signatures);
        votes = votes && log->side_signatures != NULL;
    }
    bool kept = kept_create(&log->kept, window);
    return log->slots != NULL && log->records != NULL && log->side_pool != NULL && votes && kept;
}

void log_prefault(struct log *log)
{
    const size_t slots = (size_t)log->mask + 1;
    memset(log->slots, 0, slots * sizeof *log->slots);
    memset(log->records, 0, slots * sizeof *log->records);
}

static void drop(struct payload **payload)
{
    if (*payload != NULL) {
        payload_drop(*payload);
        *payload = NULL;
    }
}

static void replace(struct payload **place, struct payload *payload)
{
    if (payload != NULL) {
        payload_hold(payload);
    }
    drop(place);
    *place = payload;
}

static void drop_contents(struct log *log, struct slot_record *record)
{
    kept_clear(&log->kept, &record->kept);
    drop(&record->batch);
    drop(&record->decision);
    drop(&record->decided);
    if (record->archived) {
        drop(&record->prepared.batch);
        drop(&record->committed.batch);
    }
}

void log_destroy(struct log *log)
{
    for (sequence_number sequence = log->low + 1; sequence <= log->highest; sequence++) {
        drop_contents(log, log_record(log, sequence));
    }
    vote_pool_destroy(&log->bitsets);
    kept_destroy(&log->kept);
    free(log->side_signatures);
    free(log->side_pool);
    free(log->records_memory);
    free(log->slots_memory);
    memset(log, 0, sizeof *log);
}

static void clear_side_votes(struct log *log, struct slot_record *record)
{
    while (record->side_votes != NO_SIDE_VOTE) {
        uint32_t index = record->side_votes;
        record->side_votes = log->side_pool[index].next;
        give_side_vote(log, index);
    }
}

/* Keeps a complete certificate, in place of one of an earlier view. */
static void archive(struct log *log, sequence_number sequence, struct certificate *votes, struct archived_proof *place)
{
    log_record(log, sequence)->archived = true;
    certificate_clear(&place->votes, &log->bitsets, 0);
    place->votes = *votes;
    place->digest = log_slot(log, sequence)->digest;
    replace(&place->batch, log_record(log, sequence)->batch);
    memset(votes, 0, sizeof *votes); /* its bitset went along */
}

/* Votes of an older view are worth nothing in this one (R10). */
static void enter_view(struct log *log, sequence_number sequence, view_number view)
{
    struct slot *slot = log_slot(log, sequence);
    log->highest = sequence > log->highest ? sequence : log->highest;
    if (slot->prepares.view != view) {
        if (slot->prepares.complete) {
            archive(log, sequence, &slot->prepares, &log_record(log, sequence)->prepared);
        }
        if (slot->commits.complete) {
            archive(log, sequence, &slot->commits, &log_record(log, sequence)->committed);
        }
        certificate_clear(&slot->prepares, &log->bitsets, view);
        certificate_clear(&slot->commits, &log->bitsets, view);
        clear_side_votes(log, log_record(log, sequence));
    }
}

static const struct side_vote *find_side_vote(const struct log *log, const struct slot_record *record, enum phase phase,
                                              node_id sender)
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
                        node_id sender, union vote_auth auth)
{
    struct slot_record *record = log_record(log, sequence);
    uint32_t index = take_side_vote(log);
    if (index == NO_SIDE_VOTE) {
        return false;
    }
    log->side_pool[index] = (struct side_vote){
        .digest = digest, .sender = sender, .next = record->side_votes, .phase = (uint8_t)phase};
    if (log->side_signatures == NULL) {
        log->side_pool[index].tag = auth.tag;
    } else if (auth.signature != NULL) {
        log->side_signatures[index] = *auth.signature;
    }
    record->side_votes = index;
    log_slot(log, sequence)->prepares.beside = true;
    return true;
}

enum reject log_vote_aside(struct log *log, enum phase phase, sequence_number sequence, view_number view,
                           struct digest digest, node_id sender, union vote_auth auth)
{
    enter_view(log, sequence, view);
    struct slot *slot = log_slot(log, sequence);
    struct slot_record *record = log_record(log, sequence);
    struct certificate *certificate = slot_certificate(slot, phase);
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
        certificate_add(certificate, &log->bitsets, sender, auth);
        return REJECT_NONE;
    }
    return keep_beside(log, sequence, phase, digest, sender, auth) ? REJECT_NONE : REJECT_NO_ROOM;
}

/* The early votes named another digest than the pre-prepare: they step aside, still as their senders' first votes
 * (R6). Their tags are known only as an XOR, and no certificate of this view will want them or their signatures. */
static void demote(struct log *log, sequence_number sequence, enum phase phase)
{
    struct slot *slot = log_slot(log, sequence);
    struct certificate *certificate = slot_certificate(slot, phase);
    view_number view = certificate->view;
    node_id sender = certificate_next_sender(certificate, &log->bitsets, 0, log->replicas);
    while (sender < log->replicas) {
        (void)keep_beside(log, sequence, phase, slot->digest, sender,
                          certificate_auth(certificate, &log->bitsets, sender));
        sender = certificate_next_sender(certificate, &log->bitsets, sender + 1, log->replicas);
    }
    certificate_clear(certificate, &log->bitsets, view);
}

static union vote_auth side_auth(const struct log *log, uint32_t index)
{
    union vote_auth auth = {.tag = log->side_pool[index].tag};
    if (log->side_signatures != NULL) {
        auth.signature = &log->side_signatures[index];
    }
    return auth;
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
        certificate_add(slot_certificate(slot, (enum phase)vote->phase), &log->bitsets, vote->sender,
                        side_auth(log, index));
        *link = vote->next;
        give_side_vote(log, index);
    }
}

void log_open(struct log *log, sequence_number sequence, view_number view, struct digest digest, node_id primary,
              union vote_auth auth, struct payload *batch)
{
    assert(log_contains(log, sequence));
    assert(!log_is_open(log, sequence, view));
    enter_view(log, sequence, view);
    struct slot *slot = log_slot(log, sequence);
    struct slot_record *record = log_record(log, sequence);
    if (slot->prepares.count + slot->commits.count == 0 && record->side_votes == NO_SIDE_VOTE) {
        slot->digest = digest; /* as a rule it comes before the votes */
    } else if (!digest_equal(slot->digest, digest)) {
        demote(log, sequence, PHASE_PREPARE);
        demote(log, sequence, PHASE_COMMIT);
        slot->digest = digest;
        promote(log, sequence);
        slot->prepares.beside = record->side_votes != NO_SIDE_VOTE;
    }
    slot->prepares.opened = true;
    certificate_add(&slot->prepares, &log->bitsets, primary, auth);
    if (record->batch != NULL && record->batch != batch) {
        kept_add(&log->kept, &record->kept, record->batch); /* accepted in an earlier view (R33) */
    }
    replace(&record->batch, batch);
}

static const struct certificate *current_or_archived(const struct certificate *current, const struct slot *slot,
                                                     const struct slot_record *record,
                                                     const struct archived_proof *archived, struct digest *digest,
                                                     struct payload **batch)
{
    if (current->complete) {
        *digest = slot->digest;
        *batch = record->batch;
        return current;
    }
    *digest = archived->digest;
    *batch = archived->batch;
    return archived->votes.count > 0 ? &archived->votes : NULL;
}

const struct certificate *log_prepared(struct log *log, sequence_number sequence, struct digest *digest,
                                       struct payload **batch)
{
    const struct slot *slot = log_slot(log, sequence);
    const struct slot_record *record = log_record(log, sequence);
    return current_or_archived(&slot->prepares, slot, record, &record->prepared, digest, batch);
}

const struct certificate *log_committed(struct log *log, sequence_number sequence, struct digest *digest,
                                        struct payload **batch)
{
    const struct slot *slot = log_slot(log, sequence);
    const struct slot_record *record = log_record(log, sequence);
    return current_or_archived(&slot->commits, slot, record, &record->committed, digest, batch);
}

uint32_t log_commit_claims(const struct log *log, sequence_number sequence)
{
    uint32_t claims = log->slots[sequence & log->mask].commits.count;
    uint32_t index = log->records[sequence & log->mask].side_votes;
    for (; index != NO_SIDE_VOTE; index = log->side_pool[index].next) {
        claims += log->side_pool[index].phase == PHASE_COMMIT;
    }
    return claims;
}

bool log_claims_commit(const struct log *log, sequence_number sequence, node_id sender)
{
    const struct slot *slot = &log->slots[sequence & log->mask];
    return certificate_has(&slot->commits, &log->bitsets, sender) ||
           find_side_vote(log, &log->records[sequence & log->mask], PHASE_COMMIT, sender) != NULL;
}

void log_decide(struct log *log, sequence_number sequence, view_number view, struct payload *decision,
                struct payload *batch)
{
    log->highest = sequence > log->highest ? sequence : log->highest;
    replace(&log_record(log, sequence)->decision, decision);
    replace(&log_record(log, sequence)->decided, batch);
    log_record(log, sequence)->decided_view = view;
}

struct payload *log_find_batch(struct log *log, sequence_number sequence, struct digest digest)
{
    if (!log_contains(log, sequence)) {
        return NULL;
    }
    const struct slot_record *record = log_record(log, sequence);
    if (record->batch != NULL && digest_equal(payload_digest(record->batch), digest)) {
        return record->batch;
    }
    struct payload *const others[] = {record->prepared.batch, record->committed.batch, record->decided};
    for (size_t index = 0; index < sizeof others / sizeof *others; index++) {
        if (others[index] != NULL && digest_equal(payload_digest(others[index]), digest)) {
            return others[index];
        }
    }
    return kept_find(&log->kept, record->kept, digest);
}

void log_supply(struct log *log, sequence_number sequence, struct payload *batch)
{
    replace(&log_record(log, sequence)->batch, batch);
}

static void clear_slot(struct log *log, sequence_number sequence)
{
    struct slot *slot = log_slot(log, sequence);
    struct slot_record *record = log_record(log, sequence);
    certificate_clear(&slot->prepares, &log->bitsets, 0);
    certificate_clear(&slot->commits, &log->bitsets, 0);
    slot->digest = digest_null();
    clear_side_votes(log, record);
    drop_contents(log, record);
    if (record->archived) {
        certificate_clear(&record->prepared.votes, &log->bitsets, 0);
        certificate_clear(&record->committed.votes, &log->bitsets, 0);
        record->archived = false;
    }
    record->decided_view = 0;
    record->committed_ns = 0;
    record->executed = false;
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
    for (sequence_number sequence = log->low + 1; sequence <= log->highest; sequence++) {
        const struct slot *slot = &log->slots[sequence & log->mask];
        used += slot->prepares.count > 0 || slot->commits.count > 0 || log->records[sequence & log->mask].batch != NULL;
    }
    return used;
}

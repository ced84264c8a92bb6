#include "runner/checker_new_view.h"

#include <stdlib.h>

#include "core/quorum.h"
#include "core/view_change.h"

/* NEW-VIEWs kept apart: misbehaving primaries may send any number. */
#define OPENINGS_MOST 4096u

/* --- O from V --- */

/* What V proves for a sequence number, in the highest view so far. */
struct proven {
    struct digest digest;
    view_number view;
    bool any;
};

struct order_range {
    sequence_number low, high; /* min-s, max-s */
};

static struct order_range range_of(const struct payload *new_view, struct proof_shape shape)
{
    struct order_range range = {0, 0};
    for (const struct change_head *change = NULL; (change = new_view_change(new_view, shape, change)) != NULL;) {
        const struct view_change_head *head = view_change_head(change + 1);
        range.low = head->stable > range.low ? head->stable : range.low;
        for (uint32_t i = 0; i < head->prepared_count; i++) {
            sequence_number prepared = view_change_prepared(head, i, shape)->sequence;
            range.high = prepared > range.high ? prepared : range.high;
        }
    }
    return range;
}

static void gather_proven(const struct payload *new_view, struct proof_shape shape, sequence_number low,
                          struct proven *proven)
{
    for (const struct change_head *change = NULL; (change = new_view_change(new_view, shape, change)) != NULL;) {
        for (uint32_t i = 0; i < view_change_head(change + 1)->prepared_count; i++) {
            const struct prepared_head *prepared = view_change_prepared(change + 1, i, shape);
            struct proven *best = prepared->sequence > low ? &proven[prepared->sequence - low - 1] : NULL;
            if (best != NULL && (!best->any || prepared->view > best->view)) {
                *best = (struct proven){prepared->digest, prepared->view, true};
            }
        }
    }
}

bool order_follows(const struct payload *new_view, struct proof_shape shape, bool *out_of_memory)
{
    struct order_range range = range_of(new_view, shape);
    uint32_t orders = new_view_head(new_view)->order_count;
    if (orders != (range.high > range.low ? range.high - range.low : 0)) {
        return false;
    }
    struct proven *proven = calloc((size_t)orders + 1, sizeof *proven);
    if (proven == NULL) {
        *out_of_memory = true;
        return false;
    }
    gather_proven(new_view, shape, range.low, proven);
    const struct order_entry *order = new_view_order(new_view, shape);
    bool same = true;
    for (uint32_t i = 0; i < orders; i++) {
        struct digest digest = proven[i].any ? proven[i].digest : digest_null();
        same = same && order[i].sequence == range.low + 1 + i && digest_equal(order[i].digest, digest);
    }
    free(proven);
    return same;
}

/* --- which of them correct replicas followed --- */

static struct opening *find_opening(struct checker *checker, const struct journal_entry *entry)
{
    for (size_t i = checker->opening_count; i-- > 0;) {
        struct opening *opening = &checker->openings[i];
        if (opening->view == entry->view && digest_equal(opening->digest, entry->digest)) {
            return opening;
        }
    }
    return NULL;
}

/* Room for one more: those that were judged, and that nobody enters any more, go. */
static void forget_openings(struct checker *checker)
{
    view_number least = UINT32_MAX;
    for (node_id id = 0; id < checker->replicas; id++) {
        if (!checker->misbehaving[id] && checker->tracks[id].active < least) {
            least = checker->tracks[id].active;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < checker->opening_count; i++) {
        if (!checker->openings[i].judged || checker->openings[i].view > least) {
            checker->openings[kept++] = checker->openings[i];
        }
    }
    checker->opening_count = kept;
}

/* NULL if memory is lacking, or there are too many: then what is not known is not judged. */
static struct opening *add_opening(struct checker *checker, const struct journal_entry *entry)
{
    if (checker->openings == NULL) {
        checker->openings = malloc(OPENINGS_MOST * sizeof *checker->openings);
        checker->failed = checker->failed || checker->openings == NULL;
    }
    if (checker->opening_count == OPENINGS_MOST) {
        forget_openings(checker);
    }
    if (checker->openings == NULL || checker->opening_count == OPENINGS_MOST) {
        return NULL;
    }
    struct opening *opening = &checker->openings[checker->opening_count++];
    *opening = (struct opening){.digest = entry->digest, .view = entry->view, .entered_by = NO_NODE};
    return opening;
}

static struct opening *opening_of(struct checker *checker, const struct journal_entry *entry)
{
    struct opening *opening = find_opening(checker, entry);
    return opening != NULL ? opening : add_opening(checker, entry);
}

static void judge(struct checker *checker, const struct opening *opening)
{
    if (opening->judged && !opening->follows && opening->entered_by != NO_NODE) {
        checker_offer(checker, "I11", 0, opening->entered_by, opening->digest);
    }
}

static struct proof_shape shape_of(const struct checker *checker)
{
    return proof_shape(checker->replicas, checker->protocol->quorum, keyring_mode(checker->keyring));
}

/* With signatures: the same votes stand in the VIEW-CHANGEs of many, and are verified once. */
static bool is_valid(struct checker *checker, struct payload *new_view)
{
    const struct protocol_config *protocol = checker->protocol;
    struct view_rules rules = {proof_rules(checker->keyring, checker->replicas, protocol->quorum), protocol->window};
    if (keyring_mode(checker->keyring) != AUTH_SIGNATURE) {
        return new_view_valid(new_view, &rules);
    }
    struct verifier verifier;
    bool created = verifier_create(&verifier, checker->keyring, 0, protocol->window);
    rules.proofs.verifier = created ? &verifier : NULL;
    bool valid = new_view_valid(new_view, &rules);
    verifier_destroy(&verifier);
    return valid;
}

void checker_take_new_view_sent(struct checker *checker, const struct journal_entry *entry)
{
    if (entry->contents == NULL || entry->node != primary_of(entry->view, checker->replicas)) {
        return; /* nobody accepts another's */
    }
    struct opening *opening = opening_of(checker, entry);
    if (opening == NULL || opening->judged) {
        return;
    }
    opening->follows = is_valid(checker, entry->contents) &&
                       order_follows(entry->contents, shape_of(checker), &checker->failed);
    opening->judged = true;
    judge(checker, opening);
}

void checker_take_new_view(struct checker *checker, const struct journal_entry *entry)
{
    struct opening *opening = opening_of(checker, entry);
    if (opening != NULL && opening->entered_by == NO_NODE) {
        opening->entered_by = entry->node;
        judge(checker, opening);
    }
}

void checker_finish_new_views(struct checker *checker)
{
    for (size_t i = 0; i < checker->opening_count; i++) {
        if (!checker->openings[i].judged) {
            checker_offer(checker, "I11", 0, checker->openings[i].entered_by, checker->openings[i].digest);
        }
    }
}

#include "runner/checker_new_view.h"

#include <stdlib.h>

#include "core/quorum.h"
#include "runner/checker_view_proof.h"

/* NEW-VIEWs kept apart: misbehaving primaries may send any number. */
#define OPENINGS_MOST 4096u

static struct opening *find_opening(struct checker *checker, view_number view, struct digest digest)
{
    for (size_t i = checker->opening_count; i-- > 0;) {
        struct opening *opening = &checker->openings[i];
        if (opening->view == view && digest_equal(opening->digest, digest)) {
            return opening;
        }
    }
    return NULL;
}

/* Room for one more: those that are proven, and that nobody enters any more, go. */
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
        if (!checker->openings[i].proven || checker->openings[i].view > least) {
            checker->openings[kept++] = checker->openings[i];
        }
    }
    checker->opening_count = kept;
}

/* NULL if memory is lacking, or there are too many. */
static struct opening *add_opening(struct checker *checker, view_number view, struct digest digest)
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
    *opening = (struct opening){.digest = digest, .view = view, .entered_by = NO_NODE};
    return opening;
}

/* What no correct replica may follow is not kept, so that a flood of it fills nothing. */
void checker_take_new_view_sent(struct checker *checker, const struct journal_entry *entry)
{
    if (entry->contents == NULL || entry->node != primary_of(entry->view, checker->replicas)) {
        return; /* nobody accepts another's */
    }
    const struct digest digest = payload_digest(entry->contents); /* whatever the message claims */
    struct opening *opening = find_opening(checker, entry->view, digest);
    if ((opening != NULL && opening->proven) ||
        !new_view_is_proven(entry->contents, entry->view, checker->protocol, checker->keyring, &checker->failed)) {
        return;
    }
    opening = opening != NULL ? opening : add_opening(checker, entry->view, digest);
    if (opening == NULL) {
        checker->openings_lost = true;
    } else {
        opening->proven = true;
    }
}

static void give_up(struct checker *checker, node_id replica)
{
    checker_give_up(checker, "more valid NEW-VIEWs were sent than the checker keeps", 0, replica);
}

void checker_take_new_view(struct checker *checker, const struct journal_entry *entry)
{
    struct opening *opening = find_opening(checker, entry->view, entry->digest);
    opening = opening != NULL ? opening : add_opening(checker, entry->view, entry->digest);
    if (opening == NULL) {
        give_up(checker, entry->node);
    } else if (opening->entered_by == NO_NODE || entry->node < opening->entered_by) {
        opening->entered_by = entry->node;
    }
}

void checker_finish_new_views(struct checker *checker)
{
    for (size_t i = 0; i < checker->opening_count; i++) {
        const struct opening *opening = &checker->openings[i];
        if (!opening->proven && checker->openings_lost) {
            give_up(checker, opening->entered_by);
        } else if (!opening->proven) {
            checker_offer(checker, "I11", 0, opening->entered_by, opening->digest);
        }
    }
}

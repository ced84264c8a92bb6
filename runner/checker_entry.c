#include "runner/checker_entry.h"

#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/request.h"
#include "runner/checker_new_view.h"

/* How far ahead of what is settled a misbehaving primary's proposals are kept: a flood of sequence numbers out of any
 * window must not fill the memory. Far more than journals of one run can be apart when they are read. */
#define REACH 65536u

/* Contents of one misbehaving replica kept for one sequence number: more is a flood, and cut off. Each has a share of
 * its own, so that no other's contents are lost. A correct replica proposes one for each view. */
#define CONTENTS_MOST 4096u

/* The place of what a correct replica names; NULL if it is retired, or out of its window. Twice the window, because
 * what the driver adds to a journal and what the replica writes need not be in order within one step. */
static struct decision *open_in_window(struct checker *checker, const struct journal_entry *entry)
{
    const struct track *track = &checker->tracks[entry->node];
    sequence_number low = track->executed > track->stable ? track->executed : track->stable;
    if (entry->sequence == 0 || entry->sequence > low + 2 * (uint64_t)checker->protocol->window) {
        checker_offer(checker, "I9", entry->sequence, entry->node, entry->digest);
        return NULL;
    }
    if (entry->sequence < checker->history.base) {
        return NULL;
    }
    struct decision *decision = history_open(&checker->history, entry->sequence);
    checker->failed = checker->failed || decision == NULL;
    return decision;
}

/* A proposal is not held against its sender's window: the driver notes it before what the same step did, and that may
 * have been to take over a state far ahead. What is made of it is judged where it is committed. */
static struct decision *open_proposed(struct checker *checker, const struct journal_entry *entry)
{
    uint64_t window = checker->protocol->window;
    uint64_t reach = 4 * window > REACH ? 4 * window : REACH;
    if (entry->sequence - checker->history.base >= reach) {
        return NULL;
    }
    struct decision *decision = history_open(&checker->history, entry->sequence);
    checker->failed = checker->failed || decision == NULL;
    return decision;
}

static bool is_flood(const struct checker *checker, const struct decision *decision, node_id author)
{
    if (!checker->misbehaving[author] || decision->content_count < CONTENTS_MOST) {
        return false;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < decision->content_count; i++) {
        kept += decision->contents[i].author == author;
    }
    return kept >= CONTENTS_MOST;
}

/* What is no batch of genuine requests is not kept: no correct replica may execute it, and if one does, it is found to
 * be nobody's (I6). */
static void keep_content(struct checker *checker, struct decision *decision, node_id author, struct payload *batch)
{
    const struct protocol_config *protocol = checker->protocol;
    uint32_t clients = protocol->clients + protocol->accomplices;
    bool cut_off = decision->truncated && decision->flooder == author;
    if (cut_off || decision_content(decision, payload_digest(batch)) != NULL ||
        !batch_valid(batch, checker->keyring, protocol->replicas, clients)) {
        return;
    }
    if (is_flood(checker, decision, author)) {
        decision->truncated = true;
        decision->flooder = author;
        return;
    }
    struct content *content = decision_add_content(decision, payload_digest(batch), batch_count(batch));
    if (content == NULL) {
        checker->failed = true;
        return;
    }
    content->author = author;
    struct request_id *out = &decision->requests[content->first];
    for (const struct request *request = NULL; (request = batch_next(batch, request)) != NULL;) {
        *out = (struct request_id){.timestamp = request->timestamp, .client = request->client};
        out->size = request->size < sizeof out->operation ? request->size : (uint32_t)sizeof out->operation;
        memcpy(out->operation, request_operation(request), out->size);
        out++;
    }
}

/* Whoever the sender is, if it is the view's primary: nobody accepts another's. */
static void take_proposed(struct checker *checker, const struct journal_entry *entry)
{
    if (entry->sequence == 0 || entry->node != primary_of(entry->view, checker->replicas)) {
        return;
    }
    if (entry->sequence < checker->history.base) {
        measure_late_proposal(&checker->measure, entry->sequence, entry->time_ns);
        return;
    }
    struct decision *decision = open_proposed(checker, entry);
    if (decision == NULL) {
        return;
    }
    if (entry->time_ns < decision->proposed_ns) {
        decision->proposed_ns = entry->time_ns;
    }
    if (entry->view == 0 && entry->time_ns < decision->proposed_in_view_0_ns) {
        decision->proposed_in_view_0_ns = entry->time_ns;
    }
    if (entry->batch != NULL) {
        keep_content(checker, decision, entry->node, entry->batch);
    }
}

static void claim(struct checker *checker, struct decision *decision, const struct journal_entry *entry)
{
    if (!decision_claim(decision, entry)) {
        checker->failed = true;
    }
}

static void take_committed(struct checker *checker, const struct journal_entry *entry)
{
    struct decision *decision = open_in_window(checker, entry);
    if (decision == NULL) {
        return;
    }
    claim(checker, decision, entry);
    if (entry->kind == JOURNAL_COMMITTED) {
        decision->last_view = entry->view > decision->last_view ? entry->view : decision->last_view;
        decision->committed_ns[checker->tracks[entry->node].rank] = entry->time_ns;
    }
}

static void take_executed(struct checker *checker, const struct journal_entry *entry)
{
    struct track *track = &checker->tracks[entry->node];
    if (entry->sequence != track->executed + 1) {
        checker_offer(checker, "I4", entry->sequence, entry->node, entry->digest);
        return;
    }
    struct decision *decision = history_open(&checker->history, entry->sequence);
    if (decision == NULL) {
        checker->failed = true;
        return;
    }
    track->executed = entry->sequence;
    claim(checker, decision, entry);
    decision->settled++;
    if (entry->view > decision->last_view) {
        decision->last_view = entry->view;
    }
    if (entry->time_ns < decision->first_executed_ns) {
        decision->first_executed_ns = entry->time_ns;
    }
    if (entry->time_ns > decision->last_executed_ns) {
        decision->last_executed_ns = entry->time_ns;
    }
    if ((entry->flags & JOURNAL_FLAG_FETCHED) == 0) {
        decision->committed_ns[track->rank] = entry->committed_ns;
    }
}

static void claim_state(struct checker *checker, const struct journal_entry *entry)
{
    if (!stability_claim(&checker->checkpoints, entry->sequence, entry->digest, entry->node)) {
        checker->failed = true;
    }
}

/* What a fetched state covers is settled; its time counts as the execution of all of it. */
static void take_transferred(struct checker *checker, const struct journal_entry *entry)
{
    struct track *track = &checker->tracks[entry->node];
    /* a correct replica fetches what q replicas have reached: never far beyond what any of them proposed */
    if (entry->sequence <= track->executed || entry->sequence - track->executed > UINT32_MAX) {
        checker_offer(checker, "I9", entry->sequence, entry->node, entry->digest);
        return;
    }
    struct decision *decision = NULL;
    while (track->executed < entry->sequence) {
        decision = history_open(&checker->history, track->executed + 1);
        if (decision == NULL) {
            checker->failed = true;
            return;
        }
        track->executed++;
        decision->settled++;
        if (entry->time_ns > decision->last_executed_ns) {
            decision->last_executed_ns = entry->time_ns;
        }
    }
    claim(checker, decision, entry);
    claim_state(checker, entry);
}

static void forget_checkpoints(struct checker *checker)
{
    sequence_number least = UINT64_MAX;
    for (node_id id = 0; id < checker->replicas; id++) {
        if (!checker->misbehaving[id] && checker->tracks[id].stable < least) {
            least = checker->tracks[id].stable;
        }
    }
    stability_judge(&checker->checkpoints, least, &checker->result->violation);
    checker->checkpoint_room = 2 * checker->checkpoints.count + 64;
}

static void take_stable(struct checker *checker, const struct journal_entry *entry)
{
    struct track *track = &checker->tracks[entry->node];
    if (entry->sequence < track->stable) {
        checker_offer(checker, "I9", entry->sequence, entry->node, entry->digest);
        return;
    }
    track->stable = entry->sequence;
    claim_state(checker, entry);
    if (checker->checkpoints.count > checker->checkpoint_room) {
        forget_checkpoints(checker);
    }
}

static void remember_view(struct checker *checker, view_number view)
{
    size_t at = checker->view_count;
    while (at > 0 && checker->views[at - 1] > view) {
        at--;
    }
    if (at > 0 && checker->views[at - 1] == view) {
        return;
    }
    if (checker->view_count == checker->view_capacity) {
        size_t capacity = checker->view_capacity == 0 ? 64 : 2 * checker->view_capacity;
        view_number *views = realloc(checker->views, capacity * sizeof *views);
        if (views == NULL) {
            checker->failed = true;
            return;
        }
        checker->views = views;
        checker->view_capacity = capacity;
    }
    memmove(&checker->views[at + 1], &checker->views[at], (checker->view_count - at) * sizeof *checker->views);
    checker->views[at] = view;
    checker->view_count++;
}

static void take_view(struct checker *checker, const struct journal_entry *entry)
{
    struct track *track = &checker->tracks[entry->node];
    bool entered = entry->kind == JOURNAL_NEW_VIEW;
    bool grows = entered ? entry->view > track->active && entry->view >= track->asked : entry->view > track->asked;
    if (!grows) {
        checker_offer(checker, "I9", 0, entry->node, (struct digest){{entry->view, track->asked}});
        return;
    }
    track->asked = entry->view;
    if (entered) {
        track->active = entry->view;
        checker_take_new_view(checker, entry);
        remember_view(checker, entry->view);
        measure_view(&checker->measure, entry->view, entry->time_ns);
    }
}

static void take_client(struct checker *checker, const struct journal_entry *entry)
{
    struct request_id request = {.timestamp = entry->timestamp, .client = entry->client};
    if (entry->node != entry->client || !ledger_is_correct_client(&checker->ledger, entry->client)) {
        return; /* an accomplice's: whatever carries its tag counts as submitted */
    }
    uint64_t planned_ns;
    if (entry->kind == JOURNAL_SUBMITTED) {
        if (!ledger_submit(&checker->ledger, request.client, request.timestamp, entry->planned_ns)) {
            checker->failed = true;
        }
    } else if (ledger_accept(&checker->ledger, request, entry->result, &planned_ns)) {
        measure_request(&checker->measure, request, planned_ns, entry->time_ns);
    }
}

static void take_replica(struct checker *checker, const struct journal_entry *entry)
{
    switch (entry->kind) {
    case JOURNAL_COMMITTED:
    case JOURNAL_PREPARED:
        take_committed(checker, entry);
        break;
    case JOURNAL_EXECUTED:
        take_executed(checker, entry);
        break;
    case JOURNAL_STABLE:
        take_stable(checker, entry);
        break;
    case JOURNAL_TRANSFERRED:
        take_transferred(checker, entry);
        break;
    case JOURNAL_VIEW_CHANGE:
    case JOURNAL_NEW_VIEW:
        take_view(checker, entry);
        break;
    case JOURNAL_FORBIDDEN_VOTE:
        checker_offer(checker, "I8", entry->sequence, entry->node, entry->digest);
        break;
    default:
        break;
    }
}

void checker_take(struct checker *checker, const struct journal_entry *entry)
{
    if (entry->kind == JOURNAL_PROPOSED) {
        take_proposed(checker, entry);
    } else if (entry->kind == JOURNAL_NEW_VIEW_SENT) {
        checker_take_new_view_sent(checker, entry);
    } else if (entry->kind == JOURNAL_SUBMITTED || entry->kind == JOURNAL_ACCEPTED) {
        take_client(checker, entry);
    } else if (checker_is_correct_replica(checker, entry->node)) {
        take_replica(checker, entry);
    }
}

#include "core/change_view.h"

#include <string.h>

#include "core/agreement.h"
#include "core/fetch.h"
#include "core/relay.h"
#include "core/stable.h"

/* T * 2^(k-1). */
uint64_t change_view_timeout_ns(const struct replica *replica)
{
    const uint64_t longest_ns = TIME_NEVER_NS / 4; /* that no run lasts: times can still be added to it */
    uint32_t doublings = replica->views.asked > 0 ? replica->views.asked - 1 : 0;
    uint64_t first_ns = replica->config.view_timeout_ns;
    return doublings < 62 && first_ns <= longest_ns >> doublings ? first_ns << doublings : longest_ns;
}

uint64_t change_view_longest_backoff_ns(const struct replica *replica)
{
    uint64_t longest_ns = change_view_timeout_ns(replica) / 16;
    longest_ns = longest_ns > replica->config.view_timeout_ns ? longest_ns : replica->config.view_timeout_ns;
    return longest_ns > replica->config.retransmit_ns ? longest_ns : replica->config.retransmit_ns;
}

uint64_t change_view_deadline(const struct replica *replica)
{
    if (!replica->active) {
        return replica->views.deadline_ns;
    }
    bool view_timer_runs = replica->views.deadline_ns != TIME_NEVER_NS;
    if (replica_is_primary(replica) && !view_timer_runs) {
        return TIME_NEVER_NS; /* it does not suspect itself */
    }
    uint64_t oldest_ns = client_table_oldest_ns(&replica->clients);
    if (oldest_ns == TIME_NEVER_NS || view_timer_runs) {
        return oldest_ns == TIME_NEVER_NS ? TIME_NEVER_NS : replica->views.deadline_ns;
    }
    uint64_t from_ns = oldest_ns > replica->views.settled_ns ? oldest_ns : replica->views.settled_ns;
    return from_ns + replica->config.view_timeout_ns;
}

void change_view_restart_timers(const struct step *step)
{
    struct view_state *views = &step->replica->views;
    views->settled_ns = step->event->now_ns;
    if (views->deadline_ns != TIME_NEVER_NS) {
        views->deadline_ns = step->event->now_ns + change_view_timeout_ns(step->replica);
    }
}

void change_view_check_timer(const struct step *step)
{
    struct replica *replica = step->replica;
    if (change_view_deadline(replica) <= step->event->now_ns) {
        change_view_start(step, replica->view + 1);
    }
}

/* --- VIEW-CHANGE --- */

static uint32_t count_prepared(struct log *log)
{
    struct digest digest;
    struct payload *batch;
    uint32_t count = 0;
    for (sequence_number sequence = log->low + 1; sequence <= log->highest; sequence++) {
        count += log_prepared(log, sequence, &digest, &batch) != NULL;
    }
    return count;
}

/* P: for each sequence number above h the prepared certificate of the highest view (R16). */
static void write_prepared(struct replica *replica, void *contents)
{
    struct log *log = &replica->log;
    struct proof_shape shape = replica->rules.proofs.shape;
    unsigned char *out = (unsigned char *)contents + view_change_size(shape, 0);
    for (sequence_number sequence = log->low + 1; sequence <= log->highest; sequence++) {
        struct digest digest;
        struct payload *batch;
        const struct certificate *prepares = log_prepared(log, sequence, &digest, &batch);
        if (prepares == NULL) {
            continue;
        }
        const struct prepared_head head = {.sequence = sequence, .digest = digest, .view = prepares->view};
        memcpy(out, &head, sizeof head);
        proof_write((struct proof *)(void *)(out + sizeof head), shape, prepares, &log->bitsets,
                    primary_of(prepares->view, replica->replicas));
        out += sizeof head + proof_size(shape);
    }
}

static struct payload *make_view_change(const struct step *step)
{
    struct replica *replica = step->replica;
    uint32_t prepared = count_prepared(&replica->log);
    struct proof_shape shape = replica->rules.proofs.shape;
    struct payload *payload = outbox_allocate(step->outbox, view_change_size(shape, prepared));
    const struct stable_checkpoint *stable = &replica->checkpoints.stable;
    const struct view_change_head head = {.view = replica->view,
                                          .author = replica->id,
                                          .stable = stable->sequence,
                                          .state = stable->digest,
                                          .prepared_count = prepared};
    memcpy(payload->bytes, &head, sizeof head);
    proof_write((struct proof *)(void *)(payload->bytes + sizeof head), shape, &stable->votes,
                &replica->checkpoints.bitsets, NO_NODE);
    write_prepared(replica, payload->bytes);
    payload_seal(payload);
    return payload;
}

static struct message view_change_message(const struct replica *replica, struct payload *payload)
{
    struct message message = replica_message(replica, MESSAGE_VIEW_CHANGE);
    message.view = view_change_head(payload->bytes)->view;
    message.sequence = view_change_head(payload->bytes)->stable;
    message.digest = payload_digest(payload);
    message.payload = payload;
    return message;
}

static void journal_prepared(const struct step *step)
{
    struct log *log = &step->replica->log;
    for (sequence_number sequence = log->low + 1; sequence <= log->highest; sequence++) {
        const struct slot *slot = log_slot(log, sequence);
        if (slot->prepares.complete && !log_record(log, sequence)->executed) {
            replica_journal(step, (struct journal_entry){.kind = JOURNAL_PREPARED,
                                                         .sequence = sequence,
                                                         .digest = slot->digest,
                                                         .view = slot->prepares.view});
        }
    }
}

static void drop_new_view(struct replica *replica)
{
    if (replica->views.new_view != NULL) {
        payload_drop(replica->views.new_view);
        replica->views.new_view = NULL;
    }
}

void change_view_start(const struct step *step, view_number view)
{
    struct replica *replica = step->replica;
    journal_prepared(step);
    drop_new_view(replica);
    replica->view = view;
    replica->active = false;
    replica->views.asked++;
    replica->views.deadline_ns = TIME_NEVER_NS;
    replica_journal(step, (struct journal_entry){.kind = JOURNAL_VIEW_CHANGE, .view = view});
    struct payload *payload = make_view_change(step);
    const struct message message = view_change_message(replica, payload);
    union vote_auth auth = replica_broadcast(step, &message);
    change_view_count(step, replica->id, view, auth, payload);
    payload_drop(payload);
}

void change_view_resend(const struct step *step, uint16_t attempt)
{
    const struct replica *replica = step->replica;
    struct message message = view_change_message(replica, replica->peers[replica->id].change);
    message.attempt = attempt;
    outbox_broadcast(step->outbox, message);
}

/* The (f+1)-th highest view that others ask for: at least one correct replica asks for it or a higher one (R24). */
static view_number view_to_join(const struct replica *replica)
{
    view_number low = replica->view, high = replica->view;
    for (uint32_t index = 0; index < replica->replicas; index++) {
        view_number asked = replica->peers[index].change_view;
        high = asked > high ? asked : high;
    }
    while (low < high) { /* the greatest view that f+1 ask for or go beyond */
        view_number middle = high - (high - low) / 2;
        uint32_t count = 0;
        for (uint32_t index = 0; index < replica->replicas; index++) {
            count += replica->peers[index].change_view >= middle;
        }
        if (count >= quorum_weak(replica->replicas)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

static uint32_t count_changes(const struct replica *replica)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < replica->replicas; index++) {
        count += replica->peers[index].change_view == replica->view;
    }
    return count;
}

/* Who asks for a later view has given this one up too, and its VIEW-CHANGE for this one may be lost: it is not sent
 * again. Were it not counted, up to f replicas could go ahead alone and leave the others waiting for good. */
static bool quorum_left(const struct replica *replica)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < replica->replicas; index++) {
        count += replica->peers[index].change_view >= replica->view;
    }
    return count >= replica->quorum;
}

void change_view_count(const struct step *step, node_id author, view_number view, union vote_auth auth,
                       struct payload *payload)
{
    struct replica *replica = step->replica;
    struct peer *peer = &replica->peers[author];
    payload_hold(payload);
    if (peer->change != NULL) {
        payload_drop(peer->change);
    }
    peer->change = payload;
    peer_keep_auth(peer, PEER_CHANGE, auth);
    peer->change_view = view;
    if (view > replica->view) {
        view_number joined = view_to_join(replica);
        if (joined > replica->view) {
            change_view_start(step, joined);
            return;
        }
    }
    bool waiting = !replica->active && replica->views.deadline_ns == TIME_NEVER_NS;
    if (waiting && quorum_left(replica)) {
        replica->views.deadline_ns = step->event->now_ns + change_view_timeout_ns(replica);
    }
}

/* --- NEW-VIEW --- */

/* The NEW-VIEW has just been put out to this peer: the next one waits for an interval from when it has left (R34). */
static void await_new_view(const struct step *step, struct peer *peer)
{
    const struct replica *replica = step->replica;
    uint64_t doubled_ns = 2 * peer->new_view_backoff_ns, longest_ns = change_view_longest_backoff_ns(replica);
    uint64_t next_ns = doubled_ns > 0 ? doubled_ns : replica->config.retransmit_ns;
    peer->new_view_backoff_ns = next_ns < longest_ns ? next_ns : longest_ns;
    uint64_t now_ns = step->event->now_ns, free_ns = replica->uplink.free_ns;
    peer->new_view_ns = (free_ns > now_ns ? free_ns : now_ns) + peer->new_view_backoff_ns;
}

struct payload *change_view_make_new_view(const struct step *step)
{
    struct replica *replica = step->replica;
    if (replica->active || !replica_is_primary(replica) || count_changes(replica) < replica->quorum) {
        return NULL;
    }
    uint32_t count = 0;
    struct change *changes = replica->changes;
    for (uint32_t index = 0; index < replica->replicas; index++) {
        const struct peer *peer = &replica->peers[index];
        if (peer->change_view == replica->view) {
            changes[count++] = (struct change){index, peer_auth(peer, PEER_CHANGE), peer->change};
        }
    }
    struct order_bounds bounds;
    uint32_t size = new_view_size(changes, count, replica->rules.proofs.shape, &bounds);
    struct payload *payload = outbox_allocate(step->outbox, size);
    new_view_write(payload, &replica->rules.proofs, replica->view, changes, count, bounds);
    payload_seal(payload);
    struct message message = replica_message(replica, MESSAGE_NEW_VIEW);
    message.view = replica->view;
    message.digest = payload_digest(payload);
    message.payload = payload;
    outbox_broadcast(step->outbox, message);
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        replica->peers[peer].new_view_backoff_ns = 0;
        await_new_view(step, &replica->peers[peer]);
    }
    return payload;
}

bool change_view_resend_new_view(const struct step *step, node_id to, uint16_t attempt)
{
    struct replica *replica = step->replica;
    if (step->event->now_ns < replica->peers[to].new_view_ns) {
        return false;
    }
    struct message message = replica_message(replica, MESSAGE_NEW_VIEW);
    message.view = replica->view;
    message.digest = payload_digest(replica->views.new_view);
    message.payload = replica->views.new_view;
    message.attempt = attempt;
    outbox_send(step->outbox, to, message);
    await_new_view(step, &replica->peers[to]);
    return true;
}

/* R19: takes over the highest stable checkpoint that is proven in V. */
static void adopt_stable(const struct step *step, const struct payload *payload)
{
    struct replica *replica = step->replica;
    struct proof_shape shape = replica->rules.proofs.shape;
    sequence_number low = new_view_bounds(payload, shape).low;
    for (const struct change_head *change = NULL; (change = new_view_change(payload, shape, change)) != NULL;) {
        const struct view_change_head *head = view_change_head(change + 1);
        if (head->stable == low && low > 0) {
            stable_adopt(step, low, head->state, view_change_stable_proof(change + 1));
            return;
        }
    }
}

/* What O orders is not to be proposed again. */
static void mark_ordered(struct replica *replica, const struct payload *batch)
{
    for (const struct request *request = NULL; (request = batch_next(batch, request)) != NULL;) {
        client_table_ordered(&replica->clients, request->client, request->timestamp);
    }
}

static void open_ordered(const struct step *step, const struct order_entry *entry, union vote_auth auth)
{
    struct replica *replica = step->replica;
    if (replica->proposed < entry->sequence) {
        replica->proposed = entry->sequence;
    }
    if (!log_contains(&replica->log, entry->sequence)) {
        return; /* stable here already */
    }
    struct payload *batch = fetch_find(replica, entry->sequence, entry->digest);
    if (batch != NULL) {
        mark_ordered(replica, batch);
        payload_hold(batch); /* opening the slot may let go of where it was found */
    }
    agreement_open(step, entry->sequence, entry->digest, auth, batch);
    if (batch != NULL) {
        payload_drop(batch);
    }
    if (log_contains(&replica->log, entry->sequence) && log_lacks(&replica->log, entry->sequence)) {
        fetch_batch(step, entry->sequence, entry->digest, 0);
    }
}

void change_view_enter(const struct step *step, struct payload *payload)
{
    struct replica *replica = step->replica;
    const struct new_view_head *head = new_view_head(payload);
    if (head->view > replica->view) {
        journal_prepared(step); /* it never asked for this view */
    }
    drop_new_view(replica);
    replica->view = head->view;
    replica->active = true;
    if (replica_is_primary(replica)) {
        payload_hold(payload);
        replica->views.new_view = payload;
    }
    replica_journal(
        step, (struct journal_entry){.kind = JOURNAL_NEW_VIEW, .digest = payload_digest(payload), .view = head->view});
    adopt_stable(step, payload);
    replica->proposed = replica->log.low;
    client_table_unpropose_all(&replica->clients);
    struct proof_shape shape = replica->rules.proofs.shape;
    const struct order_entry *order = new_view_order(payload, shape);
    for (uint32_t index = 0; index < head->order_count; index++) {
        open_ordered(step, &order[index], new_view_order_auth(payload, shape, index));
    }
    if (replica->proposed < replica->executed) {
        replica->proposed = replica->executed;
    }
    replica->views.settled_ns = step->event->now_ns;
    if (client_table_oldest_ns(&replica->clients) == TIME_NEVER_NS) {
        replica->views.deadline_ns = TIME_NEVER_NS; /* nothing is pending: nothing to wait for */
    } else if (replica->views.deadline_ns == TIME_NEVER_NS) {
        /* The NEW-VIEW is the first that it sees of q VIEW-CHANGEs (R23). */
        replica->views.deadline_ns = step->event->now_ns + change_view_timeout_ns(replica);
    }
    relay_pending(step);
}

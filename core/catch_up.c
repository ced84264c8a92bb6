#include "core/catch_up.h"

#include "core/agreement.h"
#include "core/change_view.h"
#include "core/fetch.h"

/* Without resends (R22): who waits for what is below h, and was not answered within T, asks another one. */
static uint64_t ask_again_ns(const struct replica *replica)
{
    const struct catch_up *state = &replica->catch_up;
    bool waits = replica->config.retransmit_ns == 0 && replica->log.low > replica->executed && state->fetching != 0;
    return waits ? state->fetched_ns + replica->config.view_timeout_ns : TIME_NEVER_NS;
}

uint64_t catch_up_deadline(const struct replica *replica)
{
    const uint64_t again_ns = ask_again_ns(replica);
    return again_ns < replica->catch_up.resend_ns ? again_ns : replica->catch_up.resend_ns;
}

static void note_claim(struct replica *replica, node_id peer, sequence_number sequence)
{
    if (sequence > replica->peers[peer].claimed) {
        replica->peers[peer].claimed = sequence;
        replica->catch_up.news = true;
    }
}

void catch_up_note_claim(const struct step *step, node_id peer, sequence_number sequence)
{
    note_claim(step->replica, peer, sequence);
}

void catch_up_note_proof(struct replica *replica, node_id peer, sequence_number sequence)
{
    note_claim(replica, peer, sequence);
    if (sequence > replica->catch_up.proven) {
        replica->catch_up.proven = sequence;
    }
}

/* Its own log will not bring it as far as it knows that others are. */
static bool is_behind(const struct replica *replica)
{
    return replica->log.low > replica->executed || replica->catch_up.proven > replica->executed;
}

/* Whether f+1 distinct replicas claim to be further than what is executed here (R32). */
static bool others_are_ahead(const struct replica *replica)
{
    if (is_behind(replica)) {
        return true;
    }
    uint32_t weak = quorum_weak(replica->replicas);
    uint32_t claims = 0;
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        claims += replica->peers[peer].claimed > replica->executed;
    }
    for (sequence_number next = replica->executed + 1; claims < weak && next <= replica->log.highest; next++) {
        claims = log_contains(&replica->log, next) ? log_commit_claims(&replica->log, next) : 0;
    }
    return claims >= weak;
}

/* --- what is sent again --- */

/* A sequence number in the log that is not executed here: this replica's messages about it, to all. */
static void resend_votes(const struct step *step, sequence_number sequence, uint16_t attempt)
{
    struct replica *replica = step->replica;
    const struct slot *slot = log_slot(&replica->log, sequence);
    struct message message = replica_message(replica, MESSAGE_PREPARE);
    message.view = replica->view;
    message.sequence = sequence;
    message.digest = slot->digest;
    message.attempt = attempt;
    if (replica_is_primary(replica)) {
        message.type = MESSAGE_PRE_PREPARE;
        message.payload = log_record(&replica->log, sequence)->batch;
    }
    outbox_broadcast(step->outbox, message);
    if (slot->prepares.complete) {
        message.type = MESSAGE_COMMIT;
        message.payload = NULL;
        outbox_broadcast(step->outbox, message);
    }
}

/* Those that an open slot lacks (R20): a client may have sent them again meanwhile (R33). */
static void find_contents(const struct step *step, sequence_number sequence, uint16_t attempt)
{
    struct replica *replica = step->replica;
    const struct digest digest = log_slot(&replica->log, sequence)->digest;
    struct payload *batch = fetch_find(replica, sequence, digest);
    if (batch == NULL) {
        fetch_batch(step, sequence, digest, attempt);
        return;
    }
    payload_hold(batch); /* executing it makes it pending no more */
    agreement_supply(step, sequence, batch);
    payload_drop(batch);
}

static bool resend_unexecuted(const struct step *step, uint16_t attempt)
{
    struct replica *replica = step->replica;
    bool sent = false;
    sequence_number last = replica->executed + replica->config.pipeline;
    last = last < replica->log.highest ? last : replica->log.highest;
    for (sequence_number sequence = replica->executed + 1; sequence <= last; sequence++) {
        if (!log_contains(&replica->log, sequence) || !log_is_open(&replica->log, sequence, replica->view)) {
            continue;
        }
        sent = true;
        if (log_lacks(&replica->log, sequence)) {
            find_contents(step, sequence, attempt);
        } else {
            resend_votes(step, sequence, attempt);
        }
    }
    return sent;
}

static struct message commit_message(const struct replica *replica, view_number view, sequence_number sequence,
                                     struct digest digest, uint16_t attempt)
{
    struct message message = replica_message(replica, MESSAGE_COMMIT);
    message.view = view;
    message.sequence = sequence;
    message.digest = digest;
    message.attempt = attempt;
    return message;
}

/* The last executed one, to those whose COMMIT for it is missing here, who may have missed it altogether: first the own
 * COMMIT; then, and where it was never cast in this view (R13, R32), the certificate, until they show that they are as
 * far: there may be no f+1 others who still speak of it. */
static bool resend_last(const struct step *step, uint16_t attempt)
{
    struct replica *replica = step->replica;
    struct log *log = &replica->log;
    sequence_number last = replica->executed;
    if (!log_contains(log, last)) {
        return false; /* none yet, or stable: then it is the checkpoint's matter */
    }
    const struct slot *slot = log_slot(log, last);
    bool voted = slot->commits.complete && slot->commits.view == replica->view;
    bool first = !replica->catch_up.again;
    struct message message = commit_message(replica, replica->view, last, slot->digest, attempt);
    bool sent = false;
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        if (peer == replica->id || certificate_has(&slot->commits, &log->bitsets, peer)) {
            continue;
        }
        if (voted && first) {
            outbox_send(step->outbox, peer, message);
            sent = true;
        } else if (replica->peers[peer].claimed < last) {
            sent |= fetch_push_decision(step, peer, last, attempt);
        }
    }
    return sent;
}

static struct message checkpoint_message(const struct replica *replica, sequence_number sequence, struct digest digest,
                                         uint16_t attempt)
{
    struct message message = replica_message(replica, MESSAGE_CHECKPOINT);
    message.sequence = sequence;
    message.digest = digest;
    message.attempt = attempt;
    return message;
}

/* Own checkpoints that are not stable yet, to all; the stable one to those whose vote for it is missing here. */
static bool resend_checkpoints(const struct step *step, uint16_t attempt)
{
    struct replica *replica = step->replica;
    const struct stable_checkpoint *stable = &replica->checkpoints.stable;
    const struct vote_pool *bitsets = &replica->checkpoints.bitsets;
    uint32_t interval = replica->config.checkpoint_interval;
    bool sent = false;
    for (sequence_number next = stable->sequence + interval; next <= replica->executed; next += interval) {
        const struct snapshot *snapshot = snapshots_find(&replica->snapshots, next);
        if (snapshot != NULL) {
            outbox_broadcast(step->outbox, checkpoint_message(replica, next, snapshot->digest, attempt));
            sent = true;
        }
    }
    if (stable->sequence == 0 || !certificate_has(&stable->votes, bitsets, replica->id)) {
        return sent;
    }
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        if (!certificate_has(&stable->votes, bitsets, peer)) {
            outbox_send(step->outbox, peer, checkpoint_message(replica, stable->sequence, stable->digest, attempt));
            sent = true;
        }
    }
    return sent;
}

/* Notes in which view the peer was seen to vote, by what it left in the log. */
static bool seen_in_view(struct replica *replica, node_id peer)
{
    struct log *log = &replica->log;
    sequence_number sequence = log->low + 1;
    for (; replica->peers[peer].voted_view < replica->view && sequence <= log->highest; sequence++) {
        const struct slot *slot = log_slot(log, sequence);
        if (slot->prepares.view == replica->view && (certificate_has(&slot->prepares, &log->bitsets, peer) ||
                                                     certificate_has(&slot->commits, &log->bitsets, peer))) {
            replica->peers[peer].voted_view = replica->view;
        }
    }
    return replica->peers[peer].voted_view >= replica->view;
}

static bool resend_new_view(const struct step *step, uint16_t attempt)
{
    struct replica *replica = step->replica;
    bool sent = false;
    for (node_id peer = 0; replica->views.new_view != NULL && peer < replica->replicas; peer++) {
        if (peer != replica->id && !seen_in_view(replica, peer)) {
            (void)change_view_resend_new_view(step, peer, attempt);
            sent = true; /* or it will be */
        }
    }
    return sent;
}

void catch_up_answer(const struct step *step, node_id peer, sequence_number sequence)
{
    struct replica *replica = step->replica;
    struct log *log = &replica->log;
    const struct stable_checkpoint *stable = &replica->checkpoints.stable;
    uint16_t attempt = step->event->message->attempt;
    if (replica->config.retransmit_ns == 0 || sequence == 0) {
        return;
    }
    if (!log_contains(log, sequence)) {
        struct message message = checkpoint_message(replica, stable->sequence, stable->digest, attempt);
        message.flags = MESSAGE_ANSWER;
        if (certificate_has(&stable->votes, &replica->checkpoints.bitsets, replica->id)) {
            outbox_send(step->outbox, peer, message);
        }
        return;
    }
    struct digest digest;
    struct payload *batch;
    const struct certificate *commits = log_committed(log, sequence, &digest, &batch);
    bool voted = commits != NULL && commits->view == replica->view && replica->active &&
                 certificate_has(commits, &log->bitsets, replica->id);
    if (!voted) { /* R13: votes of earlier views are over; certificates are not votes */
        (void)fetch_answer(step, peer, sequence, digest_null(), attempt);
        return;
    }
    struct message message = commit_message(replica, commits->view, sequence, digest, attempt);
    message.flags = MESSAGE_ANSWER;
    outbox_send(step->outbox, peer, message);
}

/* True if anything is still outstanding. */
static bool resend(const struct step *step)
{
    struct replica *replica = step->replica;
    uint16_t attempt = message_next_attempt(replica->catch_up.attempt);
    replica->catch_up.attempt = attempt;
    bool outstanding = resend_checkpoints(step, attempt) | (replica->executed < replica->log.highest);
    if (!replica->active) {
        change_view_resend(step, attempt);
        outstanding = true;
    } else {
        outstanding |= resend_new_view(step, attempt);
        outstanding |= resend_unexecuted(step, attempt);
        outstanding |= resend_last(step, attempt);
    }
    if (others_are_ahead(replica)) {
        fetch_history(step, attempt);
        outstanding = true;
    }
    return outstanding;
}

/* --- when --- */

/* Something was executed, or has begun after everything known was, or a view was left or opened. */
static bool made_progress(const struct replica *replica)
{
    const struct catch_up *seen = &replica->catch_up;
    bool was_idle = seen->seen_executed >= seen->seen_highest;
    bool same_view = seen->seen_view == replica->view && seen->seen_active == replica->active;
    return !same_view || seen->seen_executed != replica->executed ||
           (was_idle && seen->seen_highest != replica->log.highest);
}

static bool anything_new(const struct replica *replica)
{
    const struct catch_up *seen = &replica->catch_up;
    return seen->news || seen->seen_highest != replica->log.highest || is_behind(replica);
}

static void remember(struct replica *replica)
{
    struct catch_up *seen = &replica->catch_up;
    seen->seen_executed = replica->executed;
    seen->seen_highest = replica->log.highest;
    seen->seen_view = replica->view;
    seen->seen_active = replica->active;
    seen->news = false;
}

/* An interval from when all that was put out can have left (R34). */
static void arm(const struct step *step)
{
    struct replica *replica = step->replica;
    uint64_t now_ns = step->event->now_ns, free_ns = replica->uplink.free_ns;
    replica->catch_up.resend_ns = (free_ns > now_ns ? free_ns : now_ns) + replica->catch_up.backoff_ns;
    replica->catch_up.postponed = false;
    remember(replica);
}

/* What was put out since the timer was set still waits for the uplink: until that has left it is not sent again. What
 * comes after that holds nothing up. */
static bool must_wait(const struct step *step)
{
    struct catch_up *timer = &step->replica->catch_up;
    bool busy = !timer->postponed && step->replica->uplink.free_ns > step->event->now_ns;
    if (busy) {
        timer->postponed = true;
        timer->resend_ns = step->replica->uplink.free_ns;
    }
    return busy;
}

static void run_timer(const struct step *step)
{
    struct replica *replica = step->replica;
    struct catch_up *timer = &replica->catch_up;
    if (timer->resend_ns <= step->event->now_ns) {
        if (must_wait(step)) {
            return;
        }
        bool outstanding = resend(step);
        timer->again = true;
        uint64_t longest_ns = change_view_longest_backoff_ns(replica);
        timer->backoff_ns = timer->backoff_ns * 2 < longest_ns ? timer->backoff_ns * 2 : longest_ns;
        arm(step);
        timer->resend_ns = outstanding ? timer->resend_ns : TIME_NEVER_NS;
    } else if (made_progress(replica) || (timer->resend_ns == TIME_NEVER_NS && anything_new(replica))) {
        timer->backoff_ns = replica->config.retransmit_ns;
        timer->again = false;
        arm(step);
    }
}

/* The highest sequence number above what is executed that f+1 replicas are known to have come to; else 0. */
static sequence_number known_elsewhere(const struct replica *replica)
{
    const struct log *log = &replica->log;
    const uint32_t weak = quorum_weak(replica->replicas);
    uint32_t claims = 0;
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        claims += replica->peers[peer].claimed > log->low + log->window;
    }
    sequence_number last = log->low + log->window;
    last = claims < weak && log->highest < last ? log->highest : last;
    while (claims < weak && last > replica->executed && log_commit_claims(log, last) < weak) {
        last--;
    }
    last = replica->catch_up.proven > last ? replica->catch_up.proven : last;
    return last > replica->executed ? last : 0;
}

/* R32, also for one that is fed a decision now and then, each of which has the resends begin anew: what others had come
 * to a T ago, and this replica has not, is asked for. */
static void look_for_lag(const struct step *step)
{
    struct replica *replica = step->replica;
    struct catch_up *state = &replica->catch_up;
    if (step->event->now_ns < state->lag_ns) {
        return;
    }
    if (state->lag > replica->executed && others_are_ahead(replica)) {
        state->attempt = message_next_attempt(state->attempt);
        fetch_history(step, state->attempt);
    }
    state->lag = known_elsewhere(replica);
    state->lag_ns = step->event->now_ns + replica->config.view_timeout_ns;
}

void catch_up_tick(const struct step *step)
{
    struct replica *replica = step->replica;
    struct catch_up *state = &replica->catch_up;
    bool resends = replica->config.retransmit_ns != 0;
    bool answered = state->fetching != 0 && replica->executed >= state->fetching;
    if (answered) {
        state->fetching = 0;
    }
    bool stranded = replica->log.low > replica->executed; /* R22: its own log cannot bring it there any more */
    bool asked = state->fetching != 0 && state->fetching_at == replica->log.low &&
                 step->event->now_ns < ask_again_ns(replica);
    if ((stranded && !asked) || (answered && resends && others_are_ahead(replica))) {
        fetch_history(step, state->attempt);
    }
    if (resends) {
        look_for_lag(step);
        run_timer(step);
    }
}

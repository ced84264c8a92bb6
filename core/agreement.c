#include "core/agreement.h"

#include "core/execute.h"

/* Broadcasts the own vote and counts it once (R5). */
static void vote(const struct step *step, enum phase phase, sequence_number sequence, struct digest digest)
{
    struct replica *replica = step->replica;
    const struct message message = {
        .type = phase == PHASE_PREPARE ? MESSAGE_PREPARE : MESSAGE_COMMIT,
        .view = replica->view,
        .sequence = sequence,
        .digest = digest,
        .sender = replica->id,
    };
    union vote_auth auth = replica_broadcast(step, &message);
    (void)log_vote(&replica->log, phase, sequence, replica->view, digest, replica->id, auth);
}

/* committed-local: prepared, and q matching COMMITs, the own included. */
static void become_committed(const struct step *step, sequence_number sequence)
{
    struct replica *replica = step->replica;
    struct slot *slot = log_slot(&replica->log, sequence);
    struct slot_record *record = log_record(&replica->log, sequence);
    slot->commits.complete = true;
    if (record->executed) {
        return; /* ordered again by a new view */
    }
    record->committed_ns = step->event->now_ns;
    if (sequence != replica->executed + 1) {
        replica_journal(step, (struct journal_entry){.kind = JOURNAL_COMMITTED,
                                                     .sequence = sequence,
                                                     .digest = slot->digest,
                                                     .view = slot->commits.view});
        return;
    }
    execute_ready(step);
}

bool agreement_advance(const struct step *step, sequence_number sequence)
{
    struct replica *replica = step->replica;
    struct slot *slot = log_slot(&replica->log, sequence);
    if (!slot->prepares.opened) {
        return true; /* the first that is heard of it, perhaps: there is more to wait for */
    }
    if (agreement_waits(slot, replica->quorum, slot->prepares.count, slot->commits.count)) {
        return false;
    }
    bool advanced = false;
    if (!slot->prepares.complete) {
        if (log_lacks(&replica->log, sequence)) {
            return false;
        }
        slot->prepares.complete = true;
        vote(step, PHASE_COMMIT, sequence, slot->digest);
        advanced = true;
    }
    if (!slot->commits.complete && slot->commits.count >= replica->quorum) {
        become_committed(step, sequence);
        advanced = true;
    }
    return advanced;
}

static void vote_prepare(const struct step *step, sequence_number sequence)
{
    struct replica *replica = step->replica;
    if (!replica_is_primary(replica)) {
        vote(step, PHASE_PREPARE, sequence, log_slot(&replica->log, sequence)->digest);
    }
    (void)agreement_advance(step, sequence);
}

void agreement_open(const struct step *step, sequence_number sequence, struct digest digest, union vote_auth auth,
                    struct payload *batch)
{
    struct replica *replica = step->replica;
    log_open(&replica->log, sequence, replica->view, digest, replica_primary(replica), auth, batch);
    if (!log_lacks(&replica->log, sequence)) {
        vote_prepare(step, sequence);
    }
}

void agreement_supply(const struct step *step, sequence_number sequence, struct payload *batch)
{
    log_supply(&step->replica->log, sequence, batch);
    vote_prepare(step, sequence);
}

enum reject agreement_admits(const struct replica *replica, const struct message *vote)
{
    if (vote->view != replica->view) {
        return vote->view < replica->view ? REJECT_OLD_VIEW : REJECT_FUTURE_VIEW;
    }
    if (!replica->active) {
        return REJECT_VIEW_CHANGING;
    }
    return log_contains(&replica->log, vote->sequence) ? REJECT_NONE : REJECT_OUTSIDE_WINDOW;
}

/* Not inlined, so that counting a vote needs no room for it. */
__attribute__((noinline)) bool agreement_refuses_late(struct replica *replica, sequence_number sequence)
{
    if (sequence > replica->log.low || sequence > replica->executed) {
        return false;
    }
    replica->rejected[REJECT_OUTSIDE_WINDOW]++;
    return true;
}

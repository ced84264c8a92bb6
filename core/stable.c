#include "core/stable.h"

/* R22: the window moves at once, also where execution has not come so far: it then waits for a fetch. */
static void move_window(const struct step *step, sequence_number sequence, struct digest digest)
{
    struct replica *replica = step->replica;
    log_advance(&replica->log, sequence);
    if (replica->proposed < sequence) {
        replica->proposed = sequence;
    }
    replica_journal(step, (struct journal_entry){.kind = JOURNAL_STABLE, .sequence = sequence, .digest = digest});
}

void stable_take(const struct step *step)
{
    struct replica *replica = step->replica;
    struct message message = replica_message(replica, MESSAGE_CHECKPOINT);
    message.sequence = replica->executed;
    message.digest = snapshots_take(&replica->snapshots, replica->executed, &replica->service, &replica->clients,
                                    replica->history);
    union vote_auth auth = replica_broadcast(step, &message);
    if (message.sequence == replica->checkpoints.stable.sequence) {
        (void)checkpoints_confirm(&replica->checkpoints, message.digest, replica->id, auth);
    } else {
        (void)stable_count(step, message.sequence, message.digest, replica->id, auth);
    }
}

enum reject stable_count(const struct step *step, sequence_number sequence, struct digest digest, node_id sender,
                         union vote_auth auth)
{
    struct replica *replica = step->replica;
    uint32_t votes = 0;
    enum reject reason = checkpoints_vote(&replica->checkpoints, sequence, digest, sender, auth, &votes);
    if (reason == REJECT_NONE && votes >= replica->quorum) {
        checkpoints_settle(&replica->checkpoints, sequence, digest);
        move_window(step, sequence, digest);
    }
    return reason;
}

void stable_adopt(const struct step *step, sequence_number sequence, struct digest digest, const struct proof *proof)
{
    struct replica *replica = step->replica;
    if (sequence > replica->log.low) {
        checkpoints_adopt(&replica->checkpoints, sequence, digest, proof, replica->rules.proofs.shape);
        move_window(step, sequence, digest);
    }
}

#include "core/catch_up.h"
#include "core/handlers.h"
#include "core/stable.h"

/* The sender's last CHECKPOINTs above H, the newest first. */
static void keep_ahead(struct peer *peer, const struct message *message)
{
    if (message->sequence <= peer->ahead[0].sequence) {
        return;
    }
    for (uint32_t index = CHECKPOINTS_AHEAD - 1; index > 0; index--) {
        peer->ahead[index] = peer->ahead[index - 1];
        peer_keep_auth(peer, PEER_AHEAD + index, peer_auth(peer, PEER_AHEAD + index - 1));
    }
    peer->ahead[0].sequence = message->sequence;
    peer->ahead[0].digest = message->digest;
    peer_keep_auth(peer, PEER_AHEAD, message->auth);
}

static bool says(const struct peer *peer, const struct message *message, union vote_auth *auth)
{
    for (uint32_t index = 0; index < CHECKPOINTS_AHEAD; index++) {
        if (peer->ahead[index].sequence == message->sequence &&
            digest_equal(peer->ahead[index].digest, message->digest)) {
            *auth = peer_auth(peer, PEER_AHEAD + index);
            return true;
        }
    }
    return false;
}

/* R21: a quorum above H is a stable checkpoint too: it tells a replica that fell behind where to go on. */
static enum reject count_ahead(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    struct proof *proof = replica->proof;
    uint32_t votes = 0;
    keep_ahead(&replica->peers[step->event->from], message);
    proof_clear(proof, replica->rules.proofs.shape);
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        union vote_auth auth;
        if (says(&replica->peers[peer], message, &auth)) {
            proof_add(proof, replica->rules.proofs.shape, peer, auth);
            votes++;
        }
    }
    if (votes >= replica->quorum) {
        stable_adopt(step, message->sequence, message->digest, proof);
    }
    return REJECT_NONE;
}

enum reject on_checkpoint(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    sequence_number sequence = message->sequence;
    if (message->view != 0) {
        return REJECT_MALFORMED; /* its tag or signature would be worth nothing in a proof */
    }
    if (sequence == 0 || sequence > SEQUENCE_MOST || sequence % replica->config.checkpoint_interval != 0) {
        return REJECT_OUTSIDE_WINDOW;
    }
    if (sequence > replica->executed) {
        catch_up_note_claim(step, step->event->from, sequence);
    }
    if (sequence < replica->log.low) {
        return REJECT_OBSOLETE;
    }
    if (sequence == replica->log.low) {
        return checkpoints_confirm(&replica->checkpoints, message->digest, step->event->from, message->auth);
    }
    if (!log_contains(&replica->log, sequence)) {
        return count_ahead(step);
    }
    return stable_count(step, sequence, message->digest, step->event->from, message->auth);
}

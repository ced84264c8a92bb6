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
    }
    peer->ahead[0].sequence = message->sequence;
    peer->ahead[0].digest = message->digest;
    peer->ahead[0].tag = message->tag;
}

static bool says(const struct peer *peer, const struct message *message, uint64_t *tag)
{
    for (uint32_t index = 0; index < CHECKPOINTS_AHEAD; index++) {
        if (peer->ahead[index].sequence == message->sequence &&
            digest_equal(peer->ahead[index].digest, message->digest)) {
            *tag = peer->ahead[index].tag;
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
    proof->tags = 0;
    for (uint32_t word = 0; word < proof_words(replica->replicas); word++) {
        proof->senders[word] = 0;
    }
    for (node_id peer = 0; peer < replica->replicas; peer++) {
        uint64_t tag;
        if (says(&replica->peers[peer], message, &tag)) {
            proof->senders[peer / 64] |= 1ULL << (peer % 64);
            proof->tags ^= tag;
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
        return checkpoints_confirm(&replica->checkpoints, message->digest, step->event->from, message->tag);
    }
    if (!log_contains(&replica->log, sequence)) {
        return count_ahead(step);
    }
    return stable_count(step, sequence, message->digest, step->event->from, message->tag);
}

#include "core/stable.h"

#include <sodium/crypto_generichash.h>

struct digest stable_state_digest(const struct replica *replica)
{
    crypto_generichash_state hash;
    struct digest digest;
    crypto_generichash_init(&hash, NULL, 0, sizeof digest.words);
    crypto_generichash_update(&hash, (const unsigned char *)&replica->service, sizeof replica->service);
    for (uint32_t index = 0; index < replica->clients.count; index++) {
        const struct client_record *record = &replica->clients.records[index];
        const uint64_t reply[2] = {record->executed_timestamp, record->result};
        crypto_generichash_update(&hash, (const unsigned char *)reply, sizeof reply);
    }
    crypto_generichash_final(&hash, (unsigned char *)digest.words, sizeof digest.words);
    return digest;
}

static void become_stable(const struct step *step, sequence_number sequence, struct digest digest)
{
    struct replica *replica = step->replica;
    log_advance(&replica->log, sequence);
    checkpoints_forget(&replica->checkpoints, sequence);
    const struct journal_entry entry = {.kind = JOURNAL_STABLE, .time_ns = step->event->now_ns, .sequence = sequence,
                                        .digest = digest, .history = replica->history};
    outbox_record(step->outbox, &entry);
}

void stable_take(const struct step *step)
{
    struct replica *replica = step->replica;
    struct message message = replica_message(replica, MESSAGE_CHECKPOINT);
    message.sequence = replica->executed;
    message.digest = stable_state_digest(replica);
    uint64_t tag = outbox_broadcast(step->outbox, message);
    (void)stable_count(step, message.sequence, message.digest, replica->id, tag);
}

enum reject stable_count(const struct step *step, sequence_number sequence, struct digest digest, node_id sender,
                         uint64_t tag)
{
    struct replica *replica = step->replica;
    uint32_t votes = 0;
    enum reject reason = checkpoints_vote(&replica->checkpoints, sequence, digest, sender, tag, &votes);
    /* A replica that has not executed so far waits for its own execution: it needs its log until then. */
    if (reason == REJECT_NONE && votes >= replica->quorum && sequence <= replica->executed) {
        become_stable(step, sequence, digest);
    }
    return reason;
}

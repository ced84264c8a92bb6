#include "core/proof.h"

#include "core/quorum.h"

void proof_write(struct proof *proof, const struct certificate *certificate, const struct bitset_pool *pool,
                 uint32_t replicas)
{
    proof->tags = certificate->tags;
    for (uint32_t word = 0; word < proof_words(replicas); word++) {
        proof->senders[word] = 0;
    }
    node_id sender = certificate_next_sender(certificate, pool, 0, replicas);
    while (sender < replicas) {
        proof->senders[sender / 64] |= 1ULL << (sender % 64);
        sender = certificate_next_sender(certificate, pool, sender + 1, replicas);
    }
}

uint32_t proof_count(const struct proof *proof, uint32_t replicas)
{
    uint32_t count = 0;
    for (uint32_t word = 0; word < proof_words(replicas); word++) {
        count += (uint32_t)__builtin_popcountll(proof->senders[word]);
    }
    return count;
}

bool proof_names(const struct proof *proof, node_id sender)
{
    return proof->senders[sender / 64] >> (sender % 64) & 1;
}

static bool names_only_replicas(const struct proof *proof, uint32_t replicas)
{
    uint32_t spare = proof_words(replicas) * 64 - replicas;
    return spare == 0 || proof->senders[proof_words(replicas) - 1] >> (64 - spare) == 0;
}

/* `opener` votes by a PRE-PREPARE, all others by `type`. */
static bool tags_agree(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                       node_id opener, view_number view, sequence_number sequence, struct digest digest)
{
    uint64_t tags = 0;
    for (node_id sender = 0; sender < rules->replicas; sender++) {
        if (proof_names(proof, sender)) {
            uint8_t cast = (uint8_t)(sender == opener ? MESSAGE_PRE_PREPARE : type);
            tags ^= auth_tag(rules->keyring, sender, cast, view, sequence, digest);
        }
    }
    return tags == proof->tags;
}

bool proof_votes_valid(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                       view_number view, sequence_number sequence, struct digest digest)
{
    return names_only_replicas(proof, rules->replicas) && proof_count(proof, rules->replicas) >= rules->quorum &&
           tags_agree(rules, proof, type, NO_NODE, view, sequence, digest);
}

bool proof_prepared_valid(const struct proof_rules *rules, const struct proof *proof, view_number view,
                          sequence_number sequence, struct digest digest)
{
    node_id primary = primary_of(view, rules->replicas);
    return names_only_replicas(proof, rules->replicas) && proof_count(proof, rules->replicas) >= rules->quorum &&
           proof_names(proof, primary) && tags_agree(rules, proof, MESSAGE_PREPARE, primary, view, sequence, digest);
}

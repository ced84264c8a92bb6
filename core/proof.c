#include "core/proof.h"

#include <string.h>

#include "core/quorum.h"

struct proof_shape proof_shape(uint32_t replicas, uint32_t quorum, enum auth_mode mode)
{
    uint32_t enough = quorum_size(replicas);
    uint32_t places = quorum > enough ? quorum : enough;
    return (struct proof_shape){replicas, mode == AUTH_SIGNATURE ? places : 0};
}

struct proof_rules proof_rules(const struct keyring *keyring, uint32_t replicas, uint32_t quorum)
{
    return (struct proof_rules){
        .keyring = keyring, .shape = proof_shape(replicas, quorum, keyring_mode(keyring)), .quorum = quorum};
}

static const struct signature *signatures_of(const struct proof *proof, uint32_t replicas)
{
    return (const struct signature *)(const void *)(proof->senders + proof_words(replicas));
}

void proof_clear(struct proof *proof, struct proof_shape shape)
{
    memset(proof, 0, proof_size(shape));
}

/* How many senders with a smaller id are named. */
static uint32_t rank_of(const struct proof *proof, node_id sender)
{
    uint32_t rank = 0;
    for (uint32_t word = 0; word < sender / 64; word++) {
        rank += (uint32_t)__builtin_popcountll(proof->senders[word]);
    }
    uint64_t below = proof->senders[sender / 64] & ((1ULL << (sender % 64)) - 1);
    return rank + (uint32_t)__builtin_popcountll(below);
}

void proof_add(struct proof *proof, struct proof_shape shape, node_id sender, union vote_auth auth)
{
    if (shape.signatures > 0) {
        uint32_t place = rank_of(proof, sender);
        if (place >= shape.signatures || auth.signature == NULL) {
            return;
        }
        struct signature *signatures = (struct signature *)(void *)(proof->senders + proof_words(shape.replicas));
        signatures[place] = *auth.signature;
    } else {
        proof->tags ^= auth.tag;
    }
    proof->senders[sender / 64] |= 1ULL << (sender % 64);
}

void proof_write(struct proof *proof, struct proof_shape shape, const struct certificate *certificate,
                 const struct vote_pool *pool, node_id needed)
{
    uint32_t replicas = shape.replicas;
    uint32_t others = shape.signatures > 0 ? shape.signatures - (needed < replicas) : replicas;
    proof_clear(proof, shape);
    node_id sender = certificate_next_sender(certificate, pool, 0, replicas);
    for (; sender < replicas; sender = certificate_next_sender(certificate, pool, sender + 1, replicas)) {
        if (sender == needed || others > 0) {
            proof_add(proof, shape, sender, certificate_auth(certificate, pool, sender));
            others -= sender != needed;
        }
    }
    if (shape.signatures == 0) {
        proof->tags = certificate->tags;
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

const struct signature *proof_signature(const struct proof *proof, struct proof_shape shape, node_id sender)
{
    uint32_t place = rank_of(proof, sender);
    return place < shape.signatures ? &signatures_of(proof, shape.replicas)[place] : NULL;
}

bool proof_vote_genuine(const struct proof_rules *rules, node_id author, enum message_type type, view_number view,
                        sequence_number sequence, struct digest digest, union vote_auth auth)
{
    if (rules->shape.signatures == 0) {
        return auth.tag == auth_tag(rules->keyring, author, (uint8_t)type, view, sequence, digest);
    }
    if (rules->verifier != NULL) {
        return verifier_accepts_vote(rules->verifier, author, (uint8_t)type, view, sequence, digest, auth.signature);
    }
    const struct vote_statement statement = auth_statement(author, (uint8_t)type, view, sequence, digest);
    return auth_verify(rules->keyring, author, statement.bytes, sizeof statement.bytes, auth.signature);
}

/* Bits that name replicas, and a quorum of them; with signatures, no more than there are places, and no tags. */
static bool well_formed(const struct proof_rules *rules, const struct proof *proof)
{
    uint32_t replicas = rules->shape.replicas, count = proof_count(proof, replicas);
    uint32_t spare = proof_words(replicas) * 64 - replicas;
    bool only_replicas = spare == 0 || proof->senders[proof_words(replicas) - 1] >> (64 - spare) == 0;
    bool fits = rules->shape.signatures == 0 || (count <= rules->shape.signatures && proof->tags == 0);
    return only_replicas && fits && count >= rules->quorum;
}

/* `opener` votes by a PRE-PREPARE, all others by `type`. */
static bool tags_agree(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                       node_id opener, view_number view, sequence_number sequence, struct digest digest)
{
    uint64_t tags = 0;
    for (node_id sender = 0; sender < rules->shape.replicas; sender++) {
        if (proof_names(proof, sender)) {
            uint8_t cast = (uint8_t)(sender == opener ? MESSAGE_PRE_PREPARE : type);
            tags ^= auth_tag(rules->keyring, sender, cast, view, sequence, digest);
        }
    }
    return tags == proof->tags;
}

static bool signatures_agree(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                             node_id opener, view_number view, sequence_number sequence, struct digest digest)
{
    union vote_auth auth = {.signature = signatures_of(proof, rules->shape.replicas)};
    for (node_id sender = 0; sender < rules->shape.replicas; sender++) {
        if (proof_names(proof, sender)) {
            enum message_type cast = sender == opener ? MESSAGE_PRE_PREPARE : type;
            if (!proof_vote_genuine(rules, sender, cast, view, sequence, digest, auth)) {
                return false;
            }
            auth.signature++;
        }
    }
    return true;
}

static bool genuine(const struct proof_rules *rules, const struct proof *proof, enum message_type type, node_id opener,
                    view_number view, sequence_number sequence, struct digest digest)
{
    return rules->shape.signatures == 0 ? tags_agree(rules, proof, type, opener, view, sequence, digest)
                                        : signatures_agree(rules, proof, type, opener, view, sequence, digest);
}

bool proof_votes_valid(const struct proof_rules *rules, const struct proof *proof, enum message_type type,
                       view_number view, sequence_number sequence, struct digest digest)
{
    return well_formed(rules, proof) && genuine(rules, proof, type, NO_NODE, view, sequence, digest);
}

bool proof_prepared_valid(const struct proof_rules *rules, const struct proof *proof, view_number view,
                          sequence_number sequence, struct digest digest)
{
    node_id primary = primary_of(view, rules->shape.replicas);
    return well_formed(rules, proof) && proof_names(proof, primary) &&
           genuine(rules, proof, MESSAGE_PREPARE, primary, view, sequence, digest);
}

bool proof_check_payload(const struct proof_rules *rules, struct payload *payload, enum payload_kind kind,
                         bool (*check)(const struct payload *payload, const void *context), const void *context)
{
    return rules->shape.signatures == 0 ? payload_check(payload, kind, check, context) : check(payload, context);
}

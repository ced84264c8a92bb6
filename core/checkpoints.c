#include "core/checkpoints.h"

#include <stdlib.h>
#include <string.h>

#include "core/zeroed.h"

bool checkpoints_create(struct checkpoints *checkpoints, uint32_t replicas, uint32_t quorum, uint32_t interval,
                        uint32_t window, enum auth_mode mode)
{
    memset(checkpoints, 0, sizeof *checkpoints);
    checkpoints->interval = interval;
    checkpoints->count = window / interval + 2;
    checkpoints->places = replicas - quorum + 1;
    checkpoints->entries = zeroed_of_each(replicas, checkpoints->count, sizeof *checkpoints->entries);
    checkpoints->candidates = zeroed_of_each(replicas, (size_t)checkpoints->count * checkpoints->places,
                                             sizeof *checkpoints->candidates);
    if (checkpoints->entries == NULL || checkpoints->candidates == NULL) {
        return false;
    }
    for (uint32_t index = 0; index < checkpoints->count; index++) {
        checkpoints->entries[index].candidates = &checkpoints->candidates[(size_t)index * checkpoints->places];
    }
    return vote_pool_create(&checkpoints->bitsets, replicas, checkpoints->count * (checkpoints->places + 1) + 1, mode);
}

void checkpoints_destroy(struct checkpoints *checkpoints)
{
    vote_pool_destroy(&checkpoints->bitsets);
    free(checkpoints->candidates);
    free(checkpoints->entries);
    memset(checkpoints, 0, sizeof *checkpoints);
}

static struct checkpoint *entry_of(const struct checkpoints *checkpoints, sequence_number sequence)
{
    return &checkpoints->entries[sequence / checkpoints->interval % checkpoints->count];
}

static void clear(struct checkpoints *checkpoints, struct checkpoint *entry)
{
    certificate_clear(&entry->voters, &checkpoints->bitsets, 0);
    for (uint32_t index = 0; index < entry->candidate_count; index++) {
        certificate_clear(&entry->candidates[index].votes, &checkpoints->bitsets, 0);
    }
    entry->candidate_count = 0;
    entry->sequence = 0;
}

static struct checkpoint_candidate *find(struct checkpoint *entry, struct digest digest)
{
    for (uint32_t index = 0; index < entry->candidate_count; index++) {
        if (digest_equal(entry->candidates[index].digest, digest)) {
            return &entry->candidates[index];
        }
    }
    return NULL;
}

static struct checkpoint_candidate *add(const struct checkpoints *checkpoints, struct checkpoint *entry,
                                        struct digest digest)
{
    if (entry->candidate_count == checkpoints->places) {
        return NULL;
    }
    struct checkpoint_candidate *place = &entry->candidates[entry->candidate_count++];
    *place = (struct checkpoint_candidate){.digest = digest};
    return place;
}

enum reject checkpoints_vote(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest,
                             node_id sender, union vote_auth auth, uint32_t *votes)
{
    struct checkpoint *entry = entry_of(checkpoints, sequence);
    if (entry->sequence != sequence) {
        clear(checkpoints, entry);
        entry->sequence = sequence;
    }
    struct checkpoint_candidate *candidate = find(entry, digest);
    if (certificate_has(&entry->voters, &checkpoints->bitsets, sender)) {
        bool same = candidate != NULL && certificate_has(&candidate->votes, &checkpoints->bitsets, sender);
        return same ? REJECT_DUPLICATE_VOTE : REJECT_CONFLICTING_VOTE;
    }
    if (candidate == NULL) {
        candidate = add(checkpoints, entry, digest);
    }
    if (candidate == NULL) {
        return REJECT_NO_ROOM;
    }
    certificate_add(&entry->voters, &checkpoints->bitsets, sender, (union vote_auth){.tag = 0});
    certificate_add(&candidate->votes, &checkpoints->bitsets, sender, auth);
    *votes = candidate->votes.count;
    return REJECT_NONE;
}

static void forget(struct checkpoints *checkpoints, sequence_number stable)
{
    for (uint32_t index = 0; index < checkpoints->count; index++) {
        struct checkpoint *entry = &checkpoints->entries[index];
        if (entry->sequence != 0 && entry->sequence <= stable) {
            clear(checkpoints, entry);
        }
    }
}

void checkpoints_settle(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest)
{
    struct checkpoint_candidate *candidate = find(entry_of(checkpoints, sequence), digest);
    assert(candidate != NULL);
    certificate_clear(&checkpoints->stable.votes, &checkpoints->bitsets, 0);
    checkpoints->stable = (struct stable_checkpoint){sequence, digest, candidate->votes};
    memset(&candidate->votes, 0, sizeof candidate->votes); /* its bitset went along */
    forget(checkpoints, sequence);
}

void checkpoints_adopt(struct checkpoints *checkpoints, sequence_number sequence, struct digest digest,
                       const struct proof *proof, struct proof_shape shape)
{
    assert(sequence > checkpoints->stable.sequence);
    struct certificate *votes = &checkpoints->stable.votes;
    certificate_clear(votes, &checkpoints->bitsets, 0);
    for (node_id sender = 0; sender < shape.replicas; sender++) {
        if (proof_names(proof, sender)) {
            union vote_auth auth = {.tag = 0};
            auth.signature = proof_signature(proof, shape, sender);
            certificate_add(votes, &checkpoints->bitsets, sender, auth);
        }
    }
    if (shape.signatures == 0) {
        votes->tags = proof->tags;
    }
    checkpoints->stable.sequence = sequence;
    checkpoints->stable.digest = digest;
    forget(checkpoints, sequence);
}

enum reject checkpoints_confirm(struct checkpoints *checkpoints, struct digest digest, node_id sender,
                                union vote_auth auth)
{
    struct stable_checkpoint *stable = &checkpoints->stable;
    if (!digest_equal(stable->digest, digest)) {
        return REJECT_OBSOLETE;
    }
    bool added = certificate_add(&stable->votes, &checkpoints->bitsets, sender, auth);
    return added ? REJECT_NONE : REJECT_DUPLICATE_VOTE;
}

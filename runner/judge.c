#include "runner/judge.h"

#include <assert.h>
#include <string.h>

/* Claims by index: the usual two, then the others. */
static uint32_t claim_count(const struct decision *decision)
{
    return 2 + decision->other_count;
}

static const struct claim *claim_at(const struct decision *decision, uint32_t index)
{
    return index == 0 ? &decision->execution : index == 1 ? &decision->commit : &decision->others[index - 2];
}

const struct claim *judge_agreed(const struct decision *decision)
{
    const struct claim *agreed = decision->execution.kind == 0 ? NULL : &decision->execution;
    for (uint32_t i = 0; i < decision->other_count; i++) {
        const struct claim *claim = &decision->others[i];
        if (claim->kind == JOURNAL_EXECUTED && (agreed == NULL || claim->replica < agreed->replica)) {
            agreed = claim;
        }
    }
    return agreed;
}

static bool is_commit(const struct claim *claim)
{
    return claim->kind == JOURNAL_COMMITTED || claim->kind == JOURNAL_EXECUTED;
}

/* By its own votes, not by a certificate that others gathered. */
static bool is_own_commit(const struct claim *claim)
{
    return is_commit(claim) && (claim->flags & JOURNAL_FLAG_FETCHED) == 0;
}

static bool is_prepared(const struct claim *claim)
{
    return is_own_commit(claim) || claim->kind == JOURNAL_PREPARED;
}

static bool has_history(const struct claim *claim)
{
    return claim->kind == JOURNAL_EXECUTED || claim->kind == JOURNAL_TRANSFERRED;
}

/* Who names each different value: the two least replicas. Values beyond the room are left out. */
struct witnesses {
    uint32_t count;
    struct {
        struct digest value;
        node_id replica, second;
        uint64_t members;
    } of[VIOLATION_WITNESSES];
};

static void add_witness(struct witnesses *witnesses, const struct claim *claim, struct digest value)
{
    uint32_t i = 0;
    while (i < witnesses->count && !digest_equal(witnesses->of[i].value, value)) {
        i++;
    }
    if (i == sizeof witnesses->of / sizeof *witnesses->of) {
        return;
    }
    if (i == witnesses->count) {
        witnesses->count++;
        witnesses->of[i].value = value;
        witnesses->of[i].replica = witnesses->of[i].second = NO_NODE;
        witnesses->of[i].members = 0;
    }
    witnesses->of[i].members |= claim->members;
    two_least(&witnesses->of[i].replica, &witnesses->of[i].second, claim->replica);
    two_least(&witnesses->of[i].replica, &witnesses->of[i].second, claim->second);
}

static void remove_witness(struct witnesses *witnesses, uint32_t index)
{
    witnesses->of[index] = witnesses->of[--witnesses->count];
}

/* Two values that only one and the same replica names are no disagreement: it takes two. Where another replica names
 * one of them too, that one stands for it. */
static void part_witnesses(struct witnesses *witnesses)
{
    for (uint32_t i = 0; i < witnesses->count; i++) {
        for (uint32_t j = i + 1; j < witnesses->count; j++) {
            if (witnesses->of[i].replica != witnesses->of[j].replica) {
                continue;
            }
            uint32_t k = witnesses->of[j].second != NO_NODE ? j : i;
            if (witnesses->of[k].second == NO_NODE) {
                remove_witness(witnesses, j--);
            } else {
                witnesses->of[k].replica = witnesses->of[k].second;
            }
        }
    }
}

/* The requests of the batch with this digest, if it is one that was proposed here. */
static struct holding holding_of(const struct decision *decision, struct digest digest, uint64_t members)
{
    struct holding holding = {.replicas = members};
    const struct content *content = decision_content(decision, digest);
    if (content != NULL && content->count > 0) {
        holding.request_count = content->count;
        holding.client = decision->requests[content->first].client;
        holding.timestamp = decision->requests[content->first].timestamp;
    }
    return holding;
}

/* A replica at a time, the least first; true if there were two or more values. */
static bool offer_if_different(struct witnesses *witnesses, const char *property, const struct decision *decision,
                               struct violation *kept)
{
    if (witnesses->count < 2) {
        return false;
    }
    struct violation violation = violation_of(property, decision->sequence);
    while (witnesses->count > 0) {
        uint32_t least = 0;
        for (uint32_t i = 1; i < witnesses->count; i++) {
            least = witnesses->of[i].replica < witnesses->of[least].replica ? i : least;
        }
        violation_witness(&violation, witnesses->of[least].replica, witnesses->of[least].value);
        violation_holding(&violation, holding_of(decision, witnesses->of[least].value, witnesses->of[least].members));
        remove_witness(witnesses, least);
    }
    violation_offer(kept, &violation);
    return true;
}

static bool judge_agreement(const struct decision *decision, struct violation *kept)
{
    struct witnesses witnesses = {.count = 0};
    for (uint32_t i = 0; i < claim_count(decision); i++) {
        const struct claim *claim = claim_at(decision, i);
        if (is_commit(claim)) {
            add_witness(&witnesses, claim, claim->digest);
        }
    }
    part_witnesses(&witnesses);
    return !offer_if_different(&witnesses, "I1", decision, kept);
}

static void judge_prepared(const struct decision *decision, struct violation *kept)
{
    for (uint32_t i = 0; i < claim_count(decision); i++) {
        struct witnesses witnesses = {.count = 0};
        for (uint32_t j = 0; j < claim_count(decision) && is_prepared(claim_at(decision, i)); j++) {
            const struct claim *claim = claim_at(decision, j);
            if (is_prepared(claim) && claim->view == claim_at(decision, i)->view) {
                add_witness(&witnesses, claim, claim->digest);
            }
        }
        offer_if_different(&witnesses, "I2", decision, kept);
    }
}

/* Correct replicas that certainly did not prepare in `view`: they executed in a later view, and did not say, as they
 * left, that they were prepared. */
static uint32_t certainly_unprepared(const struct decision *decision, view_number view)
{
    uint32_t later = 0, prepared = 0;
    for (uint32_t i = 0; i < claim_count(decision); i++) {
        const struct claim *claim = claim_at(decision, i);
        if (claim->kind == JOURNAL_EXECUTED && is_own_commit(claim) && claim->view > view) {
            later += claim->replicas;
        } else if ((claim->kind == JOURNAL_PREPARED || claim->kind == JOURNAL_COMMITTED) && claim->view == view) {
            prepared += claim->replicas;
        }
    }
    return later > prepared ? later - prepared : 0;
}

static void judge_certificates(const struct judge_config *config, const struct decision *decision,
                               struct violation *kept)
{
    for (uint32_t i = 0; i < claim_count(decision); i++) {
        const struct claim *claim = claim_at(decision, i);
        if (!is_own_commit(claim)) {
            continue;
        }
        uint32_t perhaps = config->correct - certainly_unprepared(decision, claim->view);
        if (perhaps + config->misbehaving < config->quorum) {
            struct violation violation = violation_of("I3", decision->sequence);
            violation_witness(&violation, claim->replica, claim->digest);
            violation_offer(kept, &violation);
        }
    }
}

static void judge_histories(const struct decision *decision, struct violation *kept)
{
    struct witnesses witnesses = {.count = 0};
    for (uint32_t i = 0; i < claim_count(decision); i++) {
        const struct claim *claim = claim_at(decision, i);
        if (has_history(claim)) {
            add_witness(&witnesses, claim, (struct digest){{claim->history, 0}});
        }
    }
    offer_if_different(&witnesses, "I4", decision, kept);
}

static void judge_counts(const struct decision *decision, struct violation *kept)
{
    const struct claim *agreed = judge_agreed(decision);
    struct witnesses witnesses = {.count = 0};
    for (uint32_t i = 0; i < claim_count(decision) && agreed != NULL; i++) {
        const struct claim *claim = claim_at(decision, i);
        if (claim->kind == JOURNAL_EXECUTED && digest_equal(claim->digest, agreed->digest)) {
            add_witness(&witnesses, claim, (struct digest){{claim->count, 0}});
        }
    }
    offer_if_different(&witnesses, "I5", decision, kept);
}

/* The case of nearly every decision: all say the same. */
static bool unanimous(const struct decision *decision)
{
    const struct claim *execution = &decision->execution, *commit = &decision->commit;
    return decision->other_count == 0 &&
           (execution->kind == 0 || commit->kind == 0 ||
            (digest_equal(execution->digest, commit->digest) && execution->view == commit->view));
}

bool judge_decision(const struct judge_config *config, const struct decision *decision, struct violation *kept)
{
    assert(decision->settled <= config->correct);
    if (unanimous(decision)) {
        return true;
    }
    judge_prepared(decision, kept);
    judge_certificates(config, decision, kept);
    judge_histories(decision, kept);
    judge_counts(decision, kept);
    return judge_agreement(decision, kept);
}

#include "runner/stability.h"

#include <stdlib.h>
#include <string.h>

void stability_destroy(struct stability *stability)
{
    free(stability->claims);
    *stability = (struct stability){.claims = NULL};
}

static bool insert(struct stability *stability, size_t at, const struct state_claim *claim)
{
    if (stability->count == stability->capacity) {
        size_t capacity = stability->capacity == 0 ? 16 : 2 * stability->capacity;
        struct state_claim *claims = realloc(stability->claims, capacity * sizeof *claims);
        if (claims == NULL) {
            return false;
        }
        stability->claims = claims;
        stability->capacity = capacity;
    }
    memmove(&stability->claims[at + 1], &stability->claims[at], (stability->count - at) * sizeof *claim);
    stability->claims[at] = *claim;
    stability->count++;
    return true;
}

bool stability_claim(struct stability *stability, sequence_number sequence, struct digest digest, node_id replica)
{
    size_t at = stability->count;
    while (at > 0 && stability->claims[at - 1].sequence > sequence) {
        at--; /* replicas are close to each other: the place is near the end */
    }
    if (at == 0 || stability->claims[at - 1].sequence != sequence) {
        const struct state_claim claim = {sequence, digest, digest_null(), replica, NO_NODE};
        return insert(stability, at, &claim);
    }
    struct state_claim *claim = &stability->claims[at - 1];
    if (digest_equal(claim->digest, digest)) {
        claim->replica = replica < claim->replica ? replica : claim->replica;
    } else if (replica < claim->other_replica) {
        claim->other = digest;
        claim->other_replica = replica;
    }
    return true;
}

static void offer(const struct state_claim *claim, struct violation *kept)
{
    struct violation violation = violation_of("I4", claim->sequence);
    bool in_order = claim->replica < claim->other_replica;
    violation_witness(&violation, in_order ? claim->replica : claim->other_replica,
                      in_order ? claim->digest : claim->other);
    violation_witness(&violation, in_order ? claim->other_replica : claim->replica,
                      in_order ? claim->other : claim->digest);
    violation_offer(kept, &violation);
}

void stability_judge(struct stability *stability, sequence_number sequence, struct violation *kept)
{
    size_t judged = 0;
    while (judged < stability->count && stability->claims[judged].sequence <= sequence) {
        if (stability->claims[judged].other_replica != NO_NODE) {
            offer(&stability->claims[judged], kept);
        }
        judged++;
    }
    if (judged > 0) {
        stability->count -= judged;
        memmove(stability->claims, stability->claims + judged, stability->count * sizeof *stability->claims);
    }
}

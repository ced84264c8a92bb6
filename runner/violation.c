#include "runner/violation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *property, *claim;
} claims[] = {
    {"I1", "agreement: correct replicas execute the same contents at a sequence number"},
    {"I2", "correct replicas prepare one digest in a view at a sequence number"},
    {"I3", "what is committed-local in a view was prepared in it by q-b correct replicas"},
    {"I4", "execution has no gaps, and the same sequence number means the same state"},
    {"I5", "each request is executed once"},
    {"I6", "what is executed was submitted by its client"},
    {"I7", "an accepted reply is in the agreed history, with the result that follows from it"},
    {"I8", "a correct replica votes once in a view, sequence number and phase, and not below its VIEW-CHANGE"},
    {"I9", "views and watermarks only grow, and nothing outside the window counts"},
    {"I10", "a stable checkpoint was reached by q-b correct replicas"},
    {"I11", "the order of a new view is what its view changes prove"},
};

struct violation violation_of(const char *property, sequence_number sequence)
{
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        if (strcmp(claims[i].property, property) == 0) {
            return (struct violation){
                .found = true, .property = claims[i].property, .claim = claims[i].claim, .sequence = sequence};
        }
    }
    abort(); /* a property that has no words: our own slip */
}

void violation_witness(struct violation *violation, node_id replica, struct digest digest)
{
    if (violation->replica_count < sizeof violation->replicas / sizeof *violation->replicas) {
        violation->replicas[violation->replica_count] = replica;
        violation->digests[violation->replica_count] = digest;
        violation->replica_count++;
    }
}

void violation_holding(struct violation *violation, struct holding holding)
{
    violation->holdings[violation->replica_count - 1] = holding;
}

void violation_witness_words(const struct violation *violation, uint32_t index, char words[WITNESS_WORDS_SIZE])
{
    const struct holding *holding = &violation->holdings[index];
    uint64_t others = holding->replicas;
    others &= violation->replicas[index] < 64 ? ~(UINT64_C(1) << violation->replicas[index]) : UINT64_MAX;
    char digest[DIGEST_TEXT_SIZE];
    digest_text(violation->digests[index], digest);
    int used = snprintf(words, WITNESS_WORDS_SIZE, "replica%s %u", others != 0 ? "s" : "", violation->replicas[index]);
    for (node_id id = 0; id < 64; id++) {
        if (others >> id & 1) {
            used += snprintf(words + used, WITNESS_WORDS_SIZE - (size_t)used, ", %u", id);
        }
    }
    used += snprintf(words + used, WITNESS_WORDS_SIZE - (size_t)used, ": %s", digest);
    if (holding->request_count > 0) {
        used += snprintf(words + used, WITNESS_WORDS_SIZE - (size_t)used, " (request %llu of client %u",
                         (unsigned long long)holding->timestamp, holding->client);
        used += holding->request_count == 1 ? 0
                                            : snprintf(words + used, WITNESS_WORDS_SIZE - (size_t)used, ", and %u more",
                                                       holding->request_count - 1);
        snprintf(words + used, WITNESS_WORDS_SIZE - (size_t)used, ")");
    }
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Negative if `a` is the more telling one. */
static int compare_violations(const struct violation *a, const struct violation *b)
{
    /* what has no sequence number is found at the end, and comes last: 0 - 1 wraps to the greatest */
    int order = compare(a->sequence - 1, b->sequence - 1);
    if (order == 0) {
        order = compare(strtoul(a->property + 1, NULL, 10), strtoul(b->property + 1, NULL, 10));
    }
    for (uint32_t i = 0; order == 0 && i < a->replica_count && i < b->replica_count; i++) {
        order = compare(a->replicas[i], b->replicas[i]);
    }
    return order;
}

void violation_offer(struct violation *kept, const struct violation *candidate)
{
    if (!kept->found || compare_violations(candidate, kept) < 0) {
        *kept = *candidate;
    }
}

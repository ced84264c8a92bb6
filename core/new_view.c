/* NEW-VIEW: writing and validating (declared in view_change.h). */
#include <string.h>

#include "core/quorum.h"
#include "core/view_change.h"

static void widen(struct order_bounds *bounds, const void *contents, struct proof_shape shape)
{
    const struct view_change_head *head = view_change_head(contents);
    bounds->low = head->stable > bounds->low ? head->stable : bounds->low;
    if (head->prepared_count > 0) {
        sequence_number last = view_change_prepared(contents, head->prepared_count - 1, shape)->sequence;
        bounds->high = last > bounds->high ? last : bounds->high;
    }
}

static uint32_t order_count(struct order_bounds bounds)
{
    return bounds.high > bounds.low ? (uint32_t)(bounds.high - bounds.low) : 0;
}

uint32_t new_view_size(const struct change *changes, uint32_t count, struct proof_shape shape,
                       struct order_bounds *bounds)
{
    uint32_t size = (uint32_t)sizeof(struct new_view_head);
    *bounds = (struct order_bounds){0, 0};
    for (uint32_t index = 0; index < count; index++) {
        size += (uint32_t)sizeof(struct change_head) + changes[index].payload->size;
        widen(bounds, changes[index].payload->bytes, shape);
    }
    uint32_t ordered = order_count(*bounds);
    uint32_t signatures = shape.signatures > 0 ? count + ordered : 0;
    return size + ordered * (uint32_t)sizeof(struct order_entry) + signatures * (uint32_t)sizeof(struct signature);
}

const struct new_view_head *new_view_head(const struct payload *payload)
{
    return (const struct new_view_head *)(const void *)payload->bytes;
}

static const void *after(const struct change_head *change)
{
    return (const unsigned char *)(change + 1) + change->size;
}

/* V starts behind the head; `count` changes follow each other. */
static const struct change_head *first_change(const struct payload *payload)
{
    return (const struct change_head *)(const void *)(new_view_head(payload) + 1);
}

static uint64_t signature_count(const struct new_view_head *head)
{
    return (uint64_t)head->change_count + head->order_count;
}

const struct signature *new_view_signatures(const struct payload *payload)
{
    const struct signature *end = (const struct signature *)(const void *)(payload->bytes + payload->size);
    return end - signature_count(new_view_head(payload));
}

const struct order_entry *new_view_order(const struct payload *payload, struct proof_shape shape)
{
    const void *end = shape.signatures > 0 ? (const void *)new_view_signatures(payload)
                                           : payload->bytes + payload->size;
    return (const struct order_entry *)end - new_view_head(payload)->order_count;
}

union vote_auth new_view_order_auth(const struct payload *payload, struct proof_shape shape, uint32_t index)
{
    union vote_auth auth = {.tag = new_view_order(payload, shape)[index].tag};
    if (shape.signatures > 0) {
        auth.signature = new_view_signatures(payload) + new_view_head(payload)->change_count + index;
    }
    return auth;
}

const struct change_head *new_view_change(const struct payload *payload, struct proof_shape shape,
                                          const struct change_head *previous)
{
    const struct change_head *next = previous == NULL ? first_change(payload) : after(previous);
    return (const void *)next < (const void *)new_view_order(payload, shape) ? next : NULL;
}

struct order_bounds new_view_bounds(const struct payload *payload, struct proof_shape shape)
{
    struct order_bounds bounds = {0, 0};
    for (const struct change_head *change = NULL; (change = new_view_change(payload, shape, change)) != NULL;) {
        widen(&bounds, change + 1, shape);
    }
    return bounds;
}

/* The entry of P for this sequence number, or NULL; P ascends. */
static const struct prepared_head *find_prepared(const void *contents, sequence_number sequence,
                                                 struct proof_shape shape)
{
    uint32_t low = 0, high = view_change_head(contents)->prepared_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct prepared_head *entry = view_change_prepared(contents, middle, shape);
        if (entry->sequence == sequence) {
            return entry;
        }
        if (entry->sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* R15, R18: what V proves for a sequence number in the highest view, or null. */
static struct digest decide(const struct payload *payload, sequence_number sequence, struct proof_shape shape)
{
    const struct prepared_head *best = NULL;
    for (const struct change_head *change = NULL; (change = new_view_change(payload, shape, change)) != NULL;) {
        const struct prepared_head *entry = find_prepared(change + 1, sequence, shape);
        if (entry != NULL && (best == NULL || entry->view > best->view)) {
            best = entry;
        }
    }
    return best == NULL ? digest_null() : best->digest;
}

/* V, each VIEW-CHANGE behind its head; returns where it ends. */
static unsigned char *write_changes(unsigned char *out, struct proof_shape shape, const struct change *changes,
                                    uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        const struct payload *change = changes[index].payload;
        uint64_t tag = shape.signatures > 0 ? 0 : changes[index].auth.tag;
        const struct change_head frame = {tag, changes[index].author, change->size};
        memcpy(out, &frame, sizeof frame);
        memcpy(out + sizeof frame, change->bytes, change->size);
        out += sizeof frame + change->size;
    }
    return out;
}

static void write_order(struct payload *payload, const struct proof_rules *rules, struct order_entry *order,
                        struct order_bounds bounds)
{
    const struct new_view_head *head = new_view_head(payload);
    node_id primary = primary_of(head->view, rules->shape.replicas);
    for (uint32_t index = 0; index < head->order_count; index++) {
        sequence_number sequence = bounds.low + 1 + index;
        struct digest digest = decide(payload, sequence, rules->shape);
        order[index] = (struct order_entry){.sequence = sequence, .digest = digest};
        if (rules->shape.signatures == 0) {
            order[index].tag = auth_tag(rules->keyring, primary, MESSAGE_PRE_PREPARE, head->view, sequence, digest);
        }
    }
}

/* The signatures of V as they came with the VIEW-CHANGEs; those of O by the primary, who remembers them as its own. */
static void write_signatures(struct signature *out, const struct payload *payload, const struct proof_rules *rules,
                             const struct change *changes, const struct order_entry *order)
{
    const struct new_view_head *head = new_view_head(payload);
    node_id primary = primary_of(head->view, rules->shape.replicas);
    for (uint32_t index = 0; index < head->change_count; index++) {
        *out++ = *changes[index].auth.signature;
    }
    for (uint32_t index = 0; index < head->order_count; index++) {
        const struct order_entry *entry = &order[index];
        *out = auth_sign_vote(rules->keyring, primary, MESSAGE_PRE_PREPARE, head->view, entry->sequence, entry->digest);
        if (rules->verifier != NULL) {
            verifier_trust_vote(rules->verifier, primary, MESSAGE_PRE_PREPARE, head->view, entry->sequence,
                                entry->digest, out);
        }
        out++;
    }
}

void new_view_write(struct payload *payload, const struct proof_rules *rules, view_number view,
                    const struct change *changes, uint32_t count, struct order_bounds bounds)
{
    uint32_t ordered = order_count(bounds);
    const struct new_view_head head = {.view = view, .change_count = count, .order_count = ordered};
    memcpy(payload->bytes, &head, sizeof head);
    unsigned char *end_of_changes = write_changes(payload->bytes + sizeof head, rules->shape, changes, count);
    struct order_entry *order = (struct order_entry *)(void *)end_of_changes;
    write_order(payload, rules, order, bounds);
    if (rules->shape.signatures > 0) {
        write_signatures((struct signature *)(void *)(order + ordered), payload, rules, changes, order);
    }
}

/* V and O fill the payload exactly, so that walking them stays inside. */
static bool frames_fit(const struct payload *payload, struct proof_shape shape)
{
    if (payload->size < sizeof(struct new_view_head) || payload->size % 8 != 0) {
        return false;
    }
    const struct new_view_head *head = new_view_head(payload);
    uint64_t behind = (uint64_t)head->order_count * sizeof(struct order_entry);
    behind += shape.signatures > 0 ? signature_count(head) * sizeof(struct signature) : 0;
    uint64_t room = payload->size - sizeof *head;
    if (behind > room) {
        return false;
    }
    room -= behind;
    const unsigned char *in = (const unsigned char *)(head + 1);
    for (uint32_t index = 0; index < head->change_count; index++) {
        struct change_head frame;
        if (room < sizeof frame) {
            return false;
        }
        memcpy(&frame, in, sizeof frame);
        if (frame.size % 8 != 0 || frame.size > room - sizeof frame) {
            return false;
        }
        in += sizeof frame + frame.size;
        room -= sizeof frame + frame.size;
    }
    return room == 0;
}

/* The VIEW-CHANGE inside is its author's own (R30), for this view, and valid. */
static bool change_valid(const struct view_rules *rules, view_number view, const struct change_head *change,
                         union vote_auth auth)
{
    const void *contents = change + 1;
    if (change->size < sizeof(struct view_change_head)) {
        return false;
    }
    const struct view_change_head *head = view_change_head(contents);
    bool no_tag = rules->proofs.shape.signatures == 0 || change->tag == 0;
    return no_tag && head->view == view && head->author == change->author &&
           head->author < rules->proofs.shape.replicas &&
           proof_vote_genuine(&rules->proofs, head->author, MESSAGE_VIEW_CHANGE, view, head->stable,
                              digest_of(contents, change->size), auth) &&
           view_change_contents_valid(rules, contents, change->size);
}

static union vote_auth change_auth(const struct payload *payload, struct proof_shape shape,
                                   const struct change_head *change, uint32_t index)
{
    union vote_auth auth = {.tag = change->tag};
    if (shape.signatures > 0) {
        auth.signature = new_view_signatures(payload) + index;
    }
    return auth;
}

/* Authors ascend, which also makes them distinct. */
static bool changes_valid(const struct view_rules *rules, const struct payload *payload)
{
    const struct new_view_head *head = new_view_head(payload);
    struct proof_shape shape = rules->proofs.shape;
    const struct change_head *previous = NULL;
    uint32_t index = 0;
    if (head->change_count < rules->proofs.quorum) {
        return false;
    }
    for (const struct change_head *change = NULL; (change = new_view_change(payload, shape, change)) != NULL;) {
        if ((previous != NULL && change->author <= previous->author) ||
            !change_valid(rules, head->view, change, change_auth(payload, shape, change, index++))) {
            return false;
        }
        previous = change;
    }
    return true;
}

/* R17: the same O, and the new primary's own. */
static bool order_valid(const struct proof_rules *rules, const struct payload *payload)
{
    const struct new_view_head *head = new_view_head(payload);
    struct order_bounds bounds = new_view_bounds(payload, rules->shape);
    if (head->order_count != order_count(bounds)) {
        return false;
    }
    node_id primary = primary_of(head->view, rules->shape.replicas);
    const struct order_entry *order = new_view_order(payload, rules->shape);
    for (uint32_t index = 0; index < head->order_count; index++) {
        sequence_number sequence = bounds.low + 1 + index;
        bool no_tag = rules->shape.signatures == 0 || order[index].tag == 0;
        if (!no_tag || order[index].sequence != sequence ||
            !digest_equal(order[index].digest, decide(payload, sequence, rules->shape)) ||
            !proof_vote_genuine(rules, primary, MESSAGE_PRE_PREPARE, head->view, sequence, order[index].digest,
                                new_view_order_auth(payload, rules->shape, index))) {
            return false;
        }
    }
    return true;
}

static bool check_new_view(const struct payload *payload, const void *context)
{
    const struct view_rules *rules = context;
    return frames_fit(payload, rules->proofs.shape) && changes_valid(rules, payload) &&
           order_valid(&rules->proofs, payload);
}

bool new_view_valid(struct payload *payload, const struct view_rules *rules)
{
    return proof_check_payload(&rules->proofs, payload, PAYLOAD_NEW_VIEW, check_new_view, rules);
}

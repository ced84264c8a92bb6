/* NEW-VIEW: writing and validating (declared in view_change.h). */
#include <string.h>

#include "core/quorum.h"
#include "core/view_change.h"

static void widen(struct order_bounds *bounds, const void *contents, uint32_t replicas)
{
    const struct view_change_head *head = view_change_head(contents);
    bounds->low = head->stable > bounds->low ? head->stable : bounds->low;
    if (head->prepared_count > 0) {
        sequence_number last = view_change_prepared(contents, head->prepared_count - 1, replicas)->sequence;
        bounds->high = last > bounds->high ? last : bounds->high;
    }
}

static uint32_t order_count(struct order_bounds bounds)
{
    return bounds.high > bounds.low ? (uint32_t)(bounds.high - bounds.low) : 0;
}

uint32_t new_view_size(const struct change *changes, uint32_t count, uint32_t replicas, struct order_bounds *bounds)
{
    uint32_t size = (uint32_t)sizeof(struct new_view_head);
    *bounds = (struct order_bounds){0, 0};
    for (uint32_t index = 0; index < count; index++) {
        size += (uint32_t)sizeof(struct change_head) + changes[index].payload->size;
        widen(bounds, changes[index].payload->bytes, replicas);
    }
    return size + order_count(*bounds) * (uint32_t)sizeof(struct order_entry);
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

const struct order_entry *new_view_order(const struct payload *payload)
{
    return (const struct order_entry *)(const void *)(payload->bytes + payload->size) -
           new_view_head(payload)->order_count;
}

const struct change_head *new_view_change(const struct payload *payload, const struct change_head *previous)
{
    const struct change_head *next = previous == NULL ? first_change(payload) : after(previous);
    return (const void *)next < (const void *)new_view_order(payload) ? next : NULL;
}

struct order_bounds new_view_bounds(const struct payload *payload, uint32_t replicas)
{
    struct order_bounds bounds = {0, 0};
    for (const struct change_head *change = NULL; (change = new_view_change(payload, change)) != NULL;) {
        widen(&bounds, change + 1, replicas);
    }
    return bounds;
}

/* The entry of P for this sequence number, or NULL; P ascends. */
static const struct prepared_head *find_prepared(const void *contents, sequence_number sequence, uint32_t replicas)
{
    uint32_t low = 0, high = view_change_head(contents)->prepared_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const struct prepared_head *entry = view_change_prepared(contents, middle, replicas);
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
static struct digest decide(const struct payload *payload, sequence_number sequence, uint32_t replicas)
{
    const struct prepared_head *best = NULL;
    for (const struct change_head *change = NULL; (change = new_view_change(payload, change)) != NULL;) {
        const struct prepared_head *entry = find_prepared(change + 1, sequence, replicas);
        if (entry != NULL && (best == NULL || entry->view > best->view)) {
            best = entry;
        }
    }
    return best == NULL ? digest_null() : best->digest;
}

static struct order_entry order_for(const struct payload *payload, const struct proof_rules *rules, view_number view,
                                    sequence_number sequence)
{
    struct order_entry entry = {.sequence = sequence, .digest = decide(payload, sequence, rules->replicas)};
    entry.tag = auth_tag(rules->keyring, primary_of(view, rules->replicas), MESSAGE_PRE_PREPARE, view, sequence,
                         entry.digest);
    return entry;
}

void new_view_write(struct payload *payload, const struct proof_rules *rules, view_number view,
                    const struct change *changes, uint32_t count, struct order_bounds bounds)
{
    uint32_t ordered = order_count(bounds);
    const struct new_view_head head = {.view = view, .change_count = count, .order_count = ordered};
    memcpy(payload->bytes, &head, sizeof head);
    unsigned char *out = payload->bytes + sizeof head;
    for (uint32_t index = 0; index < count; index++) {
        const struct payload *change = changes[index].payload;
        const struct change_head frame = {changes[index].tag, changes[index].author, change->size};
        memcpy(out, &frame, sizeof frame);
        memcpy(out + sizeof frame, change->bytes, change->size);
        out += sizeof frame + change->size;
    }
    struct order_entry *order = (struct order_entry *)(void *)out;
    for (uint32_t index = 0; index < ordered; index++) {
        order[index] = order_for(payload, rules, view, bounds.low + 1 + index);
    }
}

/* V and O fill the payload exactly, so that walking them stays inside. */
static bool frames_fit(const struct payload *payload)
{
    if (payload->size < sizeof(struct new_view_head) || payload->size % 8 != 0) {
        return false;
    }
    const struct new_view_head *head = new_view_head(payload);
    uint64_t order = (uint64_t)head->order_count * sizeof(struct order_entry);
    uint64_t room = payload->size - sizeof *head;
    if (order > room) {
        return false;
    }
    room -= order;
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
static bool change_valid(const struct view_rules *rules, view_number view, const struct change_head *change)
{
    const void *contents = change + 1;
    if (!view_change_contents_valid(rules, contents, change->size)) {
        return false;
    }
    const struct view_change_head *head = view_change_head(contents);
    uint64_t tag = auth_tag(rules->proofs.keyring, head->author, MESSAGE_VIEW_CHANGE, view, head->stable,
                            digest_of(contents, change->size));
    return head->view == view && head->author == change->author && tag == change->tag;
}

/* Authors ascend, which also makes them distinct. */
static bool changes_valid(const struct view_rules *rules, const struct payload *payload)
{
    const struct new_view_head *head = new_view_head(payload);
    const struct change_head *previous = NULL;
    for (const struct change_head *change = NULL; (change = new_view_change(payload, change)) != NULL;) {
        if ((previous != NULL && change->author <= previous->author) || !change_valid(rules, head->view, change)) {
            return false;
        }
        previous = change;
    }
    return head->change_count >= rules->proofs.quorum;
}

static bool check_new_view(const struct payload *payload, const void *context)
{
    const struct view_rules *rules = context;
    if (!frames_fit(payload) || !changes_valid(rules, payload)) {
        return false;
    }
    const struct new_view_head *head = new_view_head(payload);
    struct order_bounds bounds = new_view_bounds(payload, rules->proofs.replicas);
    if (head->order_count != order_count(bounds)) {
        return false;
    }
    const struct order_entry *order = new_view_order(payload);
    for (uint32_t index = 0; index < head->order_count; index++) {
        struct order_entry right = order_for(payload, &rules->proofs, head->view, bounds.low + 1 + index);
        if (order[index].sequence != right.sequence || !digest_equal(order[index].digest, right.digest) ||
            order[index].tag != right.tag) {
            return false;
        }
    }
    return true;
}

bool new_view_valid(struct payload *payload, const struct view_rules *rules)
{
    return payload_check(payload, PAYLOAD_NEW_VIEW, check_new_view, rules);
}

#include "core/view_change.h"

#include <string.h>

static uint32_t entry_size(struct proof_shape shape)
{
    return (uint32_t)sizeof(struct prepared_head) + proof_size(shape);
}

uint32_t view_change_size(struct proof_shape shape, uint32_t prepared_count)
{
    return (uint32_t)sizeof(struct view_change_head) + proof_size(shape) + prepared_count * entry_size(shape);
}

const struct view_change_head *view_change_head(const void *contents)
{
    return contents;
}

const struct proof *view_change_stable_proof(const void *contents)
{
    return (const struct proof *)(const void *)((const struct view_change_head *)contents + 1);
}

const struct prepared_head *view_change_prepared(const void *contents, uint32_t index, struct proof_shape shape)
{
    return (const void *)((const unsigned char *)contents + view_change_size(shape, index));
}

const struct proof *prepared_proof(const struct prepared_head *prepared)
{
    return (const struct proof *)(const void *)(prepared + 1);
}

static bool prepared_set_valid(const struct view_rules *rules, const void *contents)
{
    const struct view_change_head *head = view_change_head(contents);
    sequence_number previous = head->stable;
    for (uint32_t index = 0; index < head->prepared_count; index++) {
        const struct prepared_head *entry = view_change_prepared(contents, index, rules->proofs.shape);
        bool in_place = entry->sequence > previous && entry->sequence - head->stable <= rules->window;
        if (!in_place || entry->view >= head->view ||
            !proof_prepared_valid(&rules->proofs, prepared_proof(entry), entry->view, entry->sequence, entry->digest)) {
            return false;
        }
        previous = entry->sequence;
    }
    return true;
}

bool view_change_contents_valid(const struct view_rules *rules, const void *contents, uint32_t size)
{
    struct proof_shape shape = rules->proofs.shape;
    if (size < view_change_size(shape, 0)) {
        return false;
    }
    const struct view_change_head *head = view_change_head(contents);
    if (head->author >= shape.replicas || head->view == 0 || head->stable > SEQUENCE_MOST ||
        head->prepared_count > rules->window || size != view_change_size(shape, head->prepared_count)) {
        return false;
    }
    bool stable = head->stable == 0 || proof_votes_valid(&rules->proofs, view_change_stable_proof(contents),
                                                         MESSAGE_CHECKPOINT, 0, head->stable, head->state);
    return stable && prepared_set_valid(rules, contents);
}

static bool check_view_change(const struct payload *payload, const void *rules)
{
    return view_change_contents_valid(rules, payload->bytes, payload->size);
}

bool view_change_valid(struct payload *payload, const struct view_rules *rules)
{
    return proof_check_payload(&rules->proofs, payload, PAYLOAD_VIEW_CHANGE, check_view_change, rules);
}

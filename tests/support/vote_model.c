#include "tests/support/vote_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST, SECOND }; /* phases: prepare, commit */

struct vote_model *model_create(uint32_t replicas, uint32_t quorum, uint32_t window, node_id id)
{
    assert(replicas <= MODEL_REPLICAS);
    struct vote_model *model = calloc(1, sizeof *model);
    if (model != NULL) {
        model->replicas = replicas;
        model->quorum = quorum;
        model->window = window;
        model->id = id;
        model->active = true;
    }
    return model;
}

bool model_in_window(const struct vote_model *model, sequence_number sequence)
{
    return sequence > model->low && sequence <= model->low + model->window;
}

static bool same(struct digest one, struct digest other)
{
    return one.words[0] == other.words[0] && one.words[1] == other.words[1];
}

static node_id primary(const struct vote_model *model)
{
    return model->view % model->replicas;
}

static void put(struct model_lines *list, uint8_t kind, view_number view, sequence_number sequence,
                struct digest digest)
{
    assert(list->count < MODEL_LINES);
    list->lines[list->count++] = (struct model_line){kind, view, sequence, digest};
}

/* Distinct senders whose first vote in this phase is for the slot's digest; the pre-prepare is its primary's PREPARE. */
static uint32_t votes_for(const struct vote_model *model, const struct model_slot *slot, int phase)
{
    uint32_t count = phase == FIRST && slot->opened;
    for (node_id sender = 0; sender < model->replicas; sender++) {
        count += slot->votes[phase][sender].cast && same(slot->votes[phase][sender].digest, slot->digest);
    }
    return count;
}

static bool digests_compete(const struct vote_model *model, const struct model_slot *slot)
{
    for (node_id sender = 0; sender < model->replicas; sender++) {
        for (int phase = FIRST; phase <= SECOND; phase++) {
            if (slot->votes[phase][sender].cast && !same(slot->votes[phase][sender].digest, slot->digest)) {
                return true;
            }
        }
    }
    return false;
}

/* Votes of an older view are worth nothing in a newer one. */
static struct model_slot *slot_in_view(struct vote_model *model, sequence_number sequence)
{
    assert(sequence < MODEL_SEQUENCES);
    struct model_slot *slot = &model->slots[sequence];
    if (slot->view != model->view) {
        memset(slot, 0, sizeof *slot);
        slot->view = model->view;
    }
    return slot;
}

static void cast(struct vote_model *model, sequence_number sequence, int phase, node_id sender, struct digest digest)
{
    struct model_vote *vote = &slot_in_view(model, sequence)->votes[phase][sender];
    if (!vote->cast) {
        *vote = (struct model_vote){true, digest};
    }
}

static void execute(struct vote_model *model)
{
    while (model_in_window(model, model->executed + 1) && model->slots[model->executed + 1].committed) {
        const struct model_slot *slot = &model->slots[++model->executed];
        put(&model->journal, JOURNAL_EXECUTED, slot->view, model->executed, slot->digest);
    }
}

/* prepared, and committed-local, as the paper has them. */
static void settle(struct vote_model *model, sequence_number sequence)
{
    struct model_slot *slot = &model->slots[sequence];
    if (!slot->opened || slot->lacking) {
        return;
    }
    if (!slot->prepared && votes_for(model, slot, FIRST) >= model->quorum) {
        slot->prepared = true;
        model->ever_prepared[sequence] = true;
        put(&model->sent, MESSAGE_COMMIT, model->view, sequence, slot->digest);
        cast(model, sequence, SECOND, model->id, slot->digest);
    }
    if (slot->prepared && !slot->committed && votes_for(model, slot, SECOND) >= model->quorum) {
        slot->committed = true;
        if (sequence > model->executed + 1) {
            put(&model->journal, JOURNAL_COMMITTED, model->view, sequence, slot->digest);
        }
        execute(model);
    }
}

static void vote_prepare(struct vote_model *model, sequence_number sequence)
{
    if (primary(model) != model->id) {
        put(&model->sent, MESSAGE_PREPARE, model->view, sequence, model->slots[sequence].digest);
        cast(model, sequence, FIRST, model->id, model->slots[sequence].digest);
    }
    settle(model, sequence);
}

void model_open(struct vote_model *model, sequence_number sequence, struct digest digest, bool lacking)
{
    struct model_slot *slot = slot_in_view(model, sequence);
    slot->opened = true;
    slot->digest = digest;
    slot->lacking = lacking;
    if (!lacking) {
        vote_prepare(model, sequence);
    }
}

void model_supply(struct vote_model *model, sequence_number sequence)
{
    model->slots[sequence].lacking = false;
    vote_prepare(model, sequence);
}

static void receive_pre_prepare(struct vote_model *model, const struct message *message, node_id from)
{
    const struct payload *contents = message->payload;
    struct model_slot *slot = &model->slots[message->sequence];
    bool right = contents == NULL ? digest_is_null(message->digest) : same(payload_digest(contents), message->digest);
    if (from != primary(model) || !right) {
        return;
    }
    if (slot->view != model->view || !slot->opened) {
        model_open(model, message->sequence, message->digest, false);
    } else if (slot->lacking && same(slot->digest, message->digest)) {
        model_supply(model, message->sequence);
    }
}

static bool is_for_agreement(const struct message *message)
{
    return message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_PREPARE || message->type == MESSAGE_COMMIT;
}

void model_receive(struct vote_model *model, const struct message *message, node_id from)
{
    if (!is_for_agreement(message) || message->sender != from || from >= model->replicas) {
        return;
    }
    if (message->view > model->view || (message->view == model->view && !model->active)) {
        const bool proposes = message->type == MESSAGE_PRE_PREPARE;
        if (proposes ? from != message->view % model->replicas : message->payload != NULL) {
            return; /* only its view's primary proposes, and a vote has no contents (R9) */
        }
        assert(model->early_count < MODEL_EARLY);
        model->early[model->early_count++] = (struct model_early){*message, from};
        return;
    }
    if (message->view < model->view || !model_in_window(model, message->sequence)) {
        return;
    }
    if (message->type == MESSAGE_PRE_PREPARE) {
        receive_pre_prepare(model, message, from);
    } else if (message->type == MESSAGE_COMMIT || from != primary(model)) {
        cast(model, message->sequence, message->type == MESSAGE_COMMIT ? SECOND : FIRST, from, message->digest);
        settle(model, message->sequence);
    }
}

bool model_only_counts(const struct vote_model *model, const struct message *message, node_id from)
{
    bool plain = (message->type == MESSAGE_PREPARE || message->type == MESSAGE_COMMIT) && message->attempt == 0 &&
                 message->payload == NULL && message->sender == from && from < model->replicas;
    if (!plain || message->view != model->view || !model->active) {
        return false;
    }
    if (!model_in_window(model, message->sequence)) {
        return message->sequence <= model->low && message->sequence <= model->executed;
    }
    const struct model_slot *slot = &model->slots[message->sequence];
    int phase = message->type == MESSAGE_COMMIT ? SECOND : FIRST;
    bool expected = slot->view == message->view && slot->opened && same(slot->digest, message->digest) &&
                    !digests_compete(model, slot) && !slot->votes[phase][from].cast;
    if (!expected || (phase == FIRST && from == primary(model))) {
        return false;
    }
    uint32_t prepares = votes_for(model, slot, FIRST) + (phase == FIRST);
    uint32_t commits = votes_for(model, slot, SECOND) + (phase == SECOND);
    bool prepares_now = !slot->prepared && prepares >= model->quorum; /* or would, were its contents here */
    bool commits_now = slot->prepared && !slot->committed && commits >= model->quorum;
    return !prepares_now && !commits_now;
}

void model_leave(struct vote_model *model, view_number view)
{
    model->view = view;
    model->active = false;
}

void model_enter(struct vote_model *model, view_number view)
{
    model->view = view;
    model->active = true;
}

void model_play_early(struct vote_model *model)
{
    uint32_t left = 0, count = model->early_count;
    for (uint32_t index = 0; index < count; index++) {
        const struct model_early early = model->early[index];
        if (early.message.view > model->view) {
            model->early[left++] = early;
        } else {
            model_receive(model, &early.message, early.from);
        }
    }
    model->early_count = left;
}

void model_checkpoint(struct vote_model *model, sequence_number sequence, node_id from)
{
    if (sequence <= model->low) {
        return;
    }
    uint32_t count = 1; /* its own */
    model->settled[from] = true;
    for (node_id sender = 0; sender < model->replicas; sender++) {
        count += model->settled[sender] && sender != model->id;
    }
    if (count >= model->quorum) {
        model->low = sequence;
        memset(model->settled, 0, sizeof model->settled);
    }
}

#include "tests/support/stage_views.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/fetch.h"
#include "core/quorum.h"

static struct digest digest_in(const struct payload *payload)
{
    return payload == NULL ? digest_null() : payload_digest(payload);
}

struct proof_shape stage_shape(const struct stage *stage)
{
    return proof_shape(stage->config.replicas, stage->config.quorum, stage->config.auth);
}

void stage_add_vote(const struct stage *stage, struct proof *proof, node_id sender, enum message_type type,
                    view_number view, sequence_number sequence, struct digest digest)
{
    union vote_auth auth = {.tag = 0};
    struct signature signature;
    if (stage->config.auth == AUTH_SIGNATURE) {
        signature = auth_sign_vote(stage->keyring, sender, (uint8_t)type, view, sequence, digest);
        auth.signature = &signature;
    } else {
        auth.tag = auth_tag(stage->keyring, sender, (uint8_t)type, view, sequence, digest);
    }
    proof_add(proof, stage_shape(stage), sender, auth);
}

void stage_change_vote(const struct stage *stage, struct proof *proof, node_id sender, enum message_type was,
                       view_number was_in, enum message_type type, view_number view, sequence_number sequence,
                       struct digest digest)
{
    if (stage->config.auth == AUTH_SIGNATURE) {
        struct signature signature = auth_sign_vote(stage->keyring, sender, (uint8_t)type, view, sequence, digest);
        const struct signature *place = proof_signature(proof, stage_shape(stage), sender);
        memcpy((unsigned char *)proof + ((const unsigned char *)place - (const unsigned char *)proof), &signature,
               sizeof signature);
    } else {
        proof->tags ^= auth_tag(stage->keyring, sender, (uint8_t)was, was_in, sequence, digest) ^
                       auth_tag(stage->keyring, sender, (uint8_t)type, view, sequence, digest);
    }
}

/* Into zeroed memory. */
static void write_votes(const struct stage *stage, struct proof *proof, enum message_type type, view_number view,
                        sequence_number sequence, struct digest digest, uint32_t voters)
{
    for (node_id sender = 0; sender < voters; sender++) {
        stage_add_vote(stage, proof, sender, type, view, sequence, digest);
    }
}

/* Who votes besides the primary: the first backups, `wanted` votes in all. */
static bool is_voter(node_id sender, node_id primary, uint32_t wanted)
{
    return sender == primary || sender + (sender < primary) < wanted;
}

static void write_prepared(const struct stage *stage, unsigned char *out, const struct stage_prepared *prepared)
{
    struct digest digest = digest_in(prepared->batch);
    const struct prepared_head head = {.sequence = prepared->sequence, .digest = digest, .view = prepared->view};
    memcpy(out, &head, sizeof head);
    struct proof *proof = (struct proof *)(void *)(out + sizeof head);
    node_id primary = primary_of(prepared->view, stage->config.replicas);
    uint32_t wanted = prepared->voters != 0 ? prepared->voters : stage->config.quorum;
    for (node_id sender = 0; sender < stage->config.replicas; sender++) {
        if (is_voter(sender, primary, wanted)) {
            enum message_type type = sender == primary ? MESSAGE_PRE_PREPARE : MESSAGE_PREPARE;
            stage_add_vote(stage, proof, sender, type, prepared->view, prepared->sequence, digest);
        }
    }
}

struct payload *stage_change_of(struct stage *stage, struct stage_change change)
{
    struct proof_shape shape = stage_shape(stage);
    uint32_t size = view_change_size(shape, change.count);
    unsigned char *bytes = calloc(1, size);
    assert(bytes != NULL);
    const struct view_change_head head = {.view = change.view,
                                          .author = change.author,
                                          .stable = change.stable,
                                          .state = change.state,
                                          .prepared_count = change.count};
    memcpy(bytes, &head, sizeof head);
    if (change.stable > 0) {
        uint32_t voters = change.stable_voters != 0 ? change.stable_voters : stage->config.quorum;
        write_votes(stage, (struct proof *)(void *)(bytes + sizeof head), MESSAGE_CHECKPOINT, 0, change.stable,
                    change.state, voters);
    }
    for (uint32_t index = 0; index < change.count; index++) {
        write_prepared(stage, bytes + view_change_size(shape, index), &change.prepared[index]);
    }
    struct payload *payload = stage_payload_of(stage, bytes, size);
    free(bytes);
    return payload;
}

/* The signature, if that is it, stands in `signature`. */
static union vote_auth change_auth(const struct stage *stage, const struct payload *payload,
                                   struct signature *signature)
{
    const struct view_change_head *head = view_change_head(payload->bytes);
    union vote_auth auth = {.signature = signature};
    if (stage->config.auth == AUTH_SIGNATURE) {
        *signature = auth_sign_vote(stage->keyring, head->author, MESSAGE_VIEW_CHANGE, head->view, head->stable,
                                    payload_digest(payload));
    } else {
        auth.tag = auth_tag(stage->keyring, head->author, MESSAGE_VIEW_CHANGE, head->view, head->stable,
                            payload_digest(payload));
    }
    return auth;
}

static int by_author(const void *one, const void *other)
{
    node_id first = ((const struct change *)one)->author, second = ((const struct change *)other)->author;
    return (first > second) - (first < second);
}

struct payload *stage_new_view_of(struct stage *stage, view_number view, struct payload *const *changes, uint32_t count)
{
    struct change *framed = calloc(count > 0 ? count : 1, sizeof *framed);
    struct signature *signatures = calloc(count > 0 ? count : 1, sizeof *signatures);
    assert(framed != NULL && signatures != NULL);
    for (uint32_t index = 0; index < count; index++) {
        framed[index] = (struct change){view_change_head(changes[index]->bytes)->author,
                                        change_auth(stage, changes[index], &signatures[index]), changes[index]};
    }
    qsort(framed, count, sizeof *framed, by_author);
    const struct proof_rules rules = proof_rules(stage->keyring, stage->config.replicas, stage->config.quorum);
    struct order_bounds bounds;
    uint32_t size = new_view_size(framed, count, rules.shape, &bounds);
    struct payload *draft = collector_allocate(&stage->out, size);
    new_view_write(draft, &rules, view, framed, count, bounds);
    struct payload *payload = stage_payload_of(stage, draft->bytes, size);
    payload_drop(draft);
    free(signatures);
    free(framed);
    return payload;
}

struct payload *stage_decision_of(struct stage *stage, view_number view, sequence_number sequence,
                                  const struct payload *batch, uint32_t voters)
{
    uint32_t batch_size = batch == NULL ? 0 : batch->size;
    uint32_t size = (uint32_t)sizeof(struct decision_head) + proof_size(stage_shape(stage)) + batch_size;
    unsigned char *bytes = calloc(1, size);
    assert(bytes != NULL);
    const struct decision_head head = {sequence, digest_in(batch), view, batch_size};
    memcpy(bytes, &head, sizeof head);
    write_votes(stage, (struct proof *)(void *)(bytes + sizeof head), MESSAGE_COMMIT, view, sequence, head.digest,
                voters);
    if (batch != NULL) {
        memcpy(bytes + size - batch_size, batch->bytes, batch_size);
    }
    struct payload *payload = stage_payload_of(stage, bytes, size);
    free(bytes);
    return payload;
}

struct payload *stage_spoilt(struct stage *stage, const struct payload *payload, size_t offset)
{
    assert(offset < payload->size);
    struct payload *copy = collector_allocate(&stage->out, payload->size);
    memcpy(copy->bytes, payload->bytes, payload->size);
    copy->bytes[offset] ^= 1;
    struct payload *spoilt = stage_payload_of(stage, copy->bytes, payload->size);
    payload_drop(copy);
    return spoilt;
}

struct payload *stage_resized(struct stage *stage, const struct payload *payload, uint32_t size)
{
    struct payload *copy = collector_allocate(&stage->out, size);
    memset(copy->bytes, 0, size);
    memcpy(copy->bytes, payload->bytes, size < payload->size ? size : payload->size);
    struct payload *resized = stage_payload_of(stage, copy->bytes, size);
    payload_drop(copy);
    return resized;
}

enum reject stage_view_change(struct stage *stage, node_id from, struct payload *change)
{
    struct message message = {.type = MESSAGE_VIEW_CHANGE, .sender = NO_NODE, .payload = change};
    message.view = view_change_head(change->bytes)->view;
    message.sequence = view_change_head(change->bytes)->stable;
    message.digest = payload_digest(change);
    return stage_deliver(stage, from, message);
}

enum reject stage_new_view(struct stage *stage, node_id from, struct payload *new_view)
{
    struct message message = {.type = MESSAGE_NEW_VIEW, .sender = NO_NODE, .payload = new_view};
    message.view = new_view_head(new_view)->view;
    message.digest = payload_digest(new_view);
    return stage_deliver(stage, from, message);
}

enum reject stage_decision(struct stage *stage, node_id from, struct payload *decision)
{
    const struct decision_head *head = decision_head(decision);
    struct message message = {.type = MESSAGE_DECISION, .sender = NO_NODE, .payload = decision};
    message.view = head->view;
    message.sequence = head->sequence;
    message.digest = head->digest;
    return stage_deliver(stage, from, message);
}

void stage_view_changes(struct stage *stage, view_number view, uint32_t first, uint32_t count)
{
    for (uint32_t k = first; k < first + count; k++) {
        node_id author = stage_other(stage, k);
        assert(author != NO_NODE);
        struct payload *change = stage_change_of(stage, (struct stage_change){.author = author, .view = view});
        (void)stage_view_change(stage, author, change);
    }
}

void stage_enter_view(struct stage *stage, view_number view)
{
    uint32_t quorum = stage->config.quorum;
    if (primary_of(view, stage->config.replicas) == stage->id) {
        stage_view_changes(stage, view, 0, quorum - 1);
    } else {
        struct payload *changes[256];
        assert(quorum <= 256);
        for (uint32_t k = 0; k < quorum; k++) {
            node_id author = k + 1 < stage->config.replicas ? stage_other(stage, k) : stage->id;
            changes[k] = stage_change_of(stage, (struct stage_change){.author = author, .view = view});
        }
        (void)stage_new_view(stage, primary_of(view, stage->config.replicas),
                             stage_new_view_of(stage, view, changes, quorum));
    }
    assert(stage_status(stage).view == view && stage_status(stage).active);
}

static const void *own_change(const struct stage *stage)
{
    return stage_last(stage, MESSAGE_VIEW_CHANGE)->payload->bytes;
}

const struct prepared_head *stage_own_prepared(const struct stage *stage, uint32_t index)
{
    assert(index < stage_own_prepared_count(stage));
    return view_change_prepared(own_change(stage), index, stage_shape(stage));
}

uint32_t stage_own_prepared_count(const struct stage *stage)
{
    return view_change_head(own_change(stage))->prepared_count;
}

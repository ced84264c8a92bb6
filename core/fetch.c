#include "core/fetch.h"

#include <string.h>

/* --- contents --- */

const struct decision_head *decision_head(const struct payload *payload)
{
    return (const struct decision_head *)(const void *)payload->bytes;
}

static const struct proof *decision_proof(const struct payload *payload)
{
    return (const struct proof *)(const void *)(decision_head(payload) + 1);
}

const unsigned char *decision_batch(const struct payload *payload, struct proof_shape shape)
{
    return (const unsigned char *)decision_proof(payload) + proof_size(shape);
}

const struct state_head *state_head(const struct payload *payload)
{
    return (const struct state_head *)(const void *)payload->bytes;
}

const struct proof *state_proof(const struct payload *payload)
{
    return (const struct proof *)(const void *)(state_head(payload) + 1);
}

const struct state_image *state_image(const struct payload *payload, struct proof_shape shape)
{
    return (const void *)((const unsigned char *)state_proof(payload) + proof_size(shape));
}

static uint32_t decision_size(struct proof_shape shape, uint32_t batch_size)
{
    return (uint32_t)sizeof(struct decision_head) + proof_size(shape) + batch_size;
}

static bool check_decision(const struct payload *payload, const void *context)
{
    const struct proof_rules *rules = context;
    if (payload->size < decision_size(rules->shape, 0)) {
        return false;
    }
    const struct decision_head *head = decision_head(payload);
    if (payload->size != (uint64_t)decision_size(rules->shape, 0) + head->batch_size) {
        return false;
    }
    struct digest digest = digest_null();
    if (head->batch_size > 0) {
        digest = digest_of(decision_batch(payload, rules->shape), head->batch_size);
    }
    return digest_equal(digest, head->digest) &&
           proof_votes_valid(rules, decision_proof(payload), MESSAGE_COMMIT, head->view, head->sequence, head->digest);
}

bool decision_valid(struct payload *payload, const struct proof_rules *rules)
{
    return proof_check_payload(rules, payload, PAYLOAD_DECISION, check_decision, rules);
}

struct state_check {
    const struct proof_rules *rules;
    uint32_t clients;
};

static uint32_t state_size(struct proof_shape shape, uint32_t clients)
{
    return (uint32_t)sizeof(struct state_head) + proof_size(shape) + (uint32_t)state_image_size(clients);
}

static bool check_state(const struct payload *payload, const void *context)
{
    const struct state_check *check = context;
    struct proof_shape shape = check->rules->shape;
    if (payload->size != state_size(shape, check->clients)) {
        return false;
    }
    const struct state_head *head = state_head(payload);
    struct digest digest = digest_of(state_image(payload, shape), state_image_size(check->clients));
    return head->sequence <= SEQUENCE_MOST && digest_equal(digest, head->digest) &&
           proof_votes_valid(check->rules, state_proof(payload), MESSAGE_CHECKPOINT, 0, head->sequence, head->digest);
}

bool state_valid(struct payload *payload, const struct proof_rules *rules, uint32_t clients)
{
    const struct state_check check = {rules, clients};
    return proof_check_payload(rules, payload, PAYLOAD_STATE, check_state, &check);
}

/* --- asking --- */

static struct message fetch_message(const struct replica *replica, sequence_number sequence, uint16_t attempt)
{
    struct message message = replica_message(replica, MESSAGE_FETCH);
    message.view = replica->view;
    message.sequence = sequence;
    message.attempt = attempt;
    return message;
}

struct payload *fetch_find(struct replica *replica, sequence_number sequence, struct digest digest)
{
    if (digest_is_null(digest) || !log_contains(&replica->log, sequence)) {
        return NULL;
    }
    struct payload *kept = log_find_batch(&replica->log, sequence, digest);
    return kept != NULL ? kept : client_table_find(&replica->clients, digest);
}

/* f+1 at a time: one of them is correct. Those asked differ from attempt to attempt. */
void fetch_batch(const struct step *step, sequence_number sequence, struct digest digest, uint16_t attempt)
{
    struct replica *replica = step->replica;
    struct message message = fetch_message(replica, sequence, attempt);
    message.digest = digest;
    uint32_t wanted = quorum_weak(replica->replicas);
    for (uint32_t asked = 0; asked < wanted && asked + 1 < replica->replicas; asked++) {
        uint32_t step_on = 1 + (replica->catch_up.turn++ % (replica->replicas - 1));
        outbox_send(step->outbox, (replica->id + step_on) % replica->replicas, message);
    }
}

/* Whether this peer has said that it is further than what is executed here. */
static bool is_ahead(const struct replica *replica, node_id peer)
{
    sequence_number next = replica->executed + 1;
    const struct checkpoints *checkpoints = &replica->checkpoints;
    if (replica->log.low >= next) { /* only who signed the checkpoint has executed as far (R22): not who committed */
        return certificate_has(&checkpoints->stable.votes, &checkpoints->bitsets, peer);
    }
    bool ahead = replica->peers[peer].claimed >= next;
    if (!ahead && checkpoints->stable.sequence >= next) {
        ahead = certificate_has(&checkpoints->stable.votes, &checkpoints->bitsets, peer);
    }
    for (; !ahead && next <= replica->log.highest; next++) {
        ahead = log_contains(&replica->log, next) && log_claims_commit(&replica->log, next, peer);
    }
    return ahead;
}

/* Decisions from the next sequence number on; or where that lies beyond H, what moves the window: the proof of the last
 * checkpoint, from peers for which it is stable. */
static sequence_number first_wanted(const struct replica *replica)
{
    sequence_number next = replica->executed + 1;
    bool beyond = next - replica->log.low > replica->log.window && next - replica->log.low < SEQUENCE_MOST;
    return beyond ? replica->executed - replica->executed % replica->config.checkpoint_interval : next;
}

void fetch_history(const struct step *step, uint16_t attempt)
{
    struct replica *replica = step->replica;
    node_id chosen = NO_NODE;
    for (uint32_t tried = 1; tried < replica->replicas && chosen == NO_NODE; tried++) {
        uint32_t step_on = 1 + (replica->catch_up.turn++ % (replica->replicas - 1));
        node_id peer = (replica->id + step_on) % replica->replicas;
        chosen = is_ahead(replica, peer) ? peer : NO_NODE;
    }
    struct catch_up *state = &replica->catch_up;
    if (chosen != NO_NODE) {
        state->fetches = state->fetching_at == replica->log.low && state->fetching_attempt == attempt
                             ? state->fetches + 1
                             : 1;
        state->fetching = replica->executed + FETCH_DECISIONS;
        state->fetching_at = replica->log.low;
        state->fetching_attempt = attempt;
        state->fetching_from = chosen;
        state->fetched_ns = step->event->now_ns;
        outbox_send(step->outbox, chosen, fetch_message(replica, first_wanted(replica), attempt));
    }
}

void fetch_ask_another(struct replica *replica, node_id from)
{
    struct catch_up *state = &replica->catch_up;
    if (from == state->fetching_from && state->fetches < 2 * replica->replicas) {
        state->fetching = 0;
        state->fetching_from = NO_NODE;
    }
}

/* --- answering --- */

static void send_contents(const struct step *step, node_id to, enum message_type type, view_number view,
                          sequence_number sequence, struct digest digest, struct payload *payload, uint16_t attempt,
                          uint8_t flags)
{
    struct message message = replica_message(step->replica, type);
    message.view = view;
    message.sequence = sequence;
    message.digest = digest;
    message.payload = payload;
    message.attempt = attempt;
    message.flags = flags;
    outbox_send(step->outbox, to, message);
}

static bool send_state(const struct step *step, node_id to, uint16_t attempt)
{
    struct replica *replica = step->replica;
    const struct stable_checkpoint *stable = &replica->checkpoints.stable;
    const struct snapshot *snapshot = snapshots_find(&replica->snapshots, stable->sequence);
    if (snapshot == NULL || !digest_equal(snapshot->digest, stable->digest)) {
        return false; /* it has moved its window, but waits for the state itself */
    }
    struct proof_shape shape = replica->rules.proofs.shape;
    struct payload *payload = outbox_allocate(step->outbox, state_size(shape, replica->clients.count));
    const struct state_head head = {stable->sequence, stable->digest};
    memcpy(payload->bytes, &head, sizeof head);
    struct proof *proof = (struct proof *)(void *)(payload->bytes + sizeof head);
    proof_write(proof, shape, &stable->votes, &replica->checkpoints.bitsets, NO_NODE);
    memcpy((unsigned char *)proof + proof_size(shape), snapshot->image, replica->snapshots.image_size);
    payload_seal(payload);
    send_contents(step, to, MESSAGE_STATE, 0, stable->sequence, stable->digest, payload, attempt, MESSAGE_ANSWER);
    payload_drop(payload);
    return true;
}

static struct payload *make_decision(const struct step *step, sequence_number sequence)
{
    struct replica *replica = step->replica;
    struct digest digest;
    struct payload *batch;
    const struct certificate *commits = log_committed(&replica->log, sequence, &digest, &batch);
    if (commits == NULL || (batch == NULL && !digest_is_null(digest))) {
        return NULL;
    }
    uint32_t batch_size = batch == NULL ? 0 : batch->size;
    struct proof_shape shape = replica->rules.proofs.shape;
    struct payload *payload = outbox_allocate(step->outbox, decision_size(shape, batch_size));
    const struct decision_head head = {sequence, digest, commits->view, batch_size};
    memcpy(payload->bytes, &head, sizeof head);
    struct proof *proof = (struct proof *)(void *)(payload->bytes + sizeof head);
    proof_write(proof, shape, commits, &replica->log.bitsets, NO_NODE);
    if (batch != NULL) {
        memcpy((unsigned char *)proof + proof_size(shape), batch->bytes, batch_size);
    }
    payload_seal(payload);
    return payload;
}

static bool send_decision(const struct step *step, node_id to, sequence_number sequence, uint16_t attempt,
                          uint8_t flags)
{
    struct payload *payload = log_record(&step->replica->log, sequence)->decision;
    if (payload != NULL) {
        payload_hold(payload); /* it got the decision from others itself, and passes it on */
    } else {
        payload = make_decision(step, sequence);
    }
    if (payload == NULL) {
        return false;
    }
    const struct decision_head *head = decision_head(payload);
    send_contents(step, to, MESSAGE_DECISION, head->view, sequence, head->digest, payload, attempt, flags);
    payload_drop(payload);
    return true;
}

bool fetch_push_decision(const struct step *step, node_id to, sequence_number sequence, uint16_t attempt)
{
    return send_decision(step, to, sequence, attempt, 0);
}

bool fetch_answer(const struct step *step, node_id to, sequence_number sequence, struct digest digest, uint16_t attempt)
{
    struct replica *replica = step->replica;
    struct payload *batch = fetch_find(replica, sequence, digest);
    if (batch != NULL) {
        send_contents(step, to, MESSAGE_BATCH, 0, sequence, digest, batch, attempt, MESSAGE_ANSWER);
        return true;
    }
    if (sequence <= replica->log.low) {
        return send_state(step, to, attempt);
    }
    bool sent = false;
    for (uint32_t count = 0; count < FETCH_DECISIONS && sequence <= replica->executed; count++) {
        sent |= send_decision(step, to, sequence++, attempt, MESSAGE_ANSWER);
    }
    return sent;
}

#include <string.h>

#include "core/catch_up.h"
#include "core/execute.h"
#include "core/fetch.h"
#include "core/handlers.h"

static enum reject validate(struct replica *replica, const struct message *message, node_id from)
{
    if (message->payload == NULL || !decision_valid(message->payload, &replica->rules.proofs)) {
        return REJECT_BAD_CERTIFICATE;
    }
    sequence_number sequence = decision_head(message->payload)->sequence;
    catch_up_note_proof(replica, from, sequence);
    if (sequence <= replica->executed) {
        return REJECT_OBSOLETE;
    }
    if (!log_contains(&replica->log, sequence)) {
        fetch_ask_another(replica, from);
        return REJECT_OUTSIDE_WINDOW;
    }
    return log_record(&replica->log, sequence)->decision == NULL ? REJECT_NONE : REJECT_OBSOLETE;
}

/* The batch as a payload of its own; one reference is the caller's. */
static struct payload *extract_batch(const struct step *step, const struct payload *decision)
{
    uint32_t size = decision_head(decision)->batch_size;
    struct payload *batch = outbox_allocate(step->outbox, size);
    memcpy(batch->bytes, decision_batch(decision, step->replica->rules.proofs.shape), size);
    payload_seal(batch);
    return batch;
}

/* R32: executes what q replicas committed, without voting. */
enum reject on_decision(const struct step *step)
{
    struct replica *replica = step->replica;
    struct payload *decision = step->event->message->payload;
    enum reject reason = validate(replica, step->event->message, step->event->from);
    if (reason != REJECT_NONE) {
        return reason;
    }
    const struct decision_head *head = decision_head(decision);
    struct payload *batch = head->batch_size > 0 ? extract_batch(step, decision) : NULL;
    bool valid = batch == NULL || batch_valid(batch, replica->keyring, replica->clients.first, replica->clients.count);
    if (valid) {
        log_decide(&replica->log, head->sequence, head->view, decision, batch);
        execute_ready(step);
    }
    if (batch != NULL) {
        payload_drop(batch);
    }
    return valid ? REJECT_NONE : REJECT_BAD_REQUEST;
}

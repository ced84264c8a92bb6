#include <string.h>

#include "core/catch_up.h"
#include "core/execute.h"
#include "core/fetch.h"
#include "core/handlers.h"

/* R22: the checkpoint is stable here, and not yet there where decisions are all that can be had. */
static bool is_next_behind(const struct replica *replica, sequence_number sequence)
{
    return sequence == replica->executed + 1 && sequence <= replica->log.low;
}

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
    if (is_next_behind(replica, sequence)) {
        return REJECT_NONE;
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
    if (valid && is_next_behind(replica, head->sequence)) {
        execute_behind(step, head->view, batch);
        execute_ready(step);
    } else if (valid) {
        log_decide(&replica->log, head->sequence, head->view, decision, batch);
        execute_ready(step);
    }
    if (batch != NULL) {
        payload_drop(batch);
    }
    return valid ? REJECT_NONE : REJECT_BAD_REQUEST;
}

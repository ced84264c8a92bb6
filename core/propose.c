#include "core/propose.h"

#include <string.h>

#include "core/agreement.h"

static bool may_propose(struct replica *replica)
{
    sequence_number next = replica->proposed + 1;
    return next - replica->executed <= replica->config.pipeline && log_contains(&replica->log, next) &&
           client_table_unproposed(&replica->clients) != NULL;
}

/* Counts what the next batch takes, up to the limit, without taking it. */
static uint32_t measure_batch(const struct client_table *clients, uint32_t limit, uint32_t *size)
{
    uint32_t count = 0;
    *size = 0;
    for (uint32_t index = clients->unproposed; index != NO_CLIENT && count < limit;) {
        const struct client_record *record = &clients->records[index];
        if (record->pending_timestamp > record->ordered_timestamp) {
            *size += record->pending->size;
            count++;
        }
        index = record->next;
    }
    return count;
}

/* One request travels as the client made it; several are copied into a payload of their own. One reference is the
 * caller's. */
static struct payload *gather_batch(const struct step *step)
{
    struct replica *replica = step->replica;
    uint32_t size;
    uint32_t count = measure_batch(&replica->clients, replica->config.batch, &size);
    if (count == 1) {
        struct payload *request = client_table_propose(&replica->clients)->pending;
        payload_hold(request);
        return request;
    }
    struct payload *batch = outbox_allocate(step->outbox, size);
    size_t offset = 0;
    bool valid = true;
    for (uint32_t taken = 0; taken < count; taken++) {
        const struct payload *request = client_table_propose(&replica->clients)->pending;
        valid = valid && payload_is_checked(request, PAYLOAD_BATCH);
        memcpy(batch->bytes + offset, request->bytes, request->size);
        offset += request->size;
    }
    payload_seal(batch);
    if (valid) {
        payload_is_known(batch, PAYLOAD_BATCH); /* valid batches back to back are one */
    }
    return batch;
}

void propose_ready(const struct step *step)
{
    struct replica *replica = step->replica;
    if (!replica->active || !replica_is_primary(replica)) {
        return;
    }
    while (may_propose(replica)) {
        struct payload *batch = gather_batch(step);
        struct message message = replica_message(replica, MESSAGE_PRE_PREPARE);
        message.view = replica->view;
        message.sequence = ++replica->proposed;
        message.digest = payload_digest(batch);
        message.payload = batch;
        union vote_auth auth = replica_broadcast(step, &message);
        agreement_open(step, message.sequence, message.digest, auth, batch);
        payload_drop(batch); /* the log and the outbox hold theirs */
    }
}

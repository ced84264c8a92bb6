#include "core/execute.h"

#include "core/stable.h"

void execute_reply(const struct step *step, node_id client, uint16_t attempt)
{
    const struct client_record *record = client_table_record(&step->replica->clients, client);
    struct message reply = replica_message(step->replica, MESSAGE_REPLY);
    reply.view = step->replica->view;
    reply.timestamp = record->executed_timestamp;
    reply.digest.words[0] = record->result;
    reply.attempt = attempt;
    outbox_send(step->outbox, client, reply);
}

/* True if the request was new. One that was ordered twice, or after a later one of its client, has no effect (R28). */
static bool execute_request(const struct step *step, const struct request *request)
{
    struct replica *replica = step->replica;
    const struct client_record *record = client_table_record(&replica->clients, request->client);
    if (request->timestamp <= record->executed_timestamp) {
        return false;
    }
    uint64_t result = service_apply(&replica->service, request_operation(request), request->size);
    client_table_executed(&replica->clients, request->client, request->timestamp, result);
    /* The tag covers timestamp and operation under the client's key: it stands for the contents. */
    replica->history = history_extend(history_extend(replica->history, request->client), request->tag);
    execute_reply(step, request->client, 0);
    return true;
}

static uint32_t execute_batch(const struct step *step, struct payload *batch)
{
    uint32_t executed = 0;
    for (const struct request *request = NULL; (request = batch_next(batch, request)) != NULL;) {
        executed += execute_request(step, request);
    }
    return executed;
}

static void execute_next(const struct step *step, const struct slot *slot, struct slot_record *record)
{
    struct replica *replica = step->replica;
    replica->executed++;
    record->executed = true;
    struct journal_entry entry = {.kind = JOURNAL_EXECUTED, .time_ns = step->event->now_ns,
                                  .sequence = replica->executed, .digest = slot->digest, .view = slot->commits.view,
                                  .committed_ns = record->committed_ns};
    if (record->batch == NULL) {
        entry.flags |= JOURNAL_FLAG_NULL;
    } else {
        entry.count = execute_batch(step, record->batch);
    }
    replica->history = history_extend(replica->history, replica->executed);
    entry.history = replica->history;
    outbox_record(step->outbox, &entry);
}

void execute_ready(const struct step *step)
{
    struct replica *replica = step->replica;
    for (;;) {
        sequence_number next = replica->executed + 1;
        if (!log_contains(&replica->log, next)) {
            return;
        }
        const struct slot *slot = log_slot(&replica->log, next);
        struct slot_record *record = log_record(&replica->log, next);
        bool lacking = record->batch == NULL && !digest_is_null(slot->digest);
        if (!slot->commits.complete || record->executed || lacking) {
            return;
        }
        execute_next(step, slot, record);
        if (replica->executed % replica->config.checkpoint_interval == 0) {
            stable_take(step);
        }
    }
}

#include "core/execute.h"

#include "core/stable.h"

void execute_reply(const struct step *step, node_id client, uint16_t attempt)
{
    const struct client_record *record = client_table_record(&step->replica->clients, client);
    const struct message reply = {
        .type = MESSAGE_REPLY,
        .attempt = attempt,
        .view = step->replica->view,
        .timestamp = record->executed_timestamp,
        .digest = {{record->result}},
        .sender = step->replica->id,
    };
    outbox_put(step->outbox, client, &reply);
}

/* An execution in an active view shows that the view works. When it is the one that the timer waits for, the timer
 * starts anew, in full, for the oldest that is left (R23): time spent in a queue behind a primary that works counts for
 * nobody's timeout. A primary that starves one request is suspected all the same (R35): only the requests that were
 * known before it can hold its timer off, one of each client at most, each once, and for T at most. With p of them that
 * takes (p + 1) * T. What comes later restarts nothing. */
static void settle_view(const struct step *step, bool was_pending, bool was_awaited)
{
    struct replica *replica = step->replica;
    if (!replica->active) {
        return;
    }
    replica->views.asked = 0;
    bool view_timer_ends = was_pending && replica->views.deadline_ns != TIME_NEVER_NS;
    if (view_timer_ends) {
        replica->views.deadline_ns = TIME_NEVER_NS;
    }
    if (view_timer_ends || was_awaited) {
        replica->views.settled_ns = step->event->now_ns;
    }
}

/* True if the request was new. One that was ordered twice, or after a later one of its client, has no effect (R28). */
static bool execute_request(const struct step *step, const struct request *request)
{
    struct replica *replica = step->replica;
    const struct client_record *record = client_table_record(&replica->clients, request->client);
    if (request->timestamp <= record->executed_timestamp) {
        return false;
    }
    bool was_pending = record->pending != NULL && record->pending_timestamp <= request->timestamp;
    bool was_awaited = was_pending && client_table_is_oldest(&replica->clients, request->client);
    uint64_t result = service_apply(&replica->service, request_operation(request), request->size);
    client_table_executed(&replica->clients, request->client, request->timestamp, result);
    /* The tag covers timestamp and operation under the client's key: it stands for the contents. */
    replica->history = history_extend(history_extend(replica->history, request->client), request->tag);
    settle_view(step, was_pending, was_awaited);
    execute_reply(step, request->client, 0);
    return true;
}

static uint32_t execute_batch(const struct step *step, struct payload *batch)
{
    uint32_t executed = 0;
    const struct request *request = batch_next(batch, NULL);
    while (request != NULL) {
        const struct request *next = batch_next(batch, request);
        if (next != NULL) {
            __builtin_prefetch(client_table_record(&step->replica->clients, next->client), 1);
        }
        executed += execute_request(step, request);
        request = next;
    }
    return executed;
}

/* `batch` NULL is a null request. */
static void execute_next(const struct step *step, struct payload *batch, struct journal_entry entry)
{
    struct replica *replica = step->replica;
    replica->executed++;
    if (log_contains(&replica->log, replica->executed)) {
        log_record(&replica->log, replica->executed)->executed = true;
    }
    entry.kind = JOURNAL_EXECUTED;
    entry.sequence = replica->executed;
    if (batch == NULL) {
        entry.flags |= JOURNAL_FLAG_NULL;
    } else {
        entry.digest = payload_digest(batch);
        entry.count = execute_batch(step, batch);
    }
    replica->history = history_extend(replica->history, replica->executed);
    entry.history = replica->history;
    replica_journal(step, entry);
    if (replica->proposed < replica->executed) {
        replica->proposed = replica->executed;
    }
}

static void execute_fetched(const struct step *step, struct payload *batch, view_number view)
{
    execute_next(
        step, batch,
        (struct journal_entry){.view = view, .flags = JOURNAL_FLAG_FETCHED, .committed_ns = step->event->now_ns});
}

/* By the own certificate, or by one that others gathered (R32). */
static bool execute_one(const struct step *step, sequence_number next)
{
    struct log *log = &step->replica->log;
    const struct slot *slot = log_slot(log, next);
    const struct slot_record *record = log_record(log, next);
    if (record->executed) {
        return false;
    }
    if (slot->commits.complete) {
        execute_next(step, record->batch,
                     (struct journal_entry){.view = slot->commits.view, .committed_ns = record->committed_ns});
        return true;
    }
    if (record->decision != NULL) {
        execute_fetched(step, record->decided, record->decided_view);
        return true;
    }
    return false;
}

void execute_behind(const struct step *step, view_number view, struct payload *batch)
{
    struct replica *replica = step->replica;
    execute_fetched(step, batch, view);
    if (replica->executed == replica->log.low && replica->checkpoints.stable.sequence == replica->executed) {
        stable_take(step); /* it has the state now, and says so to those for whom it is not stable yet */
    }
}

void execute_ready(const struct step *step)
{
    struct replica *replica = step->replica;
    while (log_contains(&replica->log, replica->executed + 1) && execute_one(step, replica->executed + 1)) {
        if (replica->executed % replica->config.checkpoint_interval == 0) {
            stable_take(step);
        }
    }
}

#include "core/execute.h"
#include "core/fetch.h"
#include "core/handlers.h"
#include "core/stable.h"

/* R27: certified by q CHECKPOINTs, and further than what is executed or stable here. */
static enum reject validate(const struct replica *replica, const struct message *message)
{
    if (message->payload == NULL || !state_valid(message->payload, &replica->rules.proofs, replica->clients.count)) {
        return REJECT_BAD_STATE;
    }
    sequence_number sequence = state_head(message->payload)->sequence;
    if (sequence % replica->config.checkpoint_interval != 0) {
        return REJECT_BAD_STATE;
    }
    bool further = sequence > replica->executed || sequence > replica->log.low;
    return further ? REJECT_NONE : REJECT_OBSOLETE;
}

static void load_image(struct replica *replica, const struct state_image *image, uint64_t now_ns)
{
    replica->history = image->history;
    replica->service = image->service;
    for (uint32_t index = 0; index < replica->clients.count; index++) {
        node_id client = replica->clients.first + index;
        const struct client_record *record = &replica->clients.records[index];
        uint64_t timestamp = image->replies[index].timestamp;
        if (timestamp > record->executed_timestamp) {
            if (timestamp >= record->pending_timestamp && client_table_is_oldest(&replica->clients, client)) {
                replica->views.settled_ns = now_ns; /* the timer waited for this one (R23) */
            }
            client_table_executed(&replica->clients, client, timestamp, image->replies[index].result);
        }
    }
    if (client_table_oldest_ns(&replica->clients) == TIME_NEVER_NS) {
        replica->views.deadline_ns = TIME_NEVER_NS; /* what the view timer waited for was done elsewhere */
    }
}

enum reject on_state(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct payload *payload = step->event->message->payload;
    enum reject reason = validate(replica, step->event->message);
    if (reason != REJECT_NONE) {
        return reason;
    }
    const struct state_head *head = state_head(payload);
    if (head->sequence < replica->log.low) {
        fetch_ask_another(replica, step->event->from);
        return REJECT_OBSOLETE;
    }
    replica->catch_up.fetching = 0; /* answered */
    const struct state_image *image = state_image(payload, replica->rules.proofs.shape);
    stable_adopt(step, head->sequence, head->digest, state_proof(payload));
    if (head->sequence <= replica->executed) {
        return REJECT_NONE; /* it has the state: only the proof was lacking */
    }
    load_image(replica, image, step->event->now_ns);
    snapshots_keep(&replica->snapshots, head->sequence, head->digest, image);
    replica->executed = head->sequence;
    if (replica->proposed < replica->executed) {
        replica->proposed = replica->executed;
    }
    replica_journal(step, (struct journal_entry){.kind = JOURNAL_TRANSFERRED,
                                                 .sequence = head->sequence,
                                                 .digest = head->digest,
                                                 .history = replica->history});
    execute_ready(step);
    return REJECT_NONE;
}

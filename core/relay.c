#include "core/relay.h"

#include "core/request.h"

void relay_request(const struct step *step, const struct message *request)
{
    const struct replica *replica = step->replica;
    if (!replica->active || replica_is_primary(replica)) {
        return;
    }
    struct message message = replica_message(replica, MESSAGE_REQUEST);
    message.client = request->client;
    message.timestamp = request->timestamp;
    message.attempt = request->attempt;
    message.digest = request->digest;
    message.payload = request->payload;
    outbox_send(step->outbox, replica_primary(replica), message);
}

void relay_pending(const struct step *step)
{
    const struct client_table *clients = &step->replica->clients;
    for (uint32_t index = clients->oldest; index != NO_CLIENT; index = clients->records[index].next) {
        const struct client_record *record = &clients->records[index];
        if (record->since_ns == TIME_NEVER_NS) {
            continue; /* a relayed one itself */
        }
        struct message request = {.type = MESSAGE_REQUEST};
        request.client = clients->first + index;
        request.timestamp = record->pending_timestamp;
        const view_number view = step->replica->view;
        request.attempt = view > UINT16_MAX ? (uint16_t)(1 + view % UINT16_MAX) : (uint16_t)view; /* never 0 again */
        request.digest = request_mark(record->pending);
        request.payload = record->pending;
        relay_request(step, &request);
    }
}

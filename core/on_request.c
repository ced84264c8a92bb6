#include "core/execute.h"
#include "core/handlers.h"
#include "core/relay.h"

/* Well formed, one request, of the client that the message names, with that client's tag (I6). A request comes from
 * its client, or from a replica that relays it (R29). */
static enum reject validate(const struct replica *replica, const struct event *event)
{
    const struct message *message = event->message;
    struct payload *payload = message->payload;
    if (!client_table_knows(&replica->clients, message->client) || payload == NULL || message->timestamp == 0) {
        return REJECT_MALFORMED;
    }
    if (event->from != message->client && !replica_is_replica(replica, event->from)) {
        return REJECT_BAD_REQUEST;
    }
    if (!batch_valid(payload, replica->keyring, replica->clients.first, replica->clients.count)) {
        return REJECT_BAD_REQUEST;
    }
    const struct request *request = batch_next(payload, NULL);
    bool single = batch_next(payload, request) == NULL;
    bool same = request->client == message->client && request->timestamp == message->timestamp;
    return single && same ? REJECT_NONE : REJECT_MALFORMED;
}

enum reject on_request(const struct step *step)
{
    struct replica *replica = step->replica;
    const struct message *message = step->event->message;
    enum reject reason = validate(replica, step->event);
    if (reason != REJECT_NONE) {
        return reason;
    }
    const struct client_record *record = client_table_record(&replica->clients, message->client);
    bool from_client = step->event->from == message->client;
    if (message->timestamp <= record->executed_timestamp) {
        if (message->timestamp == record->executed_timestamp) {
            execute_reply(step, message->client, message->attempt); /* R28: the last reply again */
        }
        return REJECT_OLD_REQUEST;
    }
    if (from_client) {
        relay_request(step, message); /* R29 */
    }
    uint64_t since_ns = from_client ? step->event->now_ns : TIME_NEVER_NS;
    bool known = record->pending != NULL && message->timestamp <= record->pending_timestamp;
    /* One that was relayed first gets its place among those that came from their clients by its client's own word: the
     * timer is the oldest one's (R23). */
    bool vouched = known && from_client && record->since_ns == TIME_NEVER_NS &&
                   message->timestamp == record->pending_timestamp;
    if (known && !vouched) {
        return REJECT_OLD_REQUEST;
    }
    client_table_await(&replica->clients, message->client, message->timestamp, message->payload, since_ns);
    return REJECT_NONE;
}

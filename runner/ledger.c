#include "runner/ledger.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_CAPACITY 4
#define REMEMBERED 64 /* bits of executed_below; what is older counts as executed */

bool ledger_create(struct ledger *ledger, node_id first_client, uint32_t clients, uint32_t accomplices)
{
    *ledger = (struct ledger){
        .first_client = first_client, .clients = clients, .accomplices = accomplices, .wrong.client = NO_NODE};
    ledger->of = calloc((size_t)clients + accomplices, sizeof *ledger->of);
    for (uint32_t i = 0; ledger->of != NULL && i < clients + accomplices; i++) {
        ledger->of[i].first = 1;
    }
    return ledger->of != NULL;
}

void ledger_destroy(struct ledger *ledger)
{
    for (uint32_t i = 0; ledger->of != NULL && i < ledger->clients + ledger->accomplices; i++) {
        free(ledger->of[i].records);
    }
    free(ledger->of);
    ledger->of = NULL;
}

static struct client_ledger *client_of(const struct ledger *ledger, node_id client)
{
    assert(client - ledger->first_client < ledger->clients + ledger->accomplices);
    return &ledger->of[client - ledger->first_client];
}

static struct request_record *record_of(const struct client_ledger *client, uint64_t timestamp)
{
    assert(timestamp >= client->first && timestamp <= client->submitted);
    return &client->records[timestamp & (client->capacity - 1)];
}

static bool grow(struct client_ledger *client)
{
    uint32_t capacity = client->capacity == 0 ? FIRST_CAPACITY : 2 * client->capacity;
    struct request_record *records = malloc(capacity * sizeof *records);
    if (records == NULL) {
        return false;
    }
    for (uint64_t timestamp = client->first; timestamp <= client->submitted; timestamp++) {
        records[timestamp & (capacity - 1)] = *record_of(client, timestamp);
    }
    free(client->records);
    client->records = records;
    client->capacity = capacity;
    return true;
}

bool ledger_submit(struct ledger *ledger, node_id id, uint64_t timestamp, uint64_t planned_ns)
{
    struct client_ledger *client = client_of(ledger, id);
    assert(timestamp == client->submitted + 1);
    if (timestamp - client->first >= client->capacity && !grow(client)) {
        return false;
    }
    client->submitted = timestamp;
    ledger->submitted++;
    *record_of(client, timestamp) = (struct request_record){.planned_ns = planned_ns};
    return true;
}

/* I7, as soon as both are known. */
static void compare_results(struct ledger *ledger, node_id client, uint64_t timestamp,
                            const struct request_record *record)
{
    if (record->accepted && record->computes && record->promised != record->computed &&
        ledger->wrong.client == NO_NODE) {
        ledger->wrong = (struct wrong_result){client, timestamp, record->promised, record->computed};
    }
}

static void forget_done(struct client_ledger *client)
{
    while (client->first <= client->submitted) {
        const struct request_record *record = record_of(client, client->first);
        if (!record->accepted || !record->executed) {
            return;
        }
        client->first++;
    }
}

bool ledger_accept(struct ledger *ledger, struct request_id request, uint64_t result, uint64_t *planned_ns)
{
    struct client_ledger *client = client_of(ledger, request.client);
    const uint64_t timestamp = request.timestamp;
    assert(timestamp >= 1 && timestamp <= client->submitted);
    if (timestamp < client->first || record_of(client, timestamp)->accepted) {
        return false;
    }
    struct request_record *record = record_of(client, timestamp);
    record->accepted = true;
    record->promised = result;
    compare_results(ledger, request.client, timestamp, record);
    *planned_ns = record->planned_ns;
    ledger->accepted++;
    forget_done(client);
    return true;
}

bool ledger_was_submitted(const struct ledger *ledger, struct request_id request)
{
    if (!ledger_is_correct_client(ledger, request.client)) {
        return true;
    }
    return request.timestamp >= 1 && request.timestamp <= client_of(ledger, request.client)->submitted;
}

static enum ledger_order put_in_order(struct client_ledger *client, uint64_t timestamp)
{
    if (timestamp > client->newest_executed) {
        uint64_t step = timestamp - client->newest_executed;
        client->executed_below = (step < REMEMBERED ? client->executed_below << step : 0) | 1;
        client->newest_executed = timestamp;
        return LEDGER_NEW;
    }
    uint64_t back = client->newest_executed - timestamp;
    if (back >= REMEMBERED || (client->executed_below >> back & 1) != 0) {
        return LEDGER_REPEATED;
    }
    client->executed_below |= (uint64_t)1 << back;
    return LEDGER_LATE;
}

enum ledger_order ledger_execute(struct ledger *ledger, struct request_id request, bool everywhere,
                                 uint64_t *planned_ns)
{
    struct client_ledger *client = client_of(ledger, request.client);
    enum ledger_order order = put_in_order(client, request.timestamp);
    uint64_t computed = 0;
    if (order == LEDGER_NEW) {
        computed = service_apply(&ledger->service, request.operation, request.size);
    }
    if (order == LEDGER_REPEATED || !ledger_is_correct_client(ledger, request.client)) {
        return order;
    }
    struct request_record *record = record_of(client, request.timestamp);
    *planned_ns = record->planned_ns;
    record->executed = true;
    record->computes = order == LEDGER_NEW && !ledger->results_unknown;
    record->computed = computed;
    compare_results(ledger, request.client, request.timestamp, record);
    ledger->executed++;
    ledger->executed_everywhere += everywhere;
    forget_done(client);
    return order;
}

bool ledger_find_unfounded(const struct ledger *ledger, struct request_id *request)
{
    for (uint32_t i = 0; i < ledger->clients; i++) {
        const struct client_ledger *client = &ledger->of[i];
        for (uint64_t timestamp = client->first; timestamp <= client->submitted; timestamp++) {
            const struct request_record *record = record_of(client, timestamp);
            if (record->accepted && !record->executed) {
                *request = (struct request_id){.timestamp = timestamp, .client = ledger->first_client + i};
                return true;
            }
        }
    }
    return false;
}

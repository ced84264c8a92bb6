#include "core/client_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/zeroed.h"

bool client_table_create(struct client_table *table, node_id first, uint32_t count)
{
    *table = (struct client_table){
        .first = first, .count = count, .oldest = NO_CLIENT, .newest = NO_CLIENT, .unproposed = NO_CLIENT};
    table->records = zeroed_of_each(first, count > 0 ? count : 1, sizeof *table->records);
    return table->records != NULL;
}

void client_table_destroy(struct client_table *table)
{
    for (uint32_t index = 0; table->records != NULL && index < table->count; index++) {
        if (table->records[index].pending != NULL) {
            payload_drop(table->records[index].pending);
        }
    }
    free(table->records);
    memset(table, 0, sizeof *table);
}

static void append(struct client_table *table, uint32_t index)
{
    struct client_record *record = &table->records[index];
    record->previous = table->newest;
    record->next = NO_CLIENT;
    if (table->newest == NO_CLIENT) {
        table->oldest = index;
    } else {
        table->records[table->newest].next = index;
    }
    table->newest = index;
    if (table->unproposed == NO_CLIENT) {
        table->unproposed = index;
    }
    table->pending_count++;
}

static void unlink_pending(struct client_table *table, uint32_t index)
{
    struct client_record *record = &table->records[index];
    if (table->unproposed == index) {
        table->unproposed = record->next;
    }
    if (record->previous == NO_CLIENT) {
        table->oldest = record->next;
    } else {
        table->records[record->previous].next = record->next;
    }
    if (record->next == NO_CLIENT) {
        table->newest = record->previous;
    } else {
        table->records[record->next].previous = record->previous;
    }
    payload_drop(record->pending);
    record->pending = NULL;
    record->pending_timestamp = 0;
    table->pending_count--;
}

void client_table_await(struct client_table *table, node_id client, uint64_t timestamp, struct payload *request,
                        uint64_t since_ns)
{
    assert(client_table_knows(table, client));
    uint32_t index = client - table->first;
    struct client_record *record = &table->records[index];
    if (record->pending != NULL) {
        unlink_pending(table, index);
    }
    payload_hold(request);
    record->pending = request;
    record->pending_timestamp = timestamp;
    record->since_ns = since_ns;
    append(table, index);
}

void client_table_executed(struct client_table *table, node_id client, uint64_t timestamp, uint64_t result)
{
    struct client_record *record = client_table_record(table, client);
    assert(timestamp > record->executed_timestamp);
    record->executed_timestamp = timestamp;
    record->result = result;
    if (record->pending != NULL && record->pending_timestamp <= timestamp) {
        unlink_pending(table, client - table->first);
    }
}

struct client_record *client_table_unproposed(struct client_table *table)
{
    while (table->unproposed != NO_CLIENT) {
        struct client_record *record = &table->records[table->unproposed];
        if (record->pending_timestamp > record->ordered_timestamp) {
            return record;
        }
        table->unproposed = record->next;
    }
    return NULL;
}

struct client_record *client_table_propose(struct client_table *table)
{
    struct client_record *record = client_table_unproposed(table);
    if (record != NULL) {
        record->ordered_timestamp = record->pending_timestamp;
        table->unproposed = record->next;
    }
    return record;
}

void client_table_unpropose_all(struct client_table *table)
{
    table->unproposed = table->oldest;
    for (uint32_t index = 0; index < table->count; index++) {
        table->records[index].ordered_timestamp = 0;
    }
}

void client_table_ordered(struct client_table *table, node_id client, uint64_t timestamp)
{
    struct client_record *record = client_table_record(table, client);
    if (timestamp > record->ordered_timestamp) {
        record->ordered_timestamp = timestamp;
    }
}

struct payload *client_table_find(const struct client_table *table, struct digest digest)
{
    for (uint32_t index = table->oldest; index != NO_CLIENT; index = table->records[index].next) {
        struct payload *pending = table->records[index].pending;
        if (digest_equal(payload_digest(pending), digest)) {
            return pending;
        }
    }
    return NULL;
}

uint64_t client_table_oldest_ns(const struct client_table *table)
{
    for (uint32_t index = table->oldest; index != NO_CLIENT; index = table->records[index].next) {
        if (table->records[index].since_ns != TIME_NEVER_NS) {
            return table->records[index].since_ns;
        }
    }
    return TIME_NEVER_NS;
}

bool client_table_is_oldest(const struct client_table *table, node_id client)
{
    const struct client_record *record = &table->records[client - table->first];
    if (record->pending == NULL || record->since_ns == TIME_NEVER_NS) {
        return false;
    }
    while (record->previous != NO_CLIENT) {
        record = &table->records[record->previous];
        if (record->since_ns != TIME_NEVER_NS) {
            return false;
        }
    }
    return true;
}

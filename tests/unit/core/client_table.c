/* What a replica knows of its clients, held against a naive model: a list in order of arrival. */
#include <criterion/criterion.h>

#include "core/client_table.h"

#define FIRST 4
#define CLIENTS 12

static uint32_t living;

static void reclaim(struct payload *payload)
{
    living--;
    free(payload);
}

static struct payload *payload_of(uint64_t contents)
{
    struct payload *payload = malloc(sizeof *payload + sizeof contents);
    *payload = (struct payload){.size = sizeof contents, .reclaim = reclaim};
    atomic_init(&payload->references, 1);
    memcpy(payload->bytes, &contents, sizeof contents);
    payload_seal(payload);
    living++;
    return payload;
}

static void await(struct client_table *table, node_id client, uint64_t timestamp)
{
    struct payload *request = payload_of(timestamp);
    client_table_await(table, client, timestamp, request, 10 * timestamp);
    payload_drop(request);
}

Test(client_table, knows_its_clients_and_nobody_else)
{
    struct client_table table;
    cr_assert(client_table_create(&table, FIRST, CLIENTS));
    cr_assert_not(client_table_knows(&table, FIRST - 1));
    cr_assert(client_table_knows(&table, FIRST));
    cr_assert(client_table_knows(&table, FIRST + CLIENTS - 1));
    cr_assert_not(client_table_knows(&table, FIRST + CLIENTS));
    cr_assert_not(client_table_knows(&table, 0));
    cr_assert_not(client_table_knows(&table, UINT32_MAX));
    client_table_destroy(&table);
}

Test(client_table, without_clients_there_is_nothing_to_propose)
{
    struct client_table table;
    cr_assert(client_table_create(&table, FIRST, 0));
    cr_assert_not(client_table_knows(&table, FIRST));
    cr_assert_null(client_table_propose(&table));
    client_table_unpropose_all(&table);
    cr_assert_null(client_table_propose(&table));
    client_table_destroy(&table);
}

Test(client_table, proposes_in_order_of_arrival_each_once)
{
    struct client_table table;
    cr_assert(client_table_create(&table, FIRST, CLIENTS));
    const node_id order[] = {9, 4, 15, 7};
    for (uint32_t index = 0; index < 4; index++) {
        await(&table, order[index], 1);
    }
    for (uint32_t index = 0; index < 4; index++) {
        cr_assert_eq(client_table_propose(&table), client_table_record(&table, order[index]));
    }
    cr_assert_null(client_table_propose(&table));
    client_table_unpropose_all(&table);
    cr_assert_eq(client_table_propose(&table), client_table_record(&table, 9), "a new primary starts over");
    client_table_destroy(&table);
    cr_assert_eq(living, 0);
}

/* The naive model: pending requests in an array, in order of arrival, with a flag each. */
struct model_entry {
    node_id client;
    uint64_t timestamp;
    bool proposed;
};

struct model {
    struct model_entry pending[CLIENTS];
    uint32_t count;
    uint64_t executed[CLIENTS];
    uint64_t result[CLIENTS];
};

static void model_remove(struct model *model, node_id client)
{
    for (uint32_t index = 0; index < model->count; index++) {
        if (model->pending[index].client == client) {
            memmove(&model->pending[index], &model->pending[index + 1],
                    (model->count - index - 1) * sizeof *model->pending);
            model->count--;
            return;
        }
    }
}

static const struct model_entry *model_find(const struct model *model, node_id client)
{
    for (uint32_t index = 0; index < model->count; index++) {
        if (model->pending[index].client == client) {
            return &model->pending[index];
        }
    }
    return NULL;
}

static void check_same(struct client_table *table, const struct model *model)
{
    cr_assert_eq(table->pending_count, model->count);
    uint32_t index = table->oldest, before = NO_CLIENT;
    uint32_t unproposed = NO_CLIENT;
    for (uint32_t place = 0; place < model->count; place++) {
        const struct model_entry *entry = &model->pending[place];
        cr_assert_eq(index, entry->client - FIRST);
        const struct client_record *record = &table->records[index];
        cr_assert_eq(record->pending_timestamp, entry->timestamp);
        cr_assert_not_null(record->pending);
        cr_assert_eq(memcmp(record->pending->bytes, &entry->timestamp, sizeof entry->timestamp), 0);
        cr_assert_eq(record->since_ns, 10 * entry->timestamp);
        cr_assert_eq(record->previous, before);
        unproposed = unproposed == NO_CLIENT && !entry->proposed ? index : unproposed;
        before = index;
        index = record->next;
    }
    cr_assert_eq(index, NO_CLIENT);
    cr_assert_eq(table->newest, before);
    cr_assert_eq(table->unproposed, unproposed);
    for (node_id client = FIRST; client < FIRST + CLIENTS; client++) {
        const struct client_record *record = client_table_record(table, client);
        cr_assert_eq(record->executed_timestamp, model->executed[client - FIRST]);
        cr_assert_eq(record->result, model->result[client - FIRST]);
        cr_assert_eq(record->pending != NULL, model_find(model, client) != NULL);
    }
}

static void step_both(struct client_table *table, struct model *model, uint64_t draw)
{
    node_id client = FIRST + (node_id)(draw >> 8) % CLIENTS;
    uint64_t executed = model->executed[client - FIRST];
    const struct model_entry *pending = model_find(model, client);
    uint64_t timestamp = executed + 1 + (draw >> 40) % 3;
    switch (draw % 8) {
    case 0:
    case 1:
    case 2:
        if (pending == NULL || timestamp > pending->timestamp) { /* as the replica's handler does */
            await(table, client, timestamp);
            model_remove(model, client);
            model->pending[model->count++] = (struct model_entry){client, timestamp, false};
        }
        break;
    case 3:
    case 4:
        client_table_executed(table, client, timestamp, draw);
        if (pending != NULL && pending->timestamp <= timestamp) {
            model_remove(model, client);
        }
        model->executed[client - FIRST] = timestamp;
        model->result[client - FIRST] = draw;
        break;
    case 5:
    case 6: {
        struct client_record *record = client_table_propose(table);
        uint32_t place = 0;
        while (place < model->count && model->pending[place].proposed) {
            place++;
        }
        cr_assert_eq(record == NULL, place == model->count);
        if (record != NULL) {
            cr_assert_eq(record, client_table_record(table, model->pending[place].client));
            model->pending[place].proposed = true;
        }
        break;
    }
    default:
        if (draw >> 60 == 0) {
            client_table_unpropose_all(table);
            for (uint32_t place = 0; place < model->count; place++) {
                model->pending[place].proposed = false;
            }
        }
    }
}

Test(client_table, does_what_the_model_does)
{
    uint64_t state = 1;
    for (uint32_t round = 0; round < 20; round++) {
        struct client_table table;
        struct model model = {0};
        cr_assert(client_table_create(&table, FIRST, CLIENTS));
        for (uint32_t step = 0; step < 2000; step++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17; /* xorshift64 */
            step_both(&table, &model, state * 0x9e3779b97f4a7c15ULL);
            check_same(&table, &model);
            cr_assert_eq(living, model.count, "one reference for each pending request, and no more");
        }
        client_table_destroy(&table);
        cr_assert_eq(living, 0);
    }
}

#include "core/snapshots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sodium/crypto_generichash.h>

bool snapshots_create(struct snapshots *snapshots, uint32_t clients, uint32_t interval, uint32_t window)
{
    *snapshots = (struct snapshots){
        .interval = interval, .count = window / interval + 2, .image_size = state_image_size(clients)};
    snapshots->entries = calloc(snapshots->count, sizeof *snapshots->entries);
    snapshots->memory = malloc(snapshots->count * snapshots->image_size);
    if (snapshots->entries == NULL || snapshots->memory == NULL) {
        return false;
    }
    for (uint32_t index = 0; index < snapshots->count; index++) {
        snapshots->entries[index].image = (void *)(snapshots->memory + index * snapshots->image_size);
    }
    return true;
}

void snapshots_destroy(struct snapshots *snapshots)
{
    free(snapshots->entries);
    free(snapshots->memory);
    memset(snapshots, 0, sizeof *snapshots);
}

static struct snapshot *place_of(const struct snapshots *snapshots, sequence_number sequence)
{
    assert(sequence % snapshots->interval == 0);
    return &snapshots->entries[sequence / snapshots->interval % snapshots->count];
}

struct digest snapshots_take(struct snapshots *snapshots, sequence_number sequence, const struct service *service,
                             const struct client_table *clients, uint64_t history)
{
    struct snapshot *snapshot = place_of(snapshots, sequence);
    snapshot->sequence = sequence;
    snapshot->image->history = history;
    snapshot->image->service = *service;
    for (uint32_t index = 0; index < clients->count; index++) {
        snapshot->image->replies[index].timestamp = clients->records[index].executed_timestamp;
        snapshot->image->replies[index].result = clients->records[index].result;
    }
    snapshot->digest = digest_of(snapshot->image, snapshots->image_size);
    return snapshot->digest;
}

void snapshots_keep(struct snapshots *snapshots, sequence_number sequence, struct digest digest,
                    const struct state_image *image)
{
    struct snapshot *snapshot = place_of(snapshots, sequence);
    snapshot->sequence = sequence;
    snapshot->digest = digest;
    memcpy(snapshot->image, image, snapshots->image_size);
}

const struct snapshot *snapshots_find(const struct snapshots *snapshots, sequence_number sequence)
{
    if (sequence == 0 || sequence % snapshots->interval != 0) {
        return NULL;
    }
    const struct snapshot *snapshot = place_of(snapshots, sequence);
    return snapshot->sequence == sequence ? snapshot : NULL;
}

struct digest state_digest(const struct service *service, const struct client_table *clients, uint64_t history)
{
    crypto_generichash_state hash;
    struct digest digest;
    crypto_generichash_init(&hash, NULL, 0, sizeof digest.words);
    crypto_generichash_update(&hash, (const unsigned char *)&history, sizeof history);
    crypto_generichash_update(&hash, (const unsigned char *)service, sizeof *service);
    for (uint32_t index = 0; index < clients->count; index++) {
        const struct client_record *record = &clients->records[index];
        const uint64_t reply[2] = {record->executed_timestamp, record->result};
        crypto_generichash_update(&hash, (const unsigned char *)reply, sizeof reply);
    }
    crypto_generichash_final(&hash, (unsigned char *)digest.words, sizeof digest.words);
    return digest;
}

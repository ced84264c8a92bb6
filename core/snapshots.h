/* Copies of the replicated state at checkpoints (OSDI 1999, section 4.3), to take a digest of and to send to replicas
 * that fell behind. An image is the history's digest, the service, and the last reply to each client, contiguous; the
 * state's digest is the digest of these bytes. One owner, one thread. */
#ifndef PBFT_CORE_SNAPSHOTS_H
#define PBFT_CORE_SNAPSHOTS_H

#include "core/client_table.h"
#include "core/digest.h"
#include "core/service.h"

struct state_image {
    uint64_t history;
    struct service service;
    struct {
        uint64_t timestamp, result;
    } replies[]; /* one for each client, accomplices included */
};

static inline size_t state_image_size(uint32_t clients)
{
    return sizeof(struct state_image) + (size_t)clients * 16;
}

struct snapshot {
    sequence_number sequence; /* 0: unused */
    struct digest digest;
    struct state_image *image;
};

struct snapshots {
    uint32_t interval, count; /* K; one place for each multiple of K in the window, and two to spare */
    size_t image_size;
    struct snapshot *entries;
    unsigned char *memory;
};

/* False if memory is lacking; snapshots_destroy() is right also then. */
bool snapshots_create(struct snapshots *snapshots, uint32_t clients, uint32_t interval, uint32_t window);
void snapshots_destroy(struct snapshots *snapshots);

/* Copies the state as it is after executing `sequence`, a multiple of K, and returns its digest. */
struct digest snapshots_take(struct snapshots *snapshots, sequence_number sequence, const struct service *service,
                             const struct client_table *clients, uint64_t history);
/* Keeps an image that was fetched. */
void snapshots_keep(struct snapshots *snapshots, sequence_number sequence, struct digest digest,
                    const struct state_image *image);
/* NULL if it is not, or no longer, here. */
const struct snapshot *snapshots_find(const struct snapshots *snapshots, sequence_number sequence);

/* The digest of the state as it is now; takes no snapshot. */
struct digest state_digest(const struct service *service, const struct client_table *clients, uint64_t history);

#endif

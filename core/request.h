/* A client's request, and batches of requests: the contents of REQUEST and PRE-PREPARE payloads.
 *
 * A batch is requests back to back, each a header and its operation padded to 8 bytes. The payload of a REQUEST is a
 * batch of one, so a primary that batches nothing orders the client's own payload. */
#ifndef PBFT_CORE_REQUEST_H
#define PBFT_CORE_REQUEST_H

#include "core/auth.h"
#include "core/payload.h"
#include "core/types.h"

struct request {
    node_id client;
    uint32_t size;      /* bytes of operation that follow this header, without the padding */
    uint64_t timestamp; /* the client's; orders and deduplicates its requests (R28) */
    uint64_t tag;       /* auth_request_tag() by the client: nobody else can invent its request (I6) */
};

/* Bytes that a request with an operation of `operation_size` bytes takes in a batch. */
static inline size_t request_footprint(uint32_t operation_size)
{
    return sizeof(struct request) + (((size_t)operation_size + 7u) & ~(size_t)7u);
}

static inline const unsigned char *request_operation(const struct request *request)
{
    return (const unsigned char *)(request + 1);
}

/* Writes the request with its tag into `bytes` (request_footprint() of them); returns the number written. The
 * operation is copied and may be NULL if `size` is 0. */
size_t request_write(void *bytes, const struct keyring *keyring, node_id client, uint64_t timestamp,
                     const void *operation, uint32_t size);

/* Walks a batch: pass NULL for the first request; returns NULL past the last one. The batch must be well formed. */
const struct request *batch_next(const struct payload *batch, const struct request *previous);

/* What stands for a request in a REQUEST's digest and in its client's journal, instead of the digest of its contents,
 * which nobody needs unless the request is ordered alone: its tag, which binds them. */
static inline struct digest request_mark(const struct payload *request)
{
    return (struct digest){{batch_next(request, NULL)->tag, 0}};
}

uint32_t batch_count(const struct payload *batch);

/* Whether the batch is well formed and every request in it carries its client's tag. Remembers the answer on the
 * payload. Clients are `first_client` and above, `clients` of them. */
bool batch_valid(struct payload *batch, const struct keyring *keyring, node_id first_client, uint32_t clients);

#endif

#include "core/request.h"

#include <assert.h>
#include <string.h>

size_t request_write(void *bytes, const struct keyring *keyring, node_id client, uint64_t timestamp,
                     const void *operation, uint32_t size)
{
    struct request header = {.client = client, .size = size, .timestamp = timestamp};
    header.tag = auth_request_tag(keyring, client, timestamp, operation, size);
    unsigned char *out = bytes;
    size_t footprint = request_footprint(size);
    memset(out, 0, footprint); /* padding is part of the digest */
    memcpy(out, &header, sizeof header);
    if (size > 0) {
        memcpy(out + sizeof header, operation, size);
    }
    return footprint;
}

const struct request *batch_next(const struct payload *batch, const struct request *previous)
{
    size_t offset = 0;
    if (previous != NULL) {
        offset = (size_t)((const unsigned char *)previous - batch->bytes) + request_footprint(previous->size);
    }
    return offset < batch->size ? (const struct request *)(const void *)(batch->bytes + offset) : NULL;
}

uint32_t batch_count(const struct payload *batch)
{
    uint32_t count = 0;
    for (const struct request *request = NULL; (request = batch_next(batch, request)) != NULL;) {
        count++;
    }
    return count;
}

/* Every header and operation lies within the payload, and the last one ends where it ends. */
static bool well_formed(const struct payload *batch)
{
    size_t offset = 0;
    while (offset < batch->size) {
        if (batch->size - offset < sizeof(struct request)) {
            return false;
        }
        const struct request *request = (const struct request *)(const void *)(batch->bytes + offset);
        size_t footprint = request_footprint(request->size);
        if (footprint > batch->size - offset) {
            return false;
        }
        offset += footprint;
    }
    return batch->size > 0;
}

struct check {
    const struct keyring *keyring;
    node_id first_client;
    uint32_t clients;
};

static bool genuine(const struct payload *batch, const struct check *check)
{
    for (const struct request *request = NULL; (request = batch_next(batch, request)) != NULL;) {
        if (request->client < check->first_client || request->client - check->first_client >= check->clients ||
            request->timestamp == 0) {
            return false;
        }
        uint64_t tag = auth_request_tag(check->keyring, request->client, request->timestamp, request_operation(request),
                                        request->size);
        if (tag != request->tag) {
            return false;
        }
    }
    return true;
}

static bool is_valid(const struct payload *batch, const void *context)
{
    return well_formed(batch) && genuine(batch, context);
}

bool batch_valid(struct payload *batch, const struct keyring *keyring, node_id first_client, uint32_t clients)
{
    const struct check check = {keyring, first_client, clients};
    return payload_check(batch, PAYLOAD_BATCH, is_valid, &check);
}

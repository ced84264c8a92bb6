#include "net/payload.h"

#include <stdlib.h>

#include "net/memory.h"

static void reclaim(struct payload *payload)
{
    free(payload);
}

struct payload *payload_allocate(uint32_t size)
{
    const size_t bytes = sizeof(struct payload) + size;
    struct payload *payload = malloc(bytes);
    if (payload == NULL) {
        memory_exhausted("the contents of a message", bytes);
    }
    atomic_init(&payload->references, 1);
    atomic_init(&payload->valid_as, 0);
    atomic_init(&payload->invalid_as, 0);
    payload->size = size;
    payload->reclaim = reclaim;
    payload->beneath = NULL;
    atomic_init(&payload->digested, DIGEST_UNKNOWN);
    return payload;
}

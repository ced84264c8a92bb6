#include "core/payload.h"

#include <assert.h>

void payload_seal(struct payload *payload)
{
    assert(atomic_load_explicit(&payload->references, memory_order_relaxed) == 1);
    payload->digest = digest_of(payload->bytes, payload->size);
    payload->beneath = NULL;
    atomic_store_explicit(&payload->valid_as, 0, memory_order_relaxed);
    atomic_store_explicit(&payload->invalid_as, 0, memory_order_relaxed);
}

void payload_end(struct payload *payload)
{
    struct payload *beneath = payload->beneath;
    payload->reclaim(payload);
    if (beneath != NULL) {
        payload_drop(beneath);
    }
}

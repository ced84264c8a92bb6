#include "core/payload.h"

#include <assert.h>

void payload_seal(struct payload *payload)
{
    assert(atomic_load_explicit(&payload->references, memory_order_relaxed) == 1);
    atomic_store_explicit(&payload->digested, DIGEST_UNKNOWN, memory_order_relaxed);
    payload->beneath = NULL;
    atomic_store_explicit(&payload->valid_as, 0, memory_order_relaxed);
    atomic_store_explicit(&payload->invalid_as, 0, memory_order_relaxed);
}

struct digest payload_find_digest(const struct payload *contents)
{
    const struct digest digest = digest_of(contents->bytes, contents->size);
    struct payload *payload = (struct payload *)(uintptr_t)contents; /* remembering it changes no contents */
    uint8_t unknown = DIGEST_UNKNOWN;
    /* relaxed: it only says who writes; who finds another at it has computed the same */
    if (atomic_compare_exchange_strong_explicit(&payload->digested, &unknown, DIGEST_WRITING, memory_order_relaxed,
                                                memory_order_relaxed)) {
        payload->digest_once_known = digest;
        atomic_store_explicit(&payload->digested, DIGEST_KNOWN, memory_order_release);
    }
    return digest;
}

void payload_end(struct payload *payload)
{
    struct payload *beneath = payload->beneath;
    payload->reclaim(payload);
    if (beneath != NULL) {
        payload_drop(beneath);
    }
}

/* Large contents that messages refer to: request batches, and later view-changes, new-views and fetched state.
 *
 * A payload is immutable once sealed; its digest is found when somebody first asks for it. It is shared between threads
 * by a C11 reference count. Who owns what:
 *  - outbox_allocate() hands out one reference, to the step that asked; a step that sends the payload keeps its own
 *    reference and must drop it when it no longer needs it;
 *  - net holds one reference for each delivery that it schedules and drops it when the receiver's step has returned;
 *  - a receiver that wants to keep the contents beyond its step takes one more with payload_hold(). */
#ifndef PBFT_CORE_PAYLOAD_H
#define PBFT_CORE_PAYLOAD_H

#include <stdatomic.h>

#include "core/digest.h"

/* What contents can be checked to be. The answer is a function of the contents (and of the run's keys and sizes), so
 * whoever finds it first may remember it for all: relaxed, since both sides would compute the same. */
enum payload_kind {
    PAYLOAD_BATCH = 1,
    PAYLOAD_VIEW_CHANGE = 2,
    PAYLOAD_NEW_VIEW = 4,
    PAYLOAD_DECISION = 8,
    PAYLOAD_STATE = 16
};

enum payload_digested { DIGEST_UNKNOWN, DIGEST_WRITING, DIGEST_KNOWN };

struct payload {
    _Atomic uint32_t references;
    uint32_t size;                     /* bytes of contents */
    _Atomic uint8_t valid_as;          /* enum payload_kind bits: found to be a valid one */
    _Atomic uint8_t invalid_as;        /* found not to be */
    _Atomic uint8_t digested;          /* enum payload_digested */
    void (*reclaim)(struct payload *); /* gives the memory back to its driver, on whatever thread drops last */
    struct payload *beneath;           /* contents that this one authenticates (seal.h), or NULL; one reference */
    struct digest digest_once_known;   /* of the contents: ask payload_digest() */
    _Alignas(16) unsigned char bytes[];
};

/* From here on nobody writes the contents. Called once, by the node that made the payload, before it is sent: whatever
 * travels is sealed, but for the authenticators of seal.h, so that its digest is found once for all receivers. */
void payload_seal(struct payload *payload);

/* For payload_digest(). */
struct digest payload_find_digest(const struct payload *payload);

/* Of the contents, which are sealed. Hashed once, whoever asks first; any thread, at the same time too. */
static inline struct digest payload_digest(const struct payload *payload)
{
    /* acquire: pairs with the release of the thread that wrote it */
    return atomic_load_explicit(&payload->digested, memory_order_acquire) == DIGEST_KNOWN
               ? payload->digest_once_known
               : payload_find_digest(payload);
}

/* Runs `check` once for all receivers of the payload. */
static inline bool payload_check(struct payload *payload, enum payload_kind kind,
                                 bool (*check)(const struct payload *payload, const void *context), const void *context)
{
    if (atomic_load_explicit(&payload->valid_as, memory_order_relaxed) & kind) {
        return true;
    }
    if (atomic_load_explicit(&payload->invalid_as, memory_order_relaxed) & kind) {
        return false;
    }
    bool valid = check(payload, context);
    atomic_fetch_or_explicit(valid ? &payload->valid_as : &payload->invalid_as, (uint8_t)kind, memory_order_relaxed);
    return valid;
}

/* Whether it was found to be a valid one already. */
static inline bool payload_is_checked(const struct payload *payload, enum payload_kind kind)
{
    return (atomic_load_explicit(&payload->valid_as, memory_order_relaxed) & kind) != 0;
}

/* To be remembered without a check, since it follows from how the contents were made. */
static inline void payload_is_known(struct payload *payload, enum payload_kind kind)
{
    atomic_fetch_or_explicit(&payload->valid_as, (uint8_t)kind, memory_order_relaxed);
}

/* One reference more. relaxed: the caller already holds one, so the object cannot go away meanwhile. */
static inline void payload_hold(struct payload *payload)
{
    atomic_fetch_add_explicit(&payload->references, 1, memory_order_relaxed);
}

static inline void payload_hold_many(struct payload *payload, uint32_t count)
{
    atomic_fetch_add_explicit(&payload->references, count, memory_order_relaxed);
}

/* Nobody refers to it any more: drops what is beneath, and gives the memory back. */
void payload_end(struct payload *payload);

/* `count` references less; the last one reclaims. acq_rel: every use of the contents happens before the reclaim. */
static inline void payload_drop_many(struct payload *payload, uint32_t count)
{
    if (atomic_fetch_sub_explicit(&payload->references, count, memory_order_acq_rel) == count) {
        payload_end(payload);
    }
}

static inline void payload_drop(struct payload *payload)
{
    payload_drop_many(payload, 1);
}

/* Bytes that travel: the contents', and those of what is beneath. */
static inline uint64_t payload_travels(const struct payload *payload)
{
    return payload == NULL ? 0 : payload->size + (payload->beneath == NULL ? 0 : (uint64_t)payload->beneath->size);
}

#endif

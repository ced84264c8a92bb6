/* The replicated service: a small deterministic key-value store (OSDI 1999, section 4: the state machine). An
 * operation is any bytes: its first 8 choose the key, the next 8 are the value to store; missing bytes read as zero,
 * and what follows is ballast. The result is a function of the value that stood there before, so that both results
 * and state depend on the order of execution. One owner, one thread. */
#ifndef PBFT_CORE_SERVICE_H
#define PBFT_CORE_SERVICE_H

#include "core/types.h"

#define SERVICE_KEYS 128

struct service {
    uint64_t values[SERVICE_KEYS];
    uint64_t operations; /* applied so far */
};

void service_reset(struct service *service);
/* Applies the operation and returns its result. */
uint64_t service_apply(struct service *service, const unsigned char *operation, uint32_t size);

#endif

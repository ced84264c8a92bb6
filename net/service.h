/* A replica's processor under the virtual clock: one server, messages queue for it in the order in which they came.
 * One thread. */
#ifndef PBFT_NET_SERVICE_H
#define PBFT_NET_SERVICE_H

#include "core/types.h"

struct service {
    uint64_t busy_until_ns; /* with all that has begun */
    bool serving;           /* a message is being dealt with */
    uint32_t *waiting;      /* slots: a ring of `capacity`, a power of two or 0 */
    uint32_t capacity, first, count;
};

void service_destroy(struct service *service);

/* Puts a message behind the others. False if memory is lacking. */
bool service_wait(struct service *service, uint32_t slot);
/* Takes the one that came first; there is one. */
static inline uint32_t service_next(struct service *service)
{
    uint32_t slot = service->waiting[service->first & (service->capacity - 1)];
    service->first++;
    service->count--;
    return slot;
}

#endif

#include "net/service.h"

#include <stdlib.h>

#define LEAST 16u

void service_destroy(struct service *service)
{
    free(service->waiting);
    *service = (struct service){.busy_until_ns = 0};
}

static bool grow(struct service *service)
{
    uint32_t capacity = service->capacity == 0 ? LEAST : 2 * service->capacity;
    uint32_t *waiting = capacity == 0 ? NULL : malloc(capacity * sizeof *waiting);
    if (waiting == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < service->count; i++) {
        waiting[i] = service->waiting[(service->first + i) & (service->capacity - 1)];
    }
    free(service->waiting);
    service->waiting = waiting;
    service->capacity = capacity;
    service->first = 0;
    return true;
}

bool service_wait(struct service *service, uint32_t slot)
{
    if (service->count == service->capacity && !grow(service)) {
        return false;
    }
    service->waiting[(service->first + service->count) & (service->capacity - 1)] = slot;
    service->count++;
    return true;
}

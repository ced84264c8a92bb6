#include "core/service.h"

#include <string.h>

void service_reset(struct service *service)
{
    memset(service, 0, sizeof *service);
}

uint64_t service_apply(struct service *service, const unsigned char *operation, uint32_t size)
{
    uint64_t words[2] = {0, 0};
    memcpy(words, operation, size < sizeof words ? size : sizeof words);
    uint64_t *value = &service->values[words[0] % SERVICE_KEYS];
    uint64_t before = *value;
    *value = words[1] + (before << 1 | before >> 63);
    service->operations++;
    return before;
}

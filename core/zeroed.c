#include "core/zeroed.h"

#include <stdlib.h>
#include <string.h>

#include "core/types.h"

#define FEW_REPLICAS 256u
#define SMALL_BYTES ((size_t)64 << 20) /* in all replicas */

void *zeroed_of_each(uint32_t replicas, size_t count, size_t size)
{
    if (replicas > FEW_REPLICAS || count > SMALL_BYTES / size / replicas) {
        return calloc(count, size);
    }
    /* not malloc: compilers know that malloc and clearing is calloc */
    const size_t lines = (count * size + CACHE_LINE - 1) / CACHE_LINE;
    void *memory = aligned_alloc(CACHE_LINE, lines * CACHE_LINE);
    return memory == NULL ? NULL : memset(memory, 0, lines * CACHE_LINE);
}

#include "net/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/types.h"

void *memory_reserve(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void memory_release(void *memory, size_t bytes)
{
    if (memory != NULL) {
        munmap(memory, bytes);
    }
}

void *memory_untouched(size_t bytes)
{
    return aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
}

void *memory_lines(size_t count, size_t size)
{
    if (count > SIZE_MAX / size - CACHE_LINE) {
        return NULL;
    }
    void *memory = memory_untouched(count * size);
    if (memory != NULL) {
        memset(memory, 0, count * size);
    }
    return memory;
}

void memory_exhausted(const char *what, size_t bytes)
{
    fprintf(stderr, "pbft: no memory for %s (%zu bytes): use fewer nodes, a smaller window, or a machine with more\n",
            what, bytes);
    fflush(NULL);
    _exit(1);
}

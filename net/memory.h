/* Memory of the drivers. On threads it is reserved in one piece before the run, touched page by page as it fills up;
 * what runs out while threads run cannot be handed back as an error, so it ends the process with a sentence. Any
 * thread. */
#ifndef PBFT_NET_MEMORY_H
#define PBFT_NET_MEMORY_H

#include <stddef.h>

/* Address space of `bytes` zero bytes, page aligned; pages cost nothing until touched. NULL if there is none. */
void *memory_reserve(size_t bytes);
void memory_release(void *memory, size_t bytes);

/* Aligned to a cache line, contents undefined, untouched: pages cost nothing before they are used. NULL if memory is
 * lacking. Release with free(). */
void *memory_untouched(size_t bytes);
/* Zeroed by hand (core/zeroed.h says what calloc would cost), aligned to a cache line, `count` > 0 elements of
 * `size` > 0. NULL if memory is lacking. Release with free(). */
void *memory_lines(size_t count, size_t size);

/* Ends the process with exit code 1 and a sentence that names what could not be had. */
_Noreturn void memory_exhausted(const char *what, size_t bytes);

#endif

/* `pbft --version`: what this binary is made of. */
#ifndef PBFT_RUNNER_VERSION_H
#define PBFT_RUNNER_VERSION_H

#include <stdbool.h>

/* "gcc 12.2.0". */
const char *version_compiler(void);
/* "none", "thread" or "address". */
const char *version_sanitizer(void);
/* Whose malloc() serves: "jemalloc 5.3.0-0-...", "the C library's", ... */
#define ALLOCATOR_TEXT_SIZE 96
void version_allocator(char text[ALLOCATOR_TEXT_SIZE]);
/* Whether jemalloc could serve: then LD_PRELOAD decides who does. */
bool version_has_jemalloc(void);
/* Has the allocator give back to the system what it keeps for later, so that a process' size says what is in use. */
void version_trim_memory(void);
/* Has it keep what is freed, for a process that builds and destroys the same again and again: giving pages back and
 * getting them anew costs more than using them. */
void version_keep_memory(void);

/* Prints to standard output; returns the exit code. */
int version_print(void);

#endif

#include "runner/version.h"

#include <gnu/libc-version.h>
#include <jansson.h>
#include <malloc.h>
#include <sodium/version.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef PBFT_HAVE_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#include "runner/exit_code.h"
#include "runner/output.h"

#ifdef PBFT_HAVE_JEMALLOC
/* Bytes that jemalloc has handed to this thread so far. */
static uint64_t jemalloc_allocated(void)
{
    uint64_t bytes = 0;
    size_t size = sizeof bytes;
    return mallctl("thread.allocated", &bytes, &size, NULL, 0) == 0 ? bytes : 0;
}

/* Linked is not the same as serving: whether what malloc() gives is counted by jemalloc. */
static bool jemalloc_serves(void)
{
    const size_t probe = 1u << 16;
    uint64_t before = jemalloc_allocated();
    char *volatile memory = malloc(probe); /* volatile: a pair of malloc and free may be optimised away */
    uint64_t after = jemalloc_allocated();
    free(memory);
    return after - before >= probe;
}

void version_allocator(char text[ALLOCATOR_TEXT_SIZE])
{
    const char *version = "";
    size_t size = sizeof version;
    bool serves = jemalloc_serves() && mallctl("version", &version, &size, NULL, 0) == 0;
    snprintf(text, ALLOCATOR_TEXT_SIZE, "%s%s", serves ? "jemalloc " : "the C library's; jemalloc is linked but idle",
             serves ? version : "");
}

bool version_has_jemalloc(void)
{
    return true;
}

void version_trim_memory(void)
{
    if (jemalloc_serves()) {
        char name[40];
        snprintf(name, sizeof name, "arena.%u.purge", (unsigned)MALLCTL_ARENAS_ALL);
        mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
        mallctl(name, NULL, NULL, NULL, 0);
    } else {
        malloc_trim(0);
    }
}

void version_keep_memory(void)
{
    if (!jemalloc_serves()) {
        return;
    }
    ssize_t never = -1;
    static const char *const names[] = {"dirty_decay_ms", "muzzy_decay_ms"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[48];
        snprintf(name, sizeof name, "arenas.%s", names[i]); /* of arenas to come */
        mallctl(name, NULL, NULL, &never, sizeof never);
        unsigned arenas = 0;
        size_t size = sizeof arenas;
        mallctl("arenas.narenas", &arenas, &size, NULL, 0);
        for (unsigned arena = 0; arena < arenas; arena++) { /* those that are not in use refuse */
            snprintf(name, sizeof name, "arena.%u.%s", arena, names[i]);
            mallctl(name, NULL, NULL, &never, sizeof never);
        }
    }
}
#else
void version_allocator(char text[ALLOCATOR_TEXT_SIZE])
{
    bool sanitizer = PBFT_SANITIZER[0] != '\0';
    snprintf(text, ALLOCATOR_TEXT_SIZE, "%s", sanitizer ? "the sanitizer's" : "the C library's");
}

bool version_has_jemalloc(void)
{
    return false;
}

void version_trim_memory(void)
{
    malloc_trim(0);
}

void version_keep_memory(void)
{
}
#endif

const char *version_sanitizer(void)
{
    return PBFT_SANITIZER[0] == '\0' ? "none" : PBFT_SANITIZER;
}

const char *version_compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

int version_print(void)
{
    struct output output;
    struct error error;
    output_open(&output, NULL, &error);
    output_print(&output, "pbft " PBFT_VERSION "\n");
    char allocator[ALLOCATOR_TEXT_SIZE];
    version_allocator(allocator);
    output_print(&output, "compiler   %s, %s build\n", version_compiler(), PBFT_BUILD_TYPE);
    output_print(&output, "sanitizer  %s\n", version_sanitizer());
    output_print(&output, "allocator  %s\n", allocator);
    output_print(&output, "libraries  libsodium %s, jansson %s, ck %s, glibc %s\n", sodium_version_string(),
                 jansson_version_str(), PBFT_CK_VERSION, gnu_get_libc_version());
    return end_page("", &output);
}

#include "core/zeroed.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 8 << 20 };

static void expect_zeros(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        cr_assert_eq(bytes[i], 0, "byte %zu", i);
    }
}

Test(zeroed, is_zero_whatever_was_there)
{
    const uint32_t replicas[] = {1, 4, 256, 257, 10000};
    const size_t sizes[] = {1, 63, 64, 1000, 70000};
    for (size_t r = 0; r < sizeof replicas / sizeof *replicas; r++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (int round = 0; round < 3; round++) {
                unsigned char *bytes = zeroed_of_each(replicas[r], 3, sizes[s]);
                cr_assert_not_null(bytes);
                expect_zeros(bytes, 3 * sizes[s]);
                memset(bytes, 0xa5, 3 * sizes[s]);
                free(bytes);
            }
        }
    }
}

/* Whether more than half of a new piece of memory is there. Each test asks once, and of new pages: the C library's malloc
 * clears by hand what was in use before. */
static bool is_touched(uint32_t replicas, size_t bytes)
{
    static unsigned char pages[MOST / 4096];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    mallopt(M_MMAP_THRESHOLD, 65536);
    unsigned char *memory = zeroed_of_each(replicas, bytes / 64, 64);
    cr_assert_not_null(memory);
    unsigned char *first = memory + (page - (uintptr_t)memory % page) % page;
    const size_t count = bytes / page - 1;
    cr_assert_eq(mincore(first, count * page, pages), 0);
    size_t in_memory = 0;
    for (size_t i = 0; i < count; i++) {
        in_memory += pages[i] & 1;
    }
    free(memory);
    return in_memory > count / 2;
}

Test(zeroed, is_touched_where_it_is_little)
{
    cr_assert(is_touched(8, MOST), "64 MB in all replicas");
}

#ifndef __SANITIZE_THREAD__ /* its calloc touches whatever it gives */
Test(zeroed, costs_nothing_before_its_use_where_it_is_much)
{
    cr_assert_not(is_touched(9, MOST), "more than 64 MB in all replicas");
}

Test(zeroed, costs_nothing_before_its_use_where_replicas_are_many)
{
    cr_assert_not(is_touched(257, MOST / 64), "32 MB in all replicas");
}
#endif

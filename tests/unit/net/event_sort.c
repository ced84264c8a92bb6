#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "net/event_sort.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

enum shape { SPREAD, FEW_VALUES, ONE_VALUE, TWO_CLUSTERS, NESTED_CLUSTERS, RISING, FALLING, SHAPES };

/* The lowest 20 bits number the keys, so that the order of equal ones shows. */
#define IGNORED 20

static uint64_t key_of(enum shape shape, uint64_t i, uint64_t *state)
{
    uint64_t random = next_random(state) >> IGNORED;
    switch (shape) {
    case SPREAD:
        return random;
    case FEW_VALUES:
        return random % 5;
    case ONE_VALUE:
        return 12345;
    case TWO_CLUSTERS:
        return (random & 1) << 43 | (random >> 1) % 1000;
    case NESTED_CLUSTERS:
        return UINT64_C(1) << (random % 44) | (random >> 8) % 3;
    case RISING:
        return i;
    case FALLING:
        return 1000000 - i;
    default:
        return 0;
    }
}

Test(event_sort, sorts_every_shape_stably)
{
    static const size_t counts[] = {0, 1, 2, 3, 23, 24, 25, 26, 100, 1000, 5000, 100000};
    for (int shape = 0; shape < SHAPES; shape++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            size_t count = counts[c];
            uint64_t *from = calloc(count + 1, sizeof *from);
            uint64_t *to = calloc(count + 1, sizeof *to);
            uint64_t state = c + 1;
            uint64_t sum = 0;
            for (size_t i = 0; i < count; i++) {
                from[i] = key_of((enum shape)shape, i, &state) << IGNORED | i;
                sum += from[i] * from[i];
            }
            event_sort(from, to, count, IGNORED);
            for (size_t i = 0; i < count; i++) {
                sum -= to[i] * to[i];
                /* keys end in their number, so a stable sort of their rest sorts them altogether */
                cr_assert(i == 0 || to[i - 1] < to[i], "shape %d, %zu keys, at %zu", shape, count, i);
            }
            cr_assert_eq(sum, 0, "shape %d, %zu keys: some were lost", shape, count);
            free(from);
            free(to);
        }
    }
}

/* Quadratic time would be minutes here. */
Test(event_sort, clusters_do_not_make_it_quadratic, .timeout = 20)
{
    enum { N = 1000000 };
    uint64_t *from = malloc(N * sizeof *from);
    uint64_t *to = malloc(N * sizeof *to);
    for (int shape = 0; shape < SHAPES; shape++) {
        uint64_t state = 1;
        for (uint64_t i = 0; i < N; i++) {
            from[i] = key_of((enum shape)shape, i, &state) << IGNORED | i;
        }
        event_sort(from, to, N, IGNORED);
        for (size_t i = 1; i < N; i++) {
            cr_assert(to[i - 1] < to[i]);
        }
    }
    free(from);
    free(to);
}

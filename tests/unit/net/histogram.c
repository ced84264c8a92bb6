#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "net/histogram.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static struct histogram histogram;
static struct histogram other;

Test(histogram, is_empty_after_reset)
{
    histogram_add(&histogram, 5);
    histogram_reset(&histogram);
    cr_assert_eq(histogram.count, 0);
    cr_assert_eq(histogram_quantile(&histogram, 0.5), 0);
    cr_assert_eq(histogram_sd(&histogram), 0.0);
}

Test(histogram, one_value_is_every_quantile)
{
    static const uint64_t values[] = {0, 1, 127, 128, 129, 35000000, UINT64_C(1) << 62, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        histogram_reset(&histogram);
        histogram_add(&histogram, values[i]);
        for (int q = 0; q <= 10; q++) {
            cr_assert_eq(histogram_quantile(&histogram, q / 10.0), values[i]);
        }
        cr_assert_eq(histogram.min, values[i]);
        cr_assert_eq(histogram.max, values[i]);
        cr_assert_eq(histogram_sd(&histogram), 0.0);
    }
}

Test(histogram, every_bucket_boundary_is_within_one_percent)
{
    for (unsigned bits = 0; bits < 64; bits++) {
        for (int offset = -1; offset <= 1; offset++) {
            uint64_t value = (UINT64_C(1) << bits) + (uint64_t)(int64_t)offset;
            histogram_reset(&histogram);
            histogram_add(&histogram, 0);
            histogram_add(&histogram, value);
            histogram_add(&histogram, UINT64_MAX);
            double found = (double)histogram_quantile(&histogram, 0.5);
            cr_assert(fabs(found - (double)value) <= 0.01 * (double)value, "%lu: %g", (unsigned long)value, found);
        }
    }
}

Test(histogram, quantiles_are_within_one_percent_of_the_sorted_values)
{
    enum { N = 50000 };
    uint64_t *values = malloc(N * sizeof *values);
    for (int shape = 0; shape < 3; shape++) {
        uint64_t state = (uint64_t)shape + 1;
        histogram_reset(&histogram);
        for (int i = 0; i < N; i++) {
            uint64_t random = next_random(&state);
            values[i] = shape == 0   ? 5000000 + random % 30000001
                        : shape == 1 ? random >> (next_random(&state) % 60)
                                     : (random % 3 == 0 ? 7 : 1000000);
            histogram_add(&histogram, values[i]);
        }
        qsort(values, N, sizeof *values, compare_u64);
        for (int permille = 0; permille <= 1000; permille++) {
            double quantile = permille / 1000.0;
            size_t rank = (size_t)ceil(quantile * N);
            double exact = (double)values[rank == 0 ? 0 : rank - 1];
            double found = (double)histogram_quantile(&histogram, quantile);
            cr_assert(fabs(found - exact) <= 0.01 * exact + 0.5, "shape %d, %d permille: %g, not %g", shape, permille,
                      found, exact);
            cr_assert(found >= (double)values[0] && found <= (double)values[N - 1]);
        }
        cr_assert_eq(histogram_quantile(&histogram, 1.0), values[N - 1]);
    }
    free(values);
}

Test(histogram, quantiles_never_leave_the_range_of_the_values)
{
    histogram_reset(&histogram);
    histogram_add(&histogram, 1000003);
    histogram_add(&histogram, 1000004);
    histogram_add(&histogram, 1000005);
    for (int percent = 0; percent <= 100; percent++) {
        uint64_t value = histogram_quantile(&histogram, percent / 100.0);
        cr_assert(value >= 1000003 && value <= 1000005, "%d: %lu", percent, (unsigned long)value);
    }
}

Test(histogram, mean_and_deviation_carry_no_bucket_error)
{
    histogram_reset(&histogram);
    enum { N = 100000 };
    /* values 1 s + 0 .. N-1: the naive sum of squares would lose their spread */
    for (uint64_t i = 0; i < N; i++) {
        histogram_add(&histogram, UINT64_C(1000000000000) + i * 7919 % N);
    }
    cr_assert_float_eq(histogram.mean, 1e12 + (N - 1) / 2.0, 0.1);
    cr_assert_float_eq(histogram_sd(&histogram), sqrt((double)N * (N + 1) / 12.0), 0.1);
}

Test(histogram, merging_parts_gives_the_whole)
{
    static struct histogram whole;
    static struct histogram empty;
    uint64_t state = 9;
    histogram_reset(&histogram);
    histogram_reset(&other);
    histogram_reset(&whole);
    for (int i = 0; i < 30000; i++) {
        uint64_t value = 1000 + next_random(&state) % 1000000;
        value += i % 3 == 0 ? 5000000 : 0;
        histogram_add(i % 3 == 0 ? &histogram : &other, value);
        histogram_add(&whole, value);
    }
    histogram_merge(&histogram, &other);
    histogram_merge(&histogram, &empty);
    histogram_merge(&empty, &histogram);
    cr_assert_eq(empty.count, whole.count);
    cr_assert_eq(empty.min, whole.min);
    cr_assert_eq(empty.max, whole.max);
    cr_assert_float_eq(empty.mean, whole.mean, 1e-6 * whole.mean);
    cr_assert_float_eq(histogram_sd(&empty), histogram_sd(&whole), 1e-9 * whole.mean);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        cr_assert_eq(empty.buckets[i], whole.buckets[i]);
    }
}

Test(histogram, tells_no_quantile_beyond_which_no_value_is_to_be_expected)
{
    histogram_reset(&histogram);
    cr_assert(!histogram_supports(&histogram, 0.5));
    for (int count = 1; count <= 200; count++) {
        histogram_add(&histogram, 5);
        cr_assert(histogram_supports(&histogram, 0.5));
        cr_assert_eq(histogram_supports(&histogram, 0.25), count >= 4, "%d", count);
        cr_assert_eq(histogram_supports(&histogram, 0.75), count >= 4, "%d", count);
        cr_assert_eq(histogram_supports(&histogram, 0.90), count >= 10, "%d", count);
        cr_assert_eq(histogram_supports(&histogram, 0.99), count >= 100, "%d", count);
    }
}

#include <criterion/criterion.h>
#include <math.h>

#include "runner/stats.h"

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

/* Reference values: Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
Test(wilson, agrees_with_published_intervals)
{
    struct interval interval = wilson_interval(81, 263);
    cr_assert(near(interval.low, 0.2553, 5e-5) && near(interval.high, 0.3662, 5e-5));
    interval = wilson_interval(15, 148);
    cr_assert(near(interval.low, 0.0624, 5e-5) && near(interval.high, 0.1605, 5e-5));
    interval = wilson_interval(1, 29);
    cr_assert(near(interval.low, 0.0061, 5e-5) && near(interval.high, 0.1718, 5e-5));
}

Test(wilson, touches_the_ends_exactly)
{
    cr_assert(wilson_interval(0, 20).low == 0);
    cr_assert(near(wilson_interval(0, 20).high, 0.1611, 5e-5));
    cr_assert(wilson_interval(5, 5).high == 1);
    cr_assert(near(wilson_interval(5, 5).low, 0.5655, 5e-5));
}

Test(wilson, knows_nothing_without_trials)
{
    cr_assert(wilson_interval(0, 0).low == 0 && wilson_interval(0, 0).high == 1);
}

Test(wilson, is_symmetric_and_contains_the_share)
{
    for (uint64_t n = 1; n <= 50; n++) {
        for (uint64_t k = 0; k <= n; k++) {
            struct interval one = wilson_interval(k, n);
            struct interval other = wilson_interval(n - k, n);
            double share = (double)k / (double)n;
            cr_assert(one.low <= share && share <= one.high, "%zu of %zu", (size_t)k, (size_t)n);
            cr_assert(near(one.low, 1 - other.high, 1e-12), "%zu of %zu", (size_t)k, (size_t)n);
        }
    }
}

Test(student, agrees_with_the_tables)
{
    cr_assert(near(student_t_95(1), 12.7062, 1e-4));
    cr_assert(near(student_t_95(4), 2.7764, 1e-4));
    cr_assert(near(student_t_95(11), 2.2010, 1e-4));
    cr_assert(near(student_t_95(30), 2.0423, 1e-4));
    cr_assert(near(student_t_95(120), 1.9799, 1e-4));
    cr_assert(near(student_t_95(1000000), 1.9600, 1e-4));
}

Test(student, falls_towards_the_normal_distribution)
{
    for (uint64_t degrees = 1; degrees < 200; degrees++) {
        cr_assert(student_t_95(degrees) > student_t_95(degrees + 1), "%zu", (size_t)degrees);
    }
}

Test(mean, has_no_interval_below_two_samples)
{
    cr_assert(isnan(mean_half_width(0, 0)) && isnan(mean_half_width(0, 1)));
    /* 2 and 4: mean 3, sd sqrt(2), half width 12.7062 */
    cr_assert(near(mean_half_width(sqrt(2.0), 2), 12.7062, 1e-4));
}

Test(spread, of_an_odd_number_has_the_middle_one_as_median)
{
    double samples[] = {5, 1, 4, 2, 100};
    const struct spread spread = spread_of(samples, 5);
    cr_assert(spread.count == 5);
    cr_assert_float_eq(spread.median, 4, 1e-12);
    cr_assert_float_eq(spread.min, 1, 1e-12);
    cr_assert_float_eq(spread.max, 100, 1e-12);
}

Test(spread, of_an_even_number_has_the_mean_of_the_two_in_the_middle_as_median)
{
    double samples[] = {40, 10, 20, 30};
    const struct spread spread = spread_of(samples, 4);
    cr_assert_float_eq(spread.median, 25, 1e-12);
    cr_assert_float_eq(spread.min, 10, 1e-12);
    cr_assert_float_eq(spread.max, 40, 1e-12);
}

Test(spread, of_one_is_that_one_and_of_none_says_that_there_is_none)
{
    double sample = 7;
    const struct spread one = spread_of(&sample, 1);
    cr_assert(one.count == 1);
    cr_assert_float_eq(one.median, 7, 1e-12);
    cr_assert_float_eq(one.min, 7, 1e-12);
    cr_assert_float_eq(one.max, 7, 1e-12);
    cr_assert(spread_of(NULL, 0).count == 0);
}

Test(spread, median_is_moved_little_by_what_disturbs_few)
{
    double samples[] = {10, 11, 12, 13, 1e9};
    cr_assert_float_eq(spread_of(samples, 5).median, 12, 1e-12);
}

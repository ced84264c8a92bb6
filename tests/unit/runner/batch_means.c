/* Intervals of means over dependent samples: by hand, and against samples whose dependence is known. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "runner/batch_means.h"
#include "runner/stats.h"

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b));
}

Test(ratio, of_groups_of_one_size_is_student_s_interval_over_their_means)
{
    struct ratio ratio = {0};
    ratio_add(&ratio, 10, 10 * 5.0);
    cr_assert(isnan(ratio_half_width(&ratio, 2)));
    ratio_add(&ratio, 10, 10 * 7.0);
    ratio_add(&ratio, 10, 10 * 12.0);
    /* means 5, 7, 12: sd = sqrt(13) */
    cr_assert(near(ratio_half_width(&ratio, 3), student_t_95(2) * sqrt(13) / sqrt(3)));
    cr_assert(isnan(ratio_half_width(&ratio, 4)), "too few");
}

/* 1 at 2, 3 at 4, 2 at 3: the mean is 20 / 6, and deviations from it are -4/3, 2, -2/3. */
Test(ratio, of_groups_of_different_sizes_is_that_of_a_ratio_estimate)
{
    struct ratio ratio = {0};
    ratio_add(&ratio, 1, 2);
    ratio_add(&ratio, 3, 12);
    ratio_add(&ratio, 2, 6);
    double sd = sqrt((16 + 36 + 4) / 9.0 / 2);
    cr_assert(near(ratio_half_width(&ratio, 2), student_t_95(2) * sd / sqrt(3) / 2));
}

Test(ratio, is_zero_where_all_is_the_same)
{
    struct ratio ratio = {0};
    for (int i = 1; i < 20; i++) {
        ratio_add(&ratio, i, i * 36e6);
    }
    cr_assert(ratio_half_width(&ratio, 2) < 1);
}

static struct batch_means means;

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

Test(batch_means, need_samples_in_every_part_of_the_run)
{
    cr_assert(isnan(batch_means_half_width(&means)));
    for (uint64_t i = 0; i < BATCH_LEAST_SAMPLES - 1; i++) {
        batch_means_add(&means, 1000 * i, 5);
    }
    cr_assert(isnan(batch_means_half_width(&means)), "too few");
    batch_means_add(&means, 1000 * BATCH_LEAST_SAMPLES, 5);
    cr_assert(batch_means_half_width(&means) < 1e-6, "they are all the same");
}

Test(batch_means, do_not_depend_on_the_order_of_samples)
{
    static struct batch_means backwards;
    enum { N = 5000 };
    for (uint64_t i = 0; i < N; i++) {
        batch_means_add(&means, 777 * i, i * i % 1009);
        batch_means_add(&backwards, 777 * (N - 1 - i), (N - 1 - i) * (N - 1 - i) % 1009);
    }
    cr_assert(isfinite(batch_means_half_width(&means)));
    cr_assert_eq(batch_means_half_width(&means), batch_means_half_width(&backwards));
}

Test(batch_means, are_not_confused_by_a_late_begin_or_the_end_of_time)
{
    for (uint64_t i = 0; i < 1000; i++) {
        batch_means_add(&means, UINT64_MAX / 2 + (UINT64_MAX / 2000) * i, i * i % 7);
    }
    cr_assert(isfinite(batch_means_half_width(&means)));
}

/* In the middle of the run, everything becomes twice as slow. */
Test(batch_means, say_nothing_where_the_run_is_too_short_for_what_changes_in_it)
{
    uint64_t state = 1;
    for (uint64_t i = 0; i < 10000; i++) {
        batch_means_add(&means, 1000 * i, (i < 5000 ? 100000 : 200000) + (uint64_t)(1e5 * uniform(&state)));
    }
    cr_assert(isnan(batch_means_half_width(&means)));
}

/* x' = 0.9 x + noise, around 1000: 95% of the intervals should hold the mean, of 2,000 give or take 39 (4 sigma) and a
 * percent for the correlation that is left; as if independent, they would be sqrt(19) too narrow. */
Test(batch_means, cover_the_mean_of_an_autoregressive_process)
{
    uint64_t state = 1;
    uint32_t covered = 0, intervals = 0;
    for (uint32_t run = 0; run < 2000; run++) {
        struct batch_means *one = calloc(1, sizeof *one);
        double x = 0, sum = 0;
        for (uint64_t i = 0; i < 4000; i++) {
            x = 0.9 * x + uniform(&state) - 0.5;
            uint64_t value = (uint64_t)llround(1e6 + 1e4 * x);
            batch_means_add(one, 1000000 * i, value);
            sum += (double)value - 1e6;
        }
        double half_width = batch_means_half_width(one);
        intervals += isfinite(half_width);
        covered += fabs(sum / 4000) <= half_width;
        free(one);
    }
    cr_assert(intervals >= 1900, "%u of 2000", intervals);
    cr_assert(covered >= 0.92 * intervals && covered <= 0.97 * intervals, "%u of %u", covered, intervals);
}

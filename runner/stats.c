#include "runner/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define NORMAL_97_5 1.959963984540054 /* the normal distribution's 97.5% point */

struct interval wilson_interval(uint64_t successes, uint64_t trials)
{
    assert(successes <= trials);
    if (trials == 0) {
        return (struct interval){0, 1};
    }
    double n = (double)trials;
    double share = (double)successes / n;
    double z2 = NORMAL_97_5 * NORMAL_97_5;
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = NORMAL_97_5 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    /* exact at the ends, where rounding would leave 1e-17 */
    return (struct interval){successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half};
}

double student_t_95(uint64_t degrees)
{
    static const double few[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281};
    assert(degrees >= 1);
    if (degrees <= sizeof few / sizeof *few) {
        return few[degrees - 1];
    }
    /* Abramowitz and Stegun 26.7.5, an expansion around the normal distribution's point */
    double z = NORMAL_97_5;
    double v = (double)degrees;
    double z3 = z * z * z;
    double z5 = z3 * z * z;
    double z7 = z5 * z * z;
    double z9 = z7 * z * z;
    return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v) +
           (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * v * v * v * v);
}

double mean_half_width(double sd, uint64_t count)
{
    return count < 2 ? NAN : student_t_95(count - 1) * sd / sqrt((double)count);
}

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

struct spread spread_of(double *samples, uint32_t count)
{
    if (count == 0) {
        return (struct spread){0};
    }
    qsort(samples, count, sizeof *samples, by_value);
    double middle = samples[count / 2];
    return (struct spread){
        .median = count % 2 == 1 ? middle : (samples[count / 2 - 1] + middle) / 2,
        .min = samples[0],
        .max = samples[count - 1],
        .count = count,
    };
}

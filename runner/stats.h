/* Statistics of samples. Pure functions. */
#ifndef PBFT_RUNNER_STATS_H
#define PBFT_RUNNER_STATS_H

#include <stdint.h>

struct interval {
    double low, high;
};

/* Wilson's score interval with 95% confidence for `successes` of `trials`; 0..1 without trials. Source: E. B. Wilson,
 * JASA 22 (1927); holds its level also near 0 and 1 and for few trials, where the normal approximation does not. */
struct interval wilson_interval(uint64_t successes, uint64_t trials);

/* Half the width of the mean's interval with 95% confidence (Student's t), in the unit of `sd`; NaN below two
 * samples, which say nothing about their spread. */
double mean_half_width(double sd, uint64_t count);

/* What repeated measurements say. Where they scatter, as figures of a machine that does other things do, the median is
 * what to read. */
struct spread {
    double median, min, max;
    uint32_t count; /* 0: nothing was measured, and the rest is 0 */
};
/* Sorts `samples`. */
struct spread spread_of(double *samples, uint32_t count);

/* The two-sided 95% point of Student's t with `degrees` >= 1 of freedom, to four digits. */
double student_t_95(uint64_t degrees);

#endif

/* The median of a cell's runs and what it is known by. Pure functions. */
#ifndef PBFT_RUNNER_PLOT_MEDIAN_H
#define PBFT_RUNNER_PLOT_MEDIAN_H

#include <stdbool.h>

/* NaN where there is none: the interval takes at least six runs. */
struct median {
    double median, low, high;
};

/* Takes the next number of `78;81;95` and moves `*list` behind it. False at the end. */
bool median_next(const char **list, double *value);

/* Of such a list, which may be NULL. The interval holds the median with at least 95% confidence, whatever the
 * distribution: it lies between two of the runs, as many from both ends as the binomial distribution allows. */
struct median median_of_list(const char *list);

#endif

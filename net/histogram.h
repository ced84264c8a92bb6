/* A log-linear histogram of times in ns: relative error under 1%, from 1 ns to 2^63, fixed memory. One writer; merge
 * those of several threads after joining them. Exact count, sum, sum of squares, least and greatest are kept besides,
 * so that mean and standard deviation carry no bucket error. */
#ifndef PBFT_NET_HISTOGRAM_H
#define PBFT_NET_HISTOGRAM_H

#include "core/types.h"

#define HISTOGRAM_SUB_BITS 7
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
    uint64_t count, min, max;
    double mean, m2; /* Welford; m2 = sum of squared deviations */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_reset(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t value_ns);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The value at or below which a share `quantile` (0..1) of the values lies; 0 if empty; never outside min..max. */
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);
/* Whether the values are enough to tell that quantile: at least one is to be expected beyond it; the median of any. */
bool histogram_supports(const struct histogram *histogram, double quantile);
/* Sample standard deviation; 0 for fewer than two values. */
double histogram_sd(const struct histogram *histogram);

#endif

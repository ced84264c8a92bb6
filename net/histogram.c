#include "net/histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define SUB_BUCKETS (UINT64_C(1) << HISTOGRAM_SUB_BITS)

/* Values below SUB_BUCKETS have a bucket each; above, each power of two is cut into SUB_BUCKETS equal parts. */
static size_t bucket_of(uint64_t value)
{
    if (value < SUB_BUCKETS) {
        return (size_t)value;
    }
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
    return (size_t)((shift + 1) * SUB_BUCKETS + ((value >> shift) - SUB_BUCKETS));
}

static uint64_t bucket_width(size_t bucket)
{
    return bucket < SUB_BUCKETS ? 1 : UINT64_C(1) << (bucket / SUB_BUCKETS - 1);
}

static uint64_t bucket_start(size_t bucket)
{
    return bucket < SUB_BUCKETS ? bucket : (SUB_BUCKETS + bucket % SUB_BUCKETS) * bucket_width(bucket);
}

void histogram_reset(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_add(struct histogram *histogram, uint64_t value_ns)
{
    if (histogram->count == 0 || value_ns < histogram->min) {
        histogram->min = value_ns;
    }
    if (value_ns > histogram->max) {
        histogram->max = value_ns;
    }
    histogram->count++;
    histogram->buckets[bucket_of(value_ns)]++;
    double value = (double)value_ns;
    double delta = value - histogram->mean;
    histogram->mean += delta / (double)histogram->count;
    histogram->m2 += delta * (value - histogram->mean);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0) {
        return;
    }
    if (into->count == 0) {
        *into = *from;
        return;
    }
    /* Chan, Golub, LeVeque: moments of a union from the moments of its parts. */
    double a = (double)into->count;
    double b = (double)from->count;
    double delta = from->mean - into->mean;
    into->mean += delta * (b / (a + b));
    into->m2 += from->m2 + delta * delta * (a * b / (a + b));
    into->count += from->count;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
    for (size_t bucket = bucket_of(from->min); bucket <= bucket_of(from->max); bucket++) {
        into->buckets[bucket] += from->buckets[bucket];
    }
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile)
{
    assert(quantile >= 0.0 && quantile <= 1.0);
    if (histogram->count == 0) {
        return 0;
    }
    /* Nearest rank, counted from 1; inside its bucket the values are taken to lie evenly. */
    uint64_t rank = (uint64_t)ceil(quantile * (double)histogram->count);
    rank = rank == 0 ? 1 : rank;
    if (rank >= histogram->count) {
        return histogram->max;
    }
    size_t bucket = 0;
    uint64_t below = 0;
    while (below + histogram->buckets[bucket] < rank) {
        below += histogram->buckets[bucket++];
    }
    double share = ((double)(rank - below) - 0.5) / (double)histogram->buckets[bucket];
    uint64_t value = bucket_start(bucket) + (uint64_t)(share * (double)bucket_width(bucket));
    value = value < histogram->min ? histogram->min : value;
    return value > histogram->max ? histogram->max : value;
}

bool histogram_supports(const struct histogram *histogram, double quantile)
{
    const double rounding = 1e-12; /* 100 values support 0.99, although 1 - 0.99 is not 0.01 */
    double beyond = quantile < 0.5 ? quantile : 1 - quantile;
    return histogram->count > 0 && (quantile == 0.5 || (double)histogram->count * (beyond + rounding) >= 1);
}

double histogram_sd(const struct histogram *histogram)
{
    return histogram->count < 2 ? 0.0 : sqrt(histogram->m2 / (double)(histogram->count - 1));
}

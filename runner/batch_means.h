/* How far a mean over dependent samples can be trusted: batch means over time, in memory that does not grow.
 *
 * Latencies of requests that were under way together, or waited for the same view change, are not independent: the
 * standard error of independent samples is too small, by factors. Each sample goes to the interval of time in which it
 * ended; when there are too many intervals, they are merged by twos. In the end they are cut into BATCHES of about
 * equal length, so long that neighbors hardly depend on each other, and the mean, a sum divided by a count, is given
 * the interval of a ratio estimate over the batches (Student's t). The same estimate with runs as batches gives the
 * interval over several runs; where they have equally many samples, it is Student's interval over the means of the
 * runs. Sources: A. M. Law, Simulation Modeling and Analysis, 9.5.3 (batch means); W. G. Cochran, Sampling Techniques,
 * ch. 6 (ratio estimates). One writer; the result does not depend on the order of the samples. */
#ifndef PBFT_RUNNER_BATCH_MEANS_H
#define PBFT_RUNNER_BATCH_MEANS_H

#include <stdbool.h>
#include <stdint.h>

#define BATCH_BINS 256u
#define BATCHES 16u
/* Fewer samples allow no interval. */
#define BATCH_LEAST_SAMPLES (4u * BATCHES)
/* Batches that depend more on their neighbors allow no interval: the run is too short for what changes in it. */
#define BATCH_MOST_CORRELATION 0.5
/* Fewer runs allow no interval: with two, it would be 13 standard errors wide on each side. */
#define BATCH_LEAST_RUNS 3u

/* Moments of pairs: how many samples a batch or a run has, and their sum. */
struct ratio {
    uint64_t groups;
    double mean_count, mean_sum;            /* of the groups */
    double count_count, count_sum, sum_sum; /* sums of squares and products of deviations (Welford) */
};

void ratio_add(struct ratio *ratio, double count, double sum);
/* Half the width of the interval of the mean of all samples, with 95% confidence; NaN below `least` >= 2 groups. */
double ratio_half_width(const struct ratio *ratio, uint64_t least);

struct batch_means {
    uint32_t shift; /* an interval is 2^shift ns long */
    uint32_t used;  /* intervals up to the last that has a sample */
    struct {
        uint64_t count;
        double sum;
    } bins[BATCH_BINS];
};

/* All zero is empty. */
void batch_means_add(struct batch_means *means, uint64_t end_ns, uint64_t value_ns);
/* Half the width of the mean's interval with 95% confidence; NaN where there is too little to tell. */
double batch_means_half_width(const struct batch_means *means);

#endif

#include "runner/batch_means.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "runner/stats.h"

void ratio_add(struct ratio *ratio, double count, double sum)
{
    ratio->groups++;
    double n = (double)ratio->groups;
    double count_off = count - ratio->mean_count, sum_off = sum - ratio->mean_sum;
    ratio->mean_count += count_off / n;
    ratio->mean_sum += sum_off / n;
    ratio->count_count += count_off * (count - ratio->mean_count);
    ratio->count_sum += count_off * (sum - ratio->mean_sum);
    ratio->sum_sum += sum_off * (sum - ratio->mean_sum);
}

double ratio_half_width(const struct ratio *ratio, uint64_t least)
{
    assert(least >= 2);
    if (ratio->groups < least || ratio->mean_count <= 0) {
        return NAN;
    }
    double mean = ratio->mean_sum / ratio->mean_count;
    double residue = ratio->sum_sum - 2 * mean * ratio->count_sum + mean * mean * ratio->count_count;
    double variance = residue > 0 ? residue / (double)(ratio->groups - 1) : 0; /* rounding may leave less than none */
    return mean_half_width(sqrt(variance), ratio->groups) / ratio->mean_count;
}

static void merge_by_twos(struct batch_means *means)
{
    for (uint32_t i = 0; i < BATCH_BINS / 2; i++) {
        means->bins[i].count = means->bins[2 * i].count + means->bins[2 * i + 1].count;
        means->bins[i].sum = means->bins[2 * i].sum + means->bins[2 * i + 1].sum;
    }
    memset(&means->bins[BATCH_BINS / 2], 0, BATCH_BINS / 2 * sizeof *means->bins);
    means->used = (means->used + 1) / 2;
    means->shift++;
}

void batch_means_add(struct batch_means *means, uint64_t end_ns, uint64_t value_ns)
{
    while (end_ns >> means->shift >= BATCH_BINS) {
        if (means->used == 0) {
            means->shift++; /* nothing to merge: the first sample of a run comes late */
        } else {
            merge_by_twos(means);
        }
    }
    uint32_t bin = (uint32_t)(end_ns >> means->shift);
    means->used = bin >= means->used ? bin + 1 : means->used;
    means->bins[bin].count++;
    means->bins[bin].sum += (double)value_ns;
}

/* The first autocorrelation of the batches' deviations from the mean: of independent ones it is above the limit once in
 * some hundred times, and where the run changed its ways for good, nearly 1. */
static bool are_dependent(const uint64_t counts[BATCHES], const double sums[BATCHES], double mean)
{
    double products = 0, squares = 0, before = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        double off = sums[i] - mean * (double)counts[i];
        products += off * before;
        squares += off * off;
        before = off;
    }
    return products > BATCH_MOST_CORRELATION * squares;
}

double batch_means_half_width(const struct batch_means *means)
{
    uint32_t first = 0; /* the warm-up left none */
    while (first < means->used && means->bins[first].count == 0) {
        first++;
    }
    uint32_t bins = means->used - first;
    if (bins < BATCHES) {
        return NAN;
    }
    struct ratio ratio = {0};
    uint64_t counts[BATCHES] = {0}, samples = 0;
    double sums[BATCHES] = {0};
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        for (uint32_t i = first + batch * bins / BATCHES; i < first + (batch + 1) * bins / BATCHES; i++) {
            counts[batch] += means->bins[i].count;
            sums[batch] += means->bins[i].sum;
        }
        samples += counts[batch];
        ratio_add(&ratio, (double)counts[batch], sums[batch]);
    }
    bool too_few = samples < BATCH_LEAST_SAMPLES || are_dependent(counts, sums, ratio.mean_sum / ratio.mean_count);
    return too_few ? NAN : ratio_half_width(&ratio, BATCHES);
}

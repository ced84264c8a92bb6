#include "runner/measure.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "net/memory.h"

/* A decision whose start is not certain yet. */
struct waiting_decision {
    sequence_number sequence;
    uint64_t proposed_ns;
    uint64_t first_ns, median_ns, quorum_ns, all_ns;
    bool has_quorum;
};

static struct histogram *histogram_of(struct run_result *result, enum latency latency)
{
    struct histogram *histograms[LATENCIES] = {&result->first, &result->median, &result->quorum,
                                               &result->all,   &result->commit, &result->request};
    return histograms[latency];
}

bool measure_create(struct measure *measure, const struct measure_config *config, struct run_result *result)
{
    *measure = (struct measure){.config = *config, .result = result};
    for (unsigned i = 0; i < LATENCIES; i++) {
        histogram_reset(histogram_of(result, (enum latency)i));
        result->half_width_ns[i] = NAN;
    }
    measure->committed_ns = malloc((config->correct + 1) * sizeof *measure->committed_ns);
    measure->batches = calloc(LATENCIES, sizeof *measure->batches);
    measure->window = calloc(1, sizeof *measure->window);
    if (measure->committed_ns == NULL || measure->batches == NULL || measure->window == NULL) {
        measure_destroy(measure);
        return false;
    }
    return true;
}

void measure_destroy(struct measure *measure)
{
    free(measure->committed_ns);
    free(measure->waiting);
    free(measure->batches);
    free(measure->window);
    measure->batches = NULL;
    measure->window = NULL;
    measure->committed_ns = NULL;
    measure->waiting = NULL;
}

bool measure_is_warmup(const struct measure *measure, struct request_id request)
{
    uint32_t client = request.client - measure->config.first_client;
    return client < measure->config.clients &&
           (request.timestamp - 1) * measure->config.clients + client < measure->config.warmup;
}

/* The k-th smallest, k from 0, by Hoare's quickselect; reorders the times. */
static uint64_t select_time(uint64_t *times, size_t count, size_t k)
{
    assert(k < count);
    size_t low = 0, high = count - 1;
    while (low < high) {
        uint64_t pivot = times[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (times[i] < pivot) {
                i++;
            }
            while (times[j] > pivot) {
                j--;
            }
            if (i >= j) {
                break;
            }
            uint64_t other = times[i];
            times[i++] = times[j];
            times[j--] = other;
        }
        if (k <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return times[k];
}

static void add_since(struct measure *measure, enum latency latency, uint64_t start_ns, uint64_t end_ns)
{
    /* a primary alone commits in the step that proposes, whose sending is stamped as it ends */
    uint64_t value_ns = end_ns > start_ns ? end_ns - start_ns : 0;
    histogram_add(histogram_of(measure->result, latency), value_ns);
    batch_means_add(&measure->batches[latency], end_ns, value_ns);
}

static void settle(struct measure *measure, const struct waiting_decision *decision)
{
    if (decision->proposed_ns == TIME_NEVER_NS) {
        return; /* its contents came otherwise than by a pre-prepare for it */
    }
    add_since(measure, LATENCY_FIRST, decision->proposed_ns, decision->first_ns);
    add_since(measure, LATENCY_MEDIAN, decision->proposed_ns, decision->median_ns);
    if (decision->has_quorum) {
        add_since(measure, LATENCY_QUORUM, decision->proposed_ns, decision->quorum_ns);
        add_since(measure, LATENCY_ALL, decision->proposed_ns, decision->all_ns);
    }
}

static void settle_oldest(struct measure *measure)
{
    settle(measure, &measure->waiting[measure->waiting_head++ % MEASURE_WAITING]);
}

static bool wait_for_earlier(struct measure *measure, const struct waiting_decision *decision)
{
    if (measure->waiting == NULL) {
        measure->waiting = memory_untouched(MEASURE_WAITING * sizeof *measure->waiting);
        if (measure->waiting == NULL) {
            return false;
        }
    }
    if (measure->waiting_tail - measure->waiting_head == MEASURE_WAITING) {
        settle_oldest(measure);
    }
    measure->waiting[measure->waiting_tail++ % MEASURE_WAITING] = *decision;
    return true;
}

/* When the committers were; false if there is none. */
static bool gather_times(struct measure *measure, const struct decision *decision, struct waiting_decision *times)
{
    uint64_t *committed_ns = measure->committed_ns;
    size_t count = 0;
    times->first_ns = TIME_NEVER_NS;
    times->all_ns = 0;
    for (uint32_t i = 0; i < measure->config.correct; i++) {
        uint64_t time_ns = decision->committed_ns[i];
        if (time_ns == TIME_NEVER_NS) {
            continue;
        }
        committed_ns[count++] = time_ns;
        times->first_ns = time_ns < times->first_ns ? time_ns : times->first_ns;
        times->all_ns = time_ns > times->all_ns ? time_ns : times->all_ns;
    }
    if (count == 0) {
        return false;
    }
    times->median_ns = select_time(committed_ns, count, (count - 1) / 2);
    times->has_quorum = count >= measure->config.quorum;
    if (times->has_quorum) {
        times->quorum_ns = select_time(committed_ns, count, measure->config.quorum - 1);
    }
    return true;
}

bool measure_decision(struct measure *measure, const struct decision *decision)
{
    struct waiting_decision times = {.sequence = decision->sequence};
    if (!gather_times(measure, decision, &times)) {
        return true;
    }
    /* Nothing precedes view 0. */
    if (decision->last_view == 0 && decision->proposed_in_view_0_ns != TIME_NEVER_NS) {
        times.proposed_ns = decision->proposed_in_view_0_ns;
        settle(measure, &times);
        return true;
    }
    times.proposed_ns = decision->proposed_ns;
    return wait_for_earlier(measure, &times);
}

void measure_late_proposal(struct measure *measure, sequence_number sequence, uint64_t time_ns)
{
    uint64_t low = measure->waiting_head, high = measure->waiting_tail;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (measure->waiting[middle % MEASURE_WAITING].sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == measure->waiting_tail) {
        return;
    }
    struct waiting_decision *waiting = &measure->waiting[low % MEASURE_WAITING];
    if (waiting->sequence == sequence && time_ns < waiting->proposed_ns) {
        waiting->proposed_ns = time_ns;
    }
}

void measure_commit(struct measure *measure, struct request_id request, uint64_t planned_ns, uint64_t executed_ns)
{
    if (!measure_is_warmup(measure, request)) {
        add_since(measure, LATENCY_COMMIT, planned_ns, executed_ns);
    }
}

/* Of its client's requests: the first requests mod clients have one more. */
static bool is_last(const struct measure *measure, struct request_id request)
{
    const struct measure_config *config = &measure->config;
    uint32_t client = request.client - config->first_client;
    return request.timestamp == config->requests / config->clients + (client < config->requests % config->clients);
}

void measure_request(struct measure *measure, struct request_id request, uint64_t planned_ns, uint64_t accepted_ns)
{
    bool warmup = measure_is_warmup(measure, request);
    if (!warmup) {
        add_since(measure, LATENCY_REQUEST, planned_ns, accepted_ns);
    }
    window_add(measure->window, planned_ns, accepted_ns, warmup, is_last(measure, request));
}

/* The bin of a time, made if need be; NULL where there is no timeline, or no memory for more of it. */
static struct timeline_bin *bin_at(struct measure *measure, uint64_t time_ns)
{
    struct run_result *result = measure->result;
    if (measure->config.timeline_ns == 0) {
        return NULL;
    }
    uint64_t wanted = time_ns / measure->config.timeline_ns;
    uint32_t index = wanted < MEASURE_BINS ? (uint32_t)wanted : MEASURE_BINS - 1;
    if (index >= measure->bin_capacity) {
        uint32_t capacity = measure->bin_capacity == 0 ? 64 : measure->bin_capacity;
        while (capacity <= index) {
            capacity *= 2;
        }
        struct timeline_bin *bins = realloc(result->timeline, capacity * sizeof *bins);
        if (bins == NULL) {
            return NULL;
        }
        memset(bins + measure->bin_capacity, 0, (capacity - measure->bin_capacity) * sizeof *bins);
        result->timeline = bins;
        measure->bin_capacity = capacity;
    }
    if (index >= result->timeline_bins) {
        result->timeline_bins = index + 1;
    }
    return &result->timeline[index];
}

void measure_executed(struct measure *measure, uint64_t requests, uint64_t time_ns)
{
    struct timeline_bin *bin = bin_at(measure, time_ns);
    if (bin != NULL) {
        bin->executed += requests;
    }
}

void measure_view(struct measure *measure, view_number view, uint64_t time_ns)
{
    struct timeline_bin *bin = bin_at(measure, time_ns);
    if (bin != NULL && view > bin->view) {
        bin->view = view;
    }
}

void measure_finish(struct measure *measure, uint64_t elapsed_ns)
{
    struct run_result *result = measure->result;
    while (measure->waiting_head < measure->waiting_tail) {
        settle_oldest(measure);
    }
    for (unsigned i = 0; i < LATENCIES; i++) {
        result->half_width_ns[i] = batch_means_half_width(&measure->batches[i]);
    }
    result->operations_per_second = window_rate(measure->window, elapsed_ns);
    bin_at(measure, elapsed_ns);
    for (uint32_t i = 1; i < result->timeline_bins; i++) {
        if (result->timeline[i].view < result->timeline[i - 1].view) {
            result->timeline[i].view = result->timeline[i - 1].view;
        }
    }
}

bool measure_is_overloaded(const struct driver_report *report, double delay_mean_ns, double time_scale, uint32_t cores)
{
    if (delay_mean_ns <= 0) {
        return false;
    }
    double late_ns = (double)histogram_quantile(&report->lateness, 0.99);
    if (late_ns > 1e6 && late_ns > 0.05 * delay_mean_ns * time_scale) {
        return true;
    }
    uint32_t busy = report->threads < cores ? report->threads : cores;
    return report->wall_ns > 0 && (double)report->cpu_ns > 0.95 * busy * (double)report->wall_ns;
}

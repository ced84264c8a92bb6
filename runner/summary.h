/* What several runs of one scenario come to. One thread; merging in the order of the runs makes it reproducible. */
#ifndef PBFT_RUNNER_SUMMARY_H
#define PBFT_RUNNER_SUMMARY_H

#include "runner/batch_means.h"
#include "runner/run.h"
#include "runner/stats.h"

/* "decision_latency_first", ..., "commit_latency": the start of CSV columns. */
const char *latency_name(enum latency latency);
const struct histogram *result_latency(const struct run_result *result, enum latency latency);

/* How the runs differ in a latency. */
struct latency_spread {
    struct ratio runs; /* those that have samples */
    double alone_ns;   /* half_width_ns of the last of them */
};

/* Large: keep it on the heap. Start with summary_reset(). */
struct summary {
    uint64_t runs, safe, live, success, agreeing; /* success: safe and live */
    uint64_t submitted, executed, accepted, decisions, view_changes, fired, rejected;
    struct message_counts messages;
    double operations_per_second;            /* mean of the successes */
    double operations_any;                   /* mean of all runs */
    uint64_t elapsed_ns;                     /* sum of the runs */
    struct histogram latency[LATENCIES];     /* over the successes */
    struct histogram latency_any[LATENCIES]; /* over all runs */
    struct latency_spread spread[LATENCIES]; /* over the successes */
    struct latency_spread spread_any[LATENCIES];
    /* of the first run that broke an invariant */
    const char *violation; /* its property, or NULL */
    uint64_t violation_seed;
    uint64_t primary_stopped; /* runs that a misbehaving first primary cost their liveness, for want of a view change */
    uint64_t empty;           /* runs in which no configured fault fired (I15) */
    uint64_t idle;            /* runs in which a partition or a link rule touched no message */
    struct schedule_result schedule; /* sums; `effect.idle` is not used */
    uint64_t faults_configured;      /* runs that had misbehaving replicas */
    /* host */
    uint64_t wall_ns, cpu_ns, events, peak_rss_bytes, overloaded;
    uint32_t threads;
    struct histogram lateness;
    struct histogram run_means[LATENCIES - LATENCY_COMMIT]; /* of LATENCY_COMMIT and what follows, over the successes */
};

void summary_reset(struct summary *summary);
/* Adds repetition `index` of `scenario`. */
void summary_add(struct summary *summary, const struct scenario *scenario, uint32_t index,
                 const struct run_result *result);
/* Half the width of the interval of a latency's mean with 95% confidence: over the means of the runs, or over the batch
 * means of the one that there is. NaN where there is too little to tell. */
double summary_half_width(const struct latency_spread *spread);
/* "means of runs" or "batch means": how summary_half_width() comes about. */
const char *summary_interval(const struct summary *summary);
/* Mean of the runs that were successes; NaN without any. */
double summary_operations(const struct summary *summary);
/* NaN without runs. */
double summary_success_rate(const struct summary *summary);
struct interval summary_success_interval(const struct summary *summary);
/* Pre-prepares, prepares and commits (first sends) a decision; NaN without decisions. */
double messages_per_decision(const struct message_counts *messages, uint64_t decisions);
/* The same without faults: 2n(n-1). */
uint64_t messages_expected(uint32_t nodes);

/* Whether the run ended unfinished although its first primary misbehaved and no view was changed. */
bool primary_stopped_run(const struct scenario *scenario, uint32_t index, const struct run_result *result);

/* Whether the runs are what --expect says: safe and live speak of every run, violation of at least one. */
bool expectation_met(unsigned expect, const struct summary *summary);

#endif

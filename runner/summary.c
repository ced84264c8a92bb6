#include "runner/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/draw.h"

const char *latency_name(enum latency latency)
{
    static const char *const names[LATENCIES] = {"decision_latency_first",  "decision_latency_median",
                                                 "decision_latency_quorum", "decision_latency_all",
                                                 "commit_latency",          "request_latency"};
    return names[latency];
}

const struct histogram *result_latency(const struct run_result *result, enum latency latency)
{
    const struct histogram *histograms[LATENCIES] = {&result->first, &result->median, &result->quorum,
                                                     &result->all,   &result->commit, &result->request};
    return histograms[latency];
}

bool primary_stopped_run(const struct scenario *scenario, uint32_t index, const struct run_result *result)
{
    bool unfinished = result->end == END_DEADLINE || result->end == END_STALLED || result->end == END_QUIET;
    bool within_bound = scenario->byzantine > 0 && scenario->byzantine <= quorum_faults(scenario->nodes);
    if (result->live || !unfinished || result->view_changes > 0 || !within_bound) {
        return false; /* beyond the bound too few are left anyway */
    }
    bool *misbehaving = calloc(scenario->nodes, sizeof *misbehaving);
    if (misbehaving == NULL) {
        return false;
    }
    scenario_draw_byzantine(scenario, index, misbehaving);
    bool stopped = misbehaving[0];
    free(misbehaving);
    return stopped;
}

void summary_reset(struct summary *summary)
{
    memset(summary, 0, sizeof *summary);
    for (unsigned i = 0; i < LATENCIES; i++) {
        histogram_reset(&summary->latency[i]);
        histogram_reset(&summary->latency_any[i]);
    }
    for (unsigned i = LATENCY_COMMIT; i < LATENCIES; i++) {
        histogram_reset(&summary->run_means[i - LATENCY_COMMIT]);
    }
    histogram_reset(&summary->lateness);
}

static void add_messages(struct message_counts *sum, const struct message_counts *messages)
{
    sum->sent += messages->sent;
    sum->bytes += messages->bytes;
    sum->retransmitted += messages->retransmitted;
    sum->duplicated += messages->duplicated;
    sum->delivered += messages->delivered;
    sum->dropped += messages->dropped;
    sum->discarded += messages->discarded;
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        sum->by_type[type] += messages->by_type[type];
    }
}

static void add_host(struct summary *summary, const struct run_result *result)
{
    summary->wall_ns += result->wall_ns;
    summary->cpu_ns += result->cpu_ns;
    summary->events += result->events;
    summary->overloaded += result->overloaded;
    summary->threads = result->threads;
    if (result->peak_rss_bytes > summary->peak_rss_bytes) {
        summary->peak_rss_bytes = result->peak_rss_bytes;
    }
    histogram_merge(&summary->lateness, &result->lateness);
}

static void add_counts(struct summary *summary, const struct run_result *result)
{
    summary->submitted += result->submitted;
    summary->executed += result->executed;
    summary->accepted += result->accepted;
    summary->decisions += result->decisions;
    summary->view_changes += result->view_changes;
    summary->elapsed_ns += result->elapsed_ns;
    summary->operations_any += (result->operations_per_second - summary->operations_any) / (double)summary->runs;
    for (uint32_t i = 0; i < result->fault_count; i++) {
        summary->fired += result->faults[i].fired;
    }
    for (unsigned reason = REJECT_NONE + 1; reason < REJECT_REASONS; reason++) {
        summary->rejected += result->rejected[reason];
    }
    add_messages(&summary->messages, &result->messages);
}

static void add_schedule(struct schedule_result *sum, const struct schedule_result *result)
{
    sum->partitions |= result->partitions;
    sum->rules |= result->rules;
    sum->effect.lost += result->effect.lost;
    sum->effect.ruled += result->effect.ruled;
}

static void add_latencies(struct histogram *latencies, struct latency_spread *spreads, const struct run_result *result)
{
    for (unsigned i = 0; i < LATENCIES; i++) {
        const struct histogram *latency = result_latency(result, (enum latency)i);
        if (latency->count > 0) {
            histogram_merge(&latencies[i], latency);
            ratio_add(&spreads[i].runs, (double)latency->count, latency->mean * (double)latency->count);
            spreads[i].alone_ns = result->half_width_ns[i];
        }
    }
}

static void add_run_means(struct summary *summary, const struct run_result *result)
{
    for (unsigned i = LATENCY_COMMIT; i < LATENCIES; i++) {
        const struct histogram *latency = result_latency(result, (enum latency)i);
        if (latency->count > 0) {
            histogram_add(&summary->run_means[i - LATENCY_COMMIT], (uint64_t)llround(latency->mean));
        }
    }
}

void summary_add(struct summary *summary, const struct scenario *scenario, uint32_t index,
                 const struct run_result *result)
{
    bool success = result->safe && result->live;
    summary->runs++;
    summary->safe += result->safe;
    summary->live += result->live;
    summary->success += success;
    summary->agreeing += result->digests_agree;
    summary->empty += result->empty;
    summary->idle += result->schedule.effect.idle > 0;
    add_schedule(&summary->schedule, &result->schedule);
    summary->faults_configured += result->fault_count > 0;
    summary->primary_stopped += primary_stopped_run(scenario, index, result);
    if (result->violation.found && summary->violation == NULL) {
        summary->violation = result->violation.property;
        summary->violation_seed = result->seed;
    }
    add_latencies(summary->latency_any, summary->spread_any, result);
    if (success) {
        add_latencies(summary->latency, summary->spread, result);
        add_run_means(summary, result);
        summary->operations_per_second += (result->operations_per_second - summary->operations_per_second) /
                                          (double)summary->success;
    }
    add_counts(summary, result);
    add_host(summary, result);
}

double summary_half_width(const struct latency_spread *spread)
{
    return spread->runs.groups == 1 ? spread->alone_ns : ratio_half_width(&spread->runs, BATCH_LEAST_RUNS);
}

const char *summary_interval(const struct summary *summary)
{
    return summary->runs > 1 ? "means of runs" : "batch means";
}

double summary_operations(const struct summary *summary)
{
    return summary->success == 0 ? NAN : summary->operations_per_second;
}

double summary_success_rate(const struct summary *summary)
{
    return summary->runs == 0 ? NAN : (double)summary->success / (double)summary->runs;
}

struct interval summary_success_interval(const struct summary *summary)
{
    return wilson_interval(summary->success, summary->runs);
}

double messages_per_decision(const struct message_counts *messages, uint64_t decisions)
{
    uint64_t phases = messages->by_type[MESSAGE_PRE_PREPARE] + messages->by_type[MESSAGE_PREPARE] +
                      messages->by_type[MESSAGE_COMMIT];
    return decisions == 0 ? NAN : (double)phases / (double)decisions;
}

uint64_t messages_expected(uint32_t nodes)
{
    return 2ull * nodes * (nodes - 1);
}

bool expectation_met(unsigned expect, const struct summary *summary)
{
    bool safe = (expect & EXPECT_SAFE) == 0 || summary->safe == summary->runs;
    bool live = (expect & EXPECT_LIVE) == 0 || summary->live == summary->runs;
    bool violation = (expect & EXPECT_VIOLATION) == 0 || summary->safe < summary->runs;
    return safe && live && violation;
}

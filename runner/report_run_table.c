/* The table of `run`, for people: the scenario in words, a line a run, then what they come to. */
#include <math.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/report.h"
#include "runner/timeline_words.h"
#include "runner/violation.h"
#include "runner/words.h"

static void table_begin(struct sink *sink)
{
    const struct report_head *head = sink->head;
    char words[SCENARIO_WORDS_SIZE];
    scenario_words(head->scenario, NULL, words);
    output_print(sink->output, "%s; seed %llu\n", words, (unsigned long long)head->scenario->seed);
    output_print(sink->output, "again: %s\n\n", head->command);
    output_print(sink->output, "%-20s %-4s %-4s %15s %9s %5s %12s %12s\n", "seed", "safe", "live", "accepted",
                 "decisions", "views", "latency", "elapsed");
}

static void print_violation(struct output *output, const struct violation *violation, const char *command)
{
    output_print(output, "  SAFETY VIOLATED: %s (%s) at sequence number %llu\n", violation->property,
                 violation->claim == NULL ? "" : violation->claim, (unsigned long long)violation->sequence);
    for (uint32_t i = 0; i < violation->replica_count; i++) {
        char words[WITNESS_WORDS_SIZE];
        violation_witness_words(violation, i, words);
        output_print(output, "    %s\n", words);
    }
    output_print(output, "  shown again by: %s\n", command);
}

/* Everything known was answered and nothing was under way: what one replica lacks, nobody was going to send. */
static void print_left_behind(struct sink *sink, const struct run_result *result)
{
    uint32_t behind = 0, correct = 0;
    sequence_number furthest = 0;
    for (uint32_t i = 0; i < result->replica_count; i++) {
        const struct replica_result *replica = &result->replicas[i];
        if (replica->correct && replica->executed > furthest) {
            furthest = replica->executed;
        }
    }
    for (uint32_t i = 0; i < result->replica_count; i++) {
        correct += result->replicas[i].correct;
        behind += result->replicas[i].correct && result->replicas[i].executed < furthest;
    }
    if (behind > 0) {
        bool resends = sink->head->scenario->retransmit_ns != 0;
        output_print(sink->output, "            %u of %u correct replicas stayed behind sequence number %llu%s\n",
                     behind, correct, (unsigned long long)furthest,
                     resends ? "" : "; with --retransmit T they would fetch what they miss");
    }
}

static void table_run(struct sink *sink, const struct report_run *run)
{
    const struct run_result *result = run->result;
    char accepted[64];
    char latency[TIME_WORDS_SIZE];
    char elapsed[TIME_WORDS_SIZE];
    snprintf(accepted, sizeof accepted, "%llu of %llu", (unsigned long long)result->accepted,
             (unsigned long long)sink->head->scenario->requests);
    time_words(result->commit.count == 0 ? NAN : result->commit.mean, latency);
    time_words((double)result->elapsed_ns, elapsed);
    output_print(sink->output, "%-20llu %-4s %-4s %15s %9llu %5llu %12s %12s%s\n", (unsigned long long)result->seed,
                 result->safe ? "yes" : "NO", result->live ? "yes" : "NO", accepted,
                 (unsigned long long)result->decisions, (unsigned long long)result->view_changes, latency, elapsed,
                 run->partial ? "  (interrupted)" : "");
    if (!result->live) {
        output_print(sink->output, "  not live: %s\n", driver_end_name(result->end));
        print_left_behind(sink, result);
    }
    if (result->violation.found) {
        print_violation(sink->output, &result->violation, run->command);
    }
    timeline_print(sink->output, result, sink->head->scenario->timeline_ns);
    sink->written++;
}

/* "-" where the samples are too few to tell. */
static void quantile_words(const struct histogram *histogram, double quantile, char words[TIME_WORDS_SIZE])
{
    time_words(histogram_supports(histogram, quantile) ? (double)histogram_quantile(histogram, quantile) : NAN, words);
}

static void print_latency(struct output *output, const char *name, const struct histogram *histogram, double half)
{
    char words[5][TIME_WORDS_SIZE];
    char mean[2 * TIME_WORDS_SIZE + 8];
    if (histogram->count == 0) {
        return;
    }
    time_words(histogram->mean, words[0]);
    time_words(half, words[1]);
    snprintf(mean, sizeof mean, isfinite(half) ? "%s +- %s" : "%s", words[0], words[1]);
    quantile_words(histogram, 0.50, words[1]);
    quantile_words(histogram, 0.90, words[2]);
    quantile_words(histogram, 0.99, words[3]);
    time_words((double)histogram->max, words[4]);
    output_print(output, "  %-34s %19s %9s %9s %9s %9s %9llu\n", name, mean, words[1], words[2], words[3], words[4],
                 (unsigned long long)histogram->count);
}

/* Over the successes; where there is none, over what there is. */
static void print_latencies(struct output *output, const struct summary *summary)
{
    static const char *const names[LATENCIES] = {"pre-prepare to first replica",  "  to the median replica",
                                                 "  to the q-th correct replica", "  to the last correct replica",
                                                 "client to last execution",      "client to reply quorum"};
    const struct histogram *latencies = summary->success > 0 ? summary->latency : summary->latency_any;
    const struct latency_spread *spreads = summary->success > 0 ? summary->spread : summary->spread_any;
    bool any = false, intervals = false;
    for (unsigned i = 0; i < LATENCIES; i++) {
        any = any || latencies[i].count > 0;
        intervals = intervals || isfinite(summary_half_width(&spreads[i]));
    }
    if (!any) {
        return;
    }
    output_print(output, "\n  95%% intervals: %s\n",
                 intervals ? summary_interval(summary) : "none, for too few samples");
    output_print(output, "  %-34s %19s %9s %9s %9s %9s %9s\n",
                 summary->success > 0 ? "latency" : "latency (of unsuccessful runs)", "mean +- 95%", "p50", "p90",
                 "p99", "max", "count");
    for (unsigned i = 0; i < LATENCIES; i++) {
        print_latency(output, names[i], &latencies[i], summary_half_width(&spreads[i]));
    }
}

/* Like the latencies, over the successes. */
static void print_throughput(struct output *output, const struct summary *summary)
{
    double operations = summary_operations(summary);
    if (isfinite(operations)) {
        output_print(output, "  throughput %.4g operations/s while the load was complete\n", operations);
    } else {
        output_print(output, "  throughput - (no run was a success)\n");
    }
}

static void print_messages(struct output *output, const struct summary *summary, uint32_t nodes)
{
    const struct message_counts *messages = &summary->messages;
    double each = messages_per_decision(messages, summary->decisions);
    output_print(output, "  messages   ");
    if (isfinite(each)) {
        output_print(output, "%.6g a decision, 2n(n-1) = %llu without faults; ", each,
                     (unsigned long long)messages_expected(nodes));
    }
    output_print(output,
                 "%llu sent, %llu duplicated, %llu delivered, %llu dropped, %llu under way at the "
                 "end; %llu were sent again\n",
                 (unsigned long long)messages->sent, (unsigned long long)messages->duplicated,
                 (unsigned long long)messages->delivered, (unsigned long long)messages->dropped,
                 (unsigned long long)messages->discarded, (unsigned long long)messages->retransmitted);
    const char *separator = "             ";
    for (unsigned type = MESSAGE_NONE + 1; type < MESSAGE_TYPES; type++) {
        if (messages->by_type[type] > 0) {
            output_print(output, "%s%llu %s", separator, (unsigned long long)messages->by_type[type],
                         message_type_name((enum message_type)type));
            separator = ", ";
        }
    }
    output_print(output, separator[0] == ',' ? "\n" : "");
}

static void print_schedule(struct output *output, const struct summary *summary)
{
    const struct schedule_result *schedule = &summary->schedule;
    if (!schedule->partitions && !schedule->rules) {
        return;
    }
    output_print(output, "  schedule   ");
    if (schedule->partitions) {
        output_print(output, "partitions lost %llu messages%s", (unsigned long long)schedule->effect.lost,
                     schedule->rules ? "; " : "");
    }
    if (schedule->rules) {
        output_print(output, "link rules applied to %llu", (unsigned long long)schedule->effect.ruled);
    }
    if (summary->idle > 0) {
        output_print(output, "; in %llu of %llu runs one of them touched none", (unsigned long long)summary->idle,
                     (unsigned long long)summary->runs);
    }
    output_print(output, "\n");
}

static void print_faults(struct output *output, const struct summary *summary)
{
    if (summary->faults_configured > 0) {
        output_print(output, "  faults     fired %llu times", (unsigned long long)summary->fired);
        if (summary->empty > 0) {
            output_print(output, "; in %llu of %llu runs not at all", (unsigned long long)summary->empty,
                         (unsigned long long)summary->runs);
        }
        output_print(output, "\n");
    }
    print_schedule(output, summary);
    if (summary->rejected > 0) {
        output_print(output, "  rejected   %llu messages by correct nodes\n", (unsigned long long)summary->rejected);
    }
    if (summary->primary_stopped > 0) {
        output_print(output,
                     "  In %llu of %llu runs the primary of view 0 misbehaved and no view change replaced it, so the "
                     "requests were not all executed:\n  this costs liveness, not safety.\n",
                     (unsigned long long)summary->primary_stopped, (unsigned long long)summary->runs);
    }
}

static void print_host(struct output *output, const struct summary *summary, enum clock_kind clock)
{
    char words[4][TIME_WORDS_SIZE];
    time_words((double)summary->wall_ns, words[0]);
    time_words((double)summary->cpu_ns, words[1]);
    output_print(output, "  host       %s, %s of CPU, %u thread%s", words[0], words[1], summary->threads,
                 summary->threads == 1 ? "" : "s");
    if (clock == CLOCK_REAL && summary->lateness.count > 0) {
        time_words((double)histogram_quantile(&summary->lateness, 0.50), words[2]);
        time_words((double)histogram_quantile(&summary->lateness, 0.99), words[3]);
        output_print(output, "; messages late by %s (p50), %s (p99)", words[2], words[3]);
    }
    output_print(output, "%s\n",
                 summary->overloaded > 0 ? "; OVERLOADED: the host, not the network, set the latency" : "");
}

static void table_end(struct sink *sink, const struct report_tail *tail)
{
    const struct summary *summary = tail->summary;
    const struct scenario *scenario = sink->head->scenario;
    struct output *output = sink->output;
    if (summary->runs > 1) {
        struct interval interval = summary_success_interval(summary);
        output_print(output, "\n  %llu runs: %llu safe, %llu live; success %.4g%% (95%% interval %.3g%% to %.3g%%)\n",
                     (unsigned long long)summary->runs, (unsigned long long)summary->safe,
                     (unsigned long long)summary->live, 100 * summary_success_rate(summary), 100 * interval.low,
                     100 * interval.high);
    }
    if (summary->runs > 0) {
        print_latencies(output, summary);
        output_print(output, "\n");
        print_throughput(output, summary);
        print_messages(output, summary, scenario->nodes);
        print_faults(output, summary);
        print_host(output, summary, scenario->clock);
    }
    if (tail->replay != NULL) {
        output_print(output, "\n  replayed the same: %s (%llu events of %s)\n", tail->replay->same ? "yes" : "NO",
                     (unsigned long long)tail->replay->events, tail->replay->recording);
    }
    if (tail->replay != NULL && !tail->replay->same) {
        output_print(output, "    %s\n", tail->replay->difference);
    }
    if (tail->partial) {
        output_print(output, "\n  interrupted: PARTIAL, %llu of %u runs finished\n", (unsigned long long)summary->runs,
                     scenario->repeat);
    }
}

const struct sink_operations run_table_sink = {table_begin, table_run, NULL, table_end};

/* The table of `sweep`, for people: a line a cell, printed as cells finish. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/option_value.h"
#include "runner/report.h"
#include "runner/words.h"

/* The tutorial's own table: malicious, success, average latency, digest agreement, view changes. */
static bool is_article(const struct report_head *head)
{
    const char *preset = head->settings->text[OPT_PRESET];
    return preset != NULL && strcmp(preset, "article") == 0 && head->grid->axis_count == 1 &&
           head->grid->axes[0].id == OPT_BYZANTINE;
}

static size_t axis_width(const struct grid *grid, size_t axis)
{
    size_t width = strlen(option_at(grid->axes[axis].id)->name);
    for (size_t i = 0; i < grid->axes[axis].count; i++) {
        size_t value = strlen(grid->axes[axis].texts[i]);
        width = value > width ? value : width;
    }
    return width;
}

static void print_headings(struct sink *sink)
{
    const struct grid *grid = sink->head->grid;
    if (is_article(sink->head)) {
        output_print(sink->output, "%9s  %7s  %15s  %16s  %12s\n", "malicious", "success", "average latency",
                     "digest agreement", "view changes");
        return;
    }
    for (size_t i = 0; i < grid->axis_count; i++) {
        output_print(sink->output, "%*s  ", (int)axis_width(grid, i), option_at(grid->axes[i].id)->name);
    }
    output_print(sink->output, "%9s  %15s  %6s  %9s  %9s  %9s  %17s\n", "success", "95% interval", "safe", "latency",
                 "p50", "p99", "messages/decision");
}

static void print_title(struct sink *sink)
{
    const struct report_head *head = sink->head;
    bool varies[OPTION_COUNT] = {false};
    char words[SCENARIO_WORDS_SIZE];
    for (size_t i = 0; i < head->grid->axis_count; i++) {
        varies[head->grid->axes[i].id] = true;
    }
    scenario_words(head->scenario, varies, words);
    output_print(sink->output, "%s; %u run%s a cell; seed %llu\n", words, head->scenario->repeat,
                 head->scenario->repeat == 1 ? "" : "s", (unsigned long long)head->scenario->seed);
    output_print(sink->output, "again: %s\n\n", head->command);
}

static void table_begin(struct sink *sink)
{
    print_title(sink);
    print_headings(sink);
}

static void share_words(double part, double whole, char text[32])
{
    if (isnan(part) || isnan(whole)) {
        snprintf(text, 32, "-");
    } else {
        snprintf(text, 32, "%.0f/%.0f", part, whole);
    }
}

static double cell_number(const struct sink *sink, const struct report_cell *cell, const char *name)
{
    return row_number(cell->row, sink->head->columns, name);
}

static void print_article_cell(struct sink *sink, const struct report_cell *cell)
{
    char success[32];
    char agreement[32];
    char latency[32] = "-";
    double repeats = cell_number(sink, cell, "repeats");
    double mean = cell_number(sink, cell, "commit_latency_mean_ns");
    double changes = cell_number(sink, cell, "view_changes");
    share_words(cell_number(sink, cell, "success"), repeats, success);
    /* where nothing was executed there is nothing to agree about */
    double decisions = cell_number(sink, cell, "decisions");
    share_words(decisions == 0 ? NAN : cell_number(sink, cell, "digests_agree"), repeats, agreement);
    if (!isnan(mean)) {
        snprintf(latency, sizeof latency, "%.3f s", mean / 1e9);
    }
    output_print(sink->output, "%9s  %7s  %15s  %16s  %12.4g\n",
                 sink->head->grid->axes[0].texts[grid_value_index(sink->head->grid, cell->cell, 0)], success, latency,
                 agreement, changes / repeats);
}

/* A rule behind the last count of misbehaving replicas that n tolerates. */
static void print_rule(struct sink *sink, const struct report_cell *cell)
{
    struct scenario scenario;
    grid_scenario(sink->head->grid, cell->cell, &scenario);
    if (scenario.byzantine == quorum_faults(scenario.nodes) && cell->cell + 1 < sink->head->grid->cells) {
        output_print(sink->output, "----------------------- beyond f = %2u --------------------------------\n",
                     scenario.byzantine);
    }
}

static void print_cell(struct sink *sink, const struct report_cell *cell)
{
    const struct grid *grid = sink->head->grid;
    static const char *const latencies[] = {"commit_latency_mean_ns", "commit_latency_p50_ns", "commit_latency_p99_ns"};
    char share[32];
    double repeats = cell_number(sink, cell, "repeats");
    for (size_t i = 0; i < grid->axis_count; i++) {
        output_print(sink->output, "%*s  ", (int)axis_width(grid, i),
                     grid->axes[i].texts[grid_value_index(grid, cell->cell, i)]);
    }
    share_words(cell_number(sink, cell, "success"), repeats, share);
    output_print(sink->output, "%9s  ", share);
    snprintf(share, sizeof share, "%.3g%% to %.3g%%", 100 * cell_number(sink, cell, "success_low"),
             100 * cell_number(sink, cell, "success_high"));
    output_print(sink->output, "%15s  ", share);
    share_words(cell_number(sink, cell, "safe"), repeats, share);
    output_print(sink->output, "%6s", share);
    for (size_t i = 0; i < sizeof latencies / sizeof *latencies; i++) {
        char words[TIME_WORDS_SIZE];
        time_words(cell_number(sink, cell, latencies[i]), words);
        output_print(sink->output, "  %9s", words);
    }
    double messages = cell_number(sink, cell, "messages_per_decision");
    snprintf(share, sizeof share, isnan(messages) ? "-" : "%.6g", messages);
    output_print(sink->output, "  %17s\n", share);
}

static void table_cell(struct sink *sink, const struct report_cell *cell)
{
    if (is_article(sink->head)) {
        print_article_cell(sink, cell);
        print_rule(sink, cell);
    } else {
        print_cell(sink, cell);
    }
    struct value violation = row_value(cell->row, sink->head->columns, "violation");
    if (violation.kind == VALUE_TEXT) {
        output_print(sink->output, "  ^ safety violated: %s\n", violation.text);
    }
    sink->written++;
}

static void table_end(struct sink *sink, const struct report_tail *tail)
{
    output_print(sink->output, "\nlatency: from the client's first sending to the execution at the last correct "
                               "replica, over the successes; - where they are too few\n");
    if (tail->partial) {
        output_print(sink->output, "interrupted: PARTIAL, %zu of %zu cells\n", tail->cells, tail->cells_wanted);
    }
}

const struct sink_operations sweep_table_sink = {table_begin, NULL, table_cell, table_end};

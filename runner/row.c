#include "runner/row.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/option_value.h"

enum column_use { IN_RUNS = 1, IN_SWEEPS = 2, IN_BOTH = 3 };

/* One column that is computed from a summary. */
struct computed {
    const char *name;
    enum column_use use;
    bool host;
    struct value (*value)(const struct summary *summary);
};

static struct value integer(uint64_t number)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = number > INT64_MAX ? INT64_MAX : (int64_t)number};
}

static struct value real(double number)
{
    return isfinite(number) ? (struct value){.kind = VALUE_REAL, .real = number} : (struct value){.kind = VALUE_NONE};
}

static struct value text(const char *characters)
{
    char *copy = strdup(characters);
    if (copy == NULL) {
        abort();
    }
    return (struct value){.kind = VALUE_TEXT, .text = copy};
}

static struct value quantile_value(const struct histogram *histogram, double quantile)
{
    return histogram_supports(histogram, quantile) ? integer(histogram_quantile(histogram, quantile))
                                                   : (struct value){.kind = VALUE_NONE};
}

static struct value run_means_value(const struct summary *summary, enum latency latency, double quantile)
{
    return quantile_value(&summary->run_means[latency - LATENCY_COMMIT], quantile);
}

#define COMPUTED(name, expression)                            \
    static struct value value_##name(const struct summary *s) \
    {                                                         \
        return expression;                                    \
    }

COMPUTED(repeats, integer(s->runs))
COMPUTED(safe, integer(s->safe))
COMPUTED(live, integer(s->live))
COMPUTED(success, integer(s->success))
COMPUTED(success_rate, real(summary_success_rate(s)))
COMPUTED(success_low, real(summary_success_interval(s).low))
COMPUTED(success_high, real(summary_success_interval(s).high))
COMPUTED(digests_agree, integer(s->agreeing))
COMPUTED(violation, s->violation == NULL ? (struct value){.kind = VALUE_NONE} : text(s->violation))
COMPUTED(submitted, integer(s->submitted))
COMPUTED(executed, integer(s->executed))
COMPUTED(accepted, integer(s->accepted))
COMPUTED(decisions, integer(s->decisions))
COMPUTED(view_changes, integer(s->view_changes))
COMPUTED(elapsed_ns, integer(s->elapsed_ns))
COMPUTED(operations_per_second, real(summary_operations(s)))
COMPUTED(operations_of_run, real(s->operations_any))
COMPUTED(messages_per_decision, real(messages_per_decision(&s->messages, s->decisions)))
COMPUTED(messages_sent, integer(s->messages.sent))
COMPUTED(messages_bytes, integer(s->messages.bytes))
COMPUTED(messages_retransmitted, integer(s->messages.retransmitted))
COMPUTED(messages_duplicated, integer(s->messages.duplicated))
COMPUTED(messages_delivered, integer(s->messages.delivered))
COMPUTED(messages_dropped, integer(s->messages.dropped))
COMPUTED(messages_discarded, integer(s->messages.discarded))
COMPUTED(faults_fired, integer(s->fired))
COMPUTED(rejected, integer(s->rejected))
COMPUTED(commit_p25_ns, run_means_value(s, LATENCY_COMMIT, 0.25))
COMPUTED(commit_p50_ns, run_means_value(s, LATENCY_COMMIT, 0.50))
COMPUTED(commit_p75_ns, run_means_value(s, LATENCY_COMMIT, 0.75))
COMPUTED(request_p25_ns, run_means_value(s, LATENCY_REQUEST, 0.25))
COMPUTED(request_p50_ns, run_means_value(s, LATENCY_REQUEST, 0.50))
COMPUTED(request_p75_ns, run_means_value(s, LATENCY_REQUEST, 0.75))
COMPUTED(wall_ns, integer(s->wall_ns))
COMPUTED(cpu_ns, integer(s->cpu_ns))
COMPUTED(events, integer(s->events))
COMPUTED(lateness_p50_ns, integer(histogram_quantile(&s->lateness, 0.50)))
COMPUTED(lateness_p99_ns, integer(histogram_quantile(&s->lateness, 0.99)))
COMPUTED(lateness_max_ns, integer(s->lateness.max))
COMPUTED(overloaded, integer(s->overloaded))

/* Before the latencies, and behind them. */
static const struct computed outcome[] = {
    {"repeats", IN_SWEEPS, false, value_repeats},
    {"safe", IN_BOTH, false, value_safe},
    {"live", IN_BOTH, false, value_live},
    {"success", IN_SWEEPS, false, value_success},
    {"success_rate", IN_SWEEPS, false, value_success_rate},
    {"success_low", IN_SWEEPS, false, value_success_low},
    {"success_high", IN_SWEEPS, false, value_success_high},
    {"digests_agree", IN_BOTH, false, value_digests_agree},
    {"violation", IN_BOTH, false, value_violation},
    {"submitted", IN_BOTH, false, value_submitted},
    {"executed", IN_BOTH, false, value_executed},
    {"accepted", IN_BOTH, false, value_accepted},
    {"decisions", IN_BOTH, false, value_decisions},
};

static const struct computed cost[] = {
    {"messages_per_decision", IN_BOTH, false, value_messages_per_decision},
    {"messages_sent", IN_BOTH, false, value_messages_sent},
    {"messages_bytes", IN_BOTH, false, value_messages_bytes},
    {"messages_retransmitted", IN_BOTH, false, value_messages_retransmitted},
    {"messages_duplicated", IN_BOTH, false, value_messages_duplicated},
    {"messages_delivered", IN_BOTH, false, value_messages_delivered},
    {"messages_dropped", IN_BOTH, false, value_messages_dropped},
    {"messages_discarded", IN_BOTH, false, value_messages_discarded},
    {"view_changes", IN_BOTH, false, value_view_changes},
    {"faults_fired", IN_BOTH, false, value_faults_fired},
    {"rejected", IN_BOTH, false, value_rejected},
    {"elapsed_ns", IN_BOTH, false, value_elapsed_ns},
    {"operations_per_second", IN_SWEEPS, false, value_operations_per_second},
    {"operations_per_second", IN_RUNS, false, value_operations_of_run},
    {"commit_latency_runs_p25_ns", IN_SWEEPS, false, value_commit_p25_ns}, /* of the means of the runs */
    {"commit_latency_runs_p50_ns", IN_SWEEPS, false, value_commit_p50_ns},
    {"commit_latency_runs_p75_ns", IN_SWEEPS, false, value_commit_p75_ns},
    {"request_latency_runs_p25_ns", IN_SWEEPS, false, value_request_p25_ns},
    {"request_latency_runs_p50_ns", IN_SWEEPS, false, value_request_p50_ns},
    {"request_latency_runs_p75_ns", IN_SWEEPS, false, value_request_p75_ns},
    {"wall_ns", IN_BOTH, true, value_wall_ns},
    {"cpu_ns", IN_BOTH, true, value_cpu_ns},
    {"events", IN_BOTH, true, value_events},
    {"lateness_p50_ns", IN_BOTH, true, value_lateness_p50_ns},
    {"lateness_p99_ns", IN_BOTH, true, value_lateness_p99_ns},
    {"lateness_max_ns", IN_BOTH, true, value_lateness_max_ns},
    {"overloaded", IN_BOTH, true, value_overloaded},
};

#define OUTCOMES (sizeof outcome / sizeof *outcome)
#define COSTS (sizeof cost / sizeof *cost)

enum statistic { MEAN, MEAN_CI95, P50, P90, P99, LEAST, MOST, STATISTICS };

static const char *const statistic_names[STATISTICS] = {"mean_ns", "mean_ci95_ns", "p50_ns", "p90_ns",
                                                        "p99_ns",  "min_ns",       "max_ns"};

static struct value rounded(double ns)
{
    return isfinite(ns) ? integer((uint64_t)llround(ns)) : (struct value){.kind = VALUE_NONE};
}

static struct value statistic_value(const struct histogram *histogram, const struct latency_spread *spread,
                                    enum statistic statistic)
{
    if (histogram->count == 0) {
        return (struct value){.kind = VALUE_NONE};
    }
    switch (statistic) {
    case MEAN:
        return rounded(histogram->mean);
    case MEAN_CI95:
        return rounded(summary_half_width(spread));
    case P50:
        return quantile_value(histogram, 0.50);
    case P90:
        return quantile_value(histogram, 0.90);
    case P99:
        return quantile_value(histogram, 0.99);
    case LEAST:
        return integer(histogram->min);
    default:
        return integer(histogram->max);
    }
}

static void add_name(struct columns *columns, const char *name)
{
    assert(columns->count < MOST_COLUMNS);
    snprintf(columns->names[columns->count++], COLUMN_NAME_SIZE, "%s", name);
}

static void add_computed_names(struct columns *columns, const struct computed *list, size_t count, enum column_use use,
                               bool host)
{
    for (size_t i = 0; i < count; i++) {
        if ((list[i].use & use) != 0 && (host || !list[i].host)) {
            add_name(columns, list[i].name);
        }
    }
}

static void add_common_names(struct columns *columns, enum column_use use, bool host)
{
    add_computed_names(columns, outcome, OUTCOMES, use, host);
    for (unsigned latency = 0; latency < LATENCIES; latency++) {
        for (unsigned i = 0; i < STATISTICS; i++) {
            char name[COLUMN_NAME_SIZE];
            snprintf(name, sizeof name, "%s_%s", latency_name((enum latency)latency), statistic_names[i]);
            add_name(columns, name);
        }
    }
    add_computed_names(columns, cost, COSTS, use, host);
}

void columns_of_sweep(struct columns *columns, const struct grid *grid, bool host)
{
    *columns = (struct columns){.options = grid->axis_count};
    for (size_t i = 0; i < grid->axis_count; i++) {
        char key[OPTION_KEY_SIZE];
        option_key(grid->axes[i].id, key);
        add_name(columns, key);
    }
    add_common_names(columns, IN_SWEEPS, host);
}

void columns_of_runs(struct columns *columns, bool host)
{
    *columns = (struct columns){.options = 1};
    add_name(columns, "seed");
    add_common_names(columns, IN_RUNS, host);
}

static void add_value(struct row *row, struct value value)
{
    assert(row->count < MOST_COLUMNS);
    row->values[row->count++] = value;
}

static void add_computed(struct row *row, const struct computed *list, size_t count, const struct summary *summary,
                         enum column_use use, bool host)
{
    for (size_t i = 0; i < count; i++) {
        if ((list[i].use & use) != 0 && (host || !list[i].host)) {
            add_value(row, list[i].value(summary));
        }
    }
}

static void add_common(struct row *row, const struct summary *summary, enum column_use use, bool host)
{
    const struct histogram *latencies = use == IN_RUNS ? summary->latency_any : summary->latency;
    const struct latency_spread *spreads = use == IN_RUNS ? summary->spread_any : summary->spread;
    add_computed(row, outcome, OUTCOMES, summary, use, host);
    for (unsigned latency = 0; latency < LATENCIES; latency++) {
        for (unsigned i = 0; i < STATISTICS; i++) {
            add_value(row, statistic_value(&latencies[latency], &spreads[latency], (enum statistic)i));
        }
    }
    add_computed(row, cost, COSTS, summary, use, host);
}

static struct value option_value(enum option_id id, const struct scenario *scenario)
{
    char characters[OPTION_TEXT_SIZE];
    enum option_type type = option_at(id)->type;
    if (option_is_off(id, scenario)) {
        return text(option_at(id)->off);
    }
    if (type == OPTION_COUNT32 || type == OPTION_COUNT64 || type == OPTION_DURATION || type == OPTION_RATE) {
        return integer(option_integer(id, scenario));
    }
    if (type == OPTION_SHARE || type == OPTION_NUMBER) {
        return real(option_real(id, scenario));
    }
    option_write(id, scenario, characters);
    return text(characters);
}

void row_options(struct row *row, const struct grid *grid, size_t cell)
{
    struct scenario scenario;
    grid_scenario(grid, cell, &scenario);
    *row = (struct row){0};
    for (size_t i = 0; i < grid->axis_count; i++) {
        add_value(row, option_value(grid->axes[i].id, &scenario));
    }
}

void row_of_cell(struct row *row, const struct grid *grid, size_t cell, const struct summary *summary, bool host)
{
    row_options(row, grid, cell);
    add_common(row, summary, IN_SWEEPS, host);
}

void row_of_run(struct row *row, const struct run_result *result, const struct summary *summary, bool host)
{
    *row = (struct row){0};
    add_value(row, integer(result->seed));
    add_common(row, summary, IN_RUNS, host);
}

void row_destroy(struct row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        free(row->values[i].text);
    }
    row->count = 0;
}

struct value row_value(const struct row *row, const struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count && i < row->count; i++) {
        if (strcmp(columns->names[i], name) == 0) {
            return row->values[i];
        }
    }
    return (struct value){.kind = VALUE_NONE};
}

double row_number(const struct row *row, const struct columns *columns, const char *name)
{
    struct value value = row_value(row, columns, name);
    return value.kind == VALUE_INTEGER ? (double)value.integer : value.kind == VALUE_REAL ? value.real : NAN;
}

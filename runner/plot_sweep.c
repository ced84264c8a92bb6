#include "runner/plot_sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/plot_median.h"
#include "runner/plot_series.h"

#define NS_PER_MS 1e6
#define LEAST_FOR_P99 100 /* of fewer values the 99th percentile is the greatest */
#define MAX_SERIES 8      /* more lines than that nobody can tell apart */

/* Columns of one latency. */
struct latency_columns {
    size_t mean, half_width, p50, p99, runs;
};

static struct latency_columns latency_columns(const struct plot_table *table, const char *quantity)
{
    static const char *const statistics[] = {"mean", "mean_ci95", "p50", "p99", "runs"};
    size_t found[5];
    for (size_t i = 0; i < 5; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s_%s", quantity, statistics[i]);
        found[i] = plot_table_find(table, name);
    }
    return (struct latency_columns){found[0], found[1], found[2], found[3], found[4]};
}

static bool is_sweep(const struct plot_request *request, struct error *error)
{
    return request->input->table.rows > 0 || error_set(error, "the file holds single runs; this picture is of a sweep");
}

/* The column of the option that was asked for, or of the `rank`-th that varies. */
static bool option_column(const struct plot_table *table, const char *name, size_t rank, size_t *column,
                          struct error *error)
{
    if (name != NULL) {
        *column = plot_table_option(table, name);
    } else {
        *column = rank;
    }
    if (*column < table->options) {
        return true;
    }
    if (name == NULL) {
        return error_set(error, "%s varies in this sweep", table->options == 0 ? "no option" : "only one option");
    }
    struct error all = {""};
    for (size_t i = 0; i < table->options; i++) {
        size_t length = strlen(all.text);
        snprintf(all.text + length, sizeof all.text - length, "%s%s", i > 0 ? ", " : "", table->names[i]);
    }
    return error_set(error, "'%s' does not vary in this sweep; what does: %.300s", name, all.text);
}

bool sweep_has_latency(const struct plot_request *request)
{
    const struct plot_table *table = &request->input->table;
    size_t column = latency_columns(table, request->quantity).mean;
    for (size_t row = 0; table->options > 0 && row < table->rows; row++) {
        if (isfinite(plot_table_number(table, row, column))) {
            return true;
        }
    }
    return false;
}

bool sweep_has_success(const struct plot_request *request)
{
    const struct plot_table *table = &request->input->table;
    return table->rows > 0 && table->options > 0 && plot_table_find(table, "success_rate") < table->columns;
}

bool sweep_has_two_options(const struct plot_request *request)
{
    const struct plot_table *table = &request->input->table;
    return table->rows > 0 && table->options == 2;
}

bool sweep_has_latency_map(const struct plot_request *request)
{
    return sweep_has_two_options(request) && sweep_has_latency(request);
}

/* f as a line, where the axis counts misbehaving replicas and n is one number. */
static void set_bound(const struct plot_request *request, struct gnuplot *plot, const char *option)
{
    char nodes[32];
    plot_input_option(request->input, "nodes", nodes, sizeof nodes);
    bool varies = plot_table_find(&request->input->table, "nodes") < request->input->table.options;
    unsigned long n = strtoul(nodes, NULL, 10);
    bool known = strcmp(option, "byzantine") == 0 && !varies && n > 0 && n <= MAX_REPLICAS;
    gnuplot_number(plot, "bound", known ? (double)quorum_faults((uint32_t)n) : NAN);
}

static void set_texts(struct gnuplot *plot, const char *name, char *const *texts, size_t count)
{
    gnuplot_array(plot, name, count);
    for (size_t i = 0; i < count; i++) {
        gnuplot_element(plot, name, i, texts[i]);
    }
}

/* gnuplot takes the labels of tics for formats: a percent sign is written twice. */
static void as_format(const char *text, char *format, size_t size)
{
    size_t length = 0;
    for (; *text != '\0' && length + 3 < size; text++) {
        format[length++] = *text;
        if (*text == '%') {
            format[length++] = '%';
        }
    }
    format[length] = '\0';
}

/* `which` is "x" or "y". */
static void set_axis(struct gnuplot *plot, const struct plot_axis *axis, const char *which)
{
    char name[64];
    snprintf(name, sizeof name, "%s_label", which);
    gnuplot_text(plot, name, axis->label);
    snprintf(name, sizeof name, "%s_numeric", which);
    gnuplot_number(plot, name, axis->numeric);
    snprintf(name, sizeof name, "%s_logarithmic", which);
    gnuplot_number(plot, name, axis->logarithmic);
    snprintf(name, sizeof name, "%s_rate", which);
    gnuplot_number(plot, name, axis->rate);
    snprintf(name, sizeof name, "%s_count", which);
    gnuplot_number(plot, name, (double)axis->count);
    snprintf(name, sizeof name, "%s_texts", which);
    gnuplot_array(plot, name, axis->count);
    for (size_t i = 0; i < axis->count; i++) {
        char format[256];
        as_format(axis->texts[i], format, sizeof format);
        gnuplot_element(plot, name, i, format);
    }
    snprintf(name, sizeof name, "%s_positions", which);
    gnuplot_array(plot, name, axis->count);
    for (size_t i = 0; i < axis->count; i++) {
        snprintf(name, sizeof name, "%s_positions[%zu]", which, i + 1);
        gnuplot_number(plot, name, axis->positions[i]);
    }
}

/* One line of a picture along an axis, in the axis's order, as a block that ends with two blank lines. */
typedef void write_point(const struct plot_table *table, size_t row, const void *columns, FILE *data);

static void write_series(const struct plot_table *table, const struct plot_axis *axis, const size_t *of_row,
                         size_t series, write_point *point, const void *columns, FILE *data)
{
    for (size_t i = 0; i < axis->count; i++) {
        for (size_t row = 0; row < table->rows; row++) {
            if (axis->of_row[row] == i && (of_row == NULL || of_row[row] == series)) {
                fprintf(data, "%.17g ", axis->positions[i]);
                point(table, row, columns, data);
            }
        }
    }
    fputs("\n\n", data);
}

static void write_latency(const struct plot_table *table, size_t row, const void *columns, FILE *data)
{
    const struct latency_columns *of = columns;
    double mean = plot_table_number(table, row, of->mean);
    double half_width = plot_table_number(table, row, of->half_width);
    double values[] = {mean, isfinite(half_width) ? fmax(0, mean - half_width) : NAN, mean + half_width,
                       plot_table_number(table, row, of->p50), plot_table_number(table, row, of->p99)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        fprintf(data, isfinite(mean) && isfinite(values[i]) ? "%.10g " : "NaN ", values[i] / NS_PER_MS);
    }
    struct median median = median_of_list(plot_table_cell(table, row, of->runs));
    const double middle[] = {median.median, median.low, median.high};
    for (size_t i = 0; i < sizeof middle / sizeof *middle; i++) {
        fprintf(data, isfinite(middle[i]) ? "%.10g " : "NaN ", middle[i] / NS_PER_MS);
    }
    fputc('\n', data);
}

/* All runs as points: x, ms. */
static void write_runs(const struct plot_table *table, const struct plot_axis *axis, size_t column, FILE *data)
{
    for (size_t row = 0; row < table->rows; row++) {
        const char *list = plot_table_cell(table, row, column);
        double value;
        while (list != NULL && median_next(&list, &value)) {
            fprintf(data, "%.17g %.10g\n", axis->positions[axis->of_row[row]], value / NS_PER_MS);
        }
    }
    fputs("\n\n", data);
}

struct success_columns {
    size_t rate, low, high;
};

static void write_success(const struct plot_table *table, size_t row, const void *columns, FILE *data)
{
    const struct success_columns *of = columns;
    double rate = plot_table_number(table, row, of->rate);
    double low = plot_table_number(table, row, of->low);
    double high = plot_table_number(table, row, of->high);
    fprintf(data, "%.10g %.10g %.10g\n", rate * 100, (isfinite(low) ? low : rate) * 100,
            (isfinite(high) ? high : rate) * 100);
}

static struct success_columns success_columns(const struct plot_table *table)
{
    return (struct success_columns){plot_table_find(table, "success_rate"), plot_table_find(table, "success_low"),
                                    plot_table_find(table, "success_high")};
}

/* The sweep to compare with, along the same option: one thin line. */
static bool write_compared(const struct plot_request *request, const char *option, write_point *point,
                           const void *columns, struct gnuplot *plot, struct error *error)
{
    const struct plot_table *table = &request->compare->table;
    size_t column = plot_table_find(table, option);
    if (column >= table->options) {
        return error_set(error, "the sweep to compare with (%s) does not vary '%s'", request->compare_label, option);
    }
    struct plot_series series;
    if (!plot_series_make(table, column, &series)) {
        return error_set(error, "out of memory");
    }
    size_t lines = series.count;
    plot_series_destroy(&series);
    if (lines > 1) {
        return error_set(error,
                         "the sweep to compare with (%s) varies more than '%s': --where OPTION=VALUE picks a line",
                         request->compare_label, option);
    }
    struct plot_axis axis;
    if (!plot_axis_make(table, column, &axis)) {
        return error_set(error, "out of memory");
    }
    bool numeric = axis.numeric;
    if (numeric) {
        write_series(table, &axis, NULL, 0, point, columns, plot->data);
    }
    plot_axis_destroy(&axis);
    return numeric || error_set(error, "only sweeps over numbers can be compared; '%s' holds words", option);
}

/* What latency and success have in common: lines along one option, one for each value of the others. */
static bool prepare_lines(const struct plot_request *request, struct gnuplot *plot, write_point *point,
                          const void *columns, const void *compared_columns, struct error *error)
{
    const struct plot_table *table = &request->input->table;
    size_t column;
    struct plot_axis axis;
    struct plot_series series;
    if (!option_column(table, request->x, 0, &column, error)) {
        return false;
    }
    if (!plot_axis_make(table, column, &axis)) {
        return error_set(error, "out of memory");
    }
    if (!plot_series_make(table, column, &series)) {
        plot_axis_destroy(&axis);
        return error_set(error, "out of memory");
    }
    bool done = series.count <= MAX_SERIES ||
                error_set(
                    error,
                    "%zu lines are too many for one picture (at most %d): --where OPTION=VALUE picks some, a heat map "
                    "takes two options",
                    series.count, MAX_SERIES);
    if (done && request->log_x) {
        axis.logarithmic = true;
        done = (axis.numeric && axis.positions[0] > 0) ||
               error_set(error, "--log x: '%s' holds values that are not above 0", table->names[column]);
    }
    if (done) {
        gnuplot_number(plot, "log_y", request->log_y);
        set_axis(plot, &axis, "x");
        set_bound(request, plot, table->names[column]);
        gnuplot_number(plot, "series", (double)series.count);
        set_texts(plot, "labels", series.labels, series.count);
        gnuplot_number(plot, "compared", request->compare != NULL);
        gnuplot_text(plot, "compare_label", request->compare != NULL ? request->compare_label : "");
        for (size_t i = 0; i < series.count; i++) {
            write_series(table, &axis, series.of_row, i, point, columns, plot->data);
        }
        if (request->compare == NULL) {
            fputs("NaN NaN\n\n\n", plot->data); /* so that what follows has the same place */
        }
        done = request->compare == NULL ||
               write_compared(request, table->names[column], point, compared_columns, plot, error);
    }
    if (done && point == write_latency) {
        write_runs(table, &axis, ((const struct latency_columns *)columns)->runs, plot->data);
    }
    plot_series_destroy(&series);
    plot_axis_destroy(&axis);
    return done;
}

static bool need_column(const struct plot_table *table, const char *name, const char *suffix, struct error *error)
{
    char column[128];
    snprintf(column, sizeof column, "%s%s", name, suffix);
    return plot_table_find(table, column) < table->columns || error_set(error, "the file has no column '%s'", column);
}

/* At least so many values a row's latency is of. */
static double samples_of(const struct plot_table *table, size_t row)
{
    double decisions = plot_table_number(table, row, plot_table_find(table, "decisions"));
    return isfinite(decisions) ? decisions : plot_table_number(table, row, plot_table_find(table, "repeats"));
}

bool prepare_latency(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    const struct plot_table *table = &request->input->table;
    if (!is_sweep(request, error) || !need_column(table, request->quantity, "_mean", error)) {
        return false;
    }
    if (table->options > 0 && !sweep_has_latency(request)) {
        return error_set(error, "no cell of the sweep has a %s: nothing succeeded", request->quantity);
    }
    struct latency_columns compared = {0};
    if (request->compare != NULL) {
        if (!need_column(&request->compare->table, request->quantity, "_mean", error)) {
            return false;
        }
        compared = latency_columns(&request->compare->table, request->quantity);
    }
    struct latency_columns columns = latency_columns(table, request->quantity);
    char title[256];
    snprintf(title, sizeof title, "Latency: %s", quantity_meaning(request->quantity));
    plot_titles(request, plot, title);
    bool missing = false;
    bool interval = false;
    bool tail = columns.p99 < table->columns;
    bool runs = columns.runs < table->columns;
    bool middle = false;
    for (size_t row = 0; row < table->rows; row++) {
        bool there = isfinite(plot_table_number(table, row, columns.mean));
        missing = missing || !there;
        interval = interval || (there && isfinite(plot_table_number(table, row, columns.half_width)));
        runs = runs && (!there || plot_table_cell(table, row, columns.runs) != NULL);
        middle = middle || isfinite(median_of_list(plot_table_cell(table, row, columns.runs)).low);
        tail = tail && (!there || samples_of(table, row) >= LEAST_FOR_P99);
    }
    gnuplot_number(plot, "missing", missing);
    gnuplot_number(plot, "has_interval", interval);
    gnuplot_number(plot, "has_p99", tail);
    gnuplot_number(plot, "has_runs", runs);
    gnuplot_number(plot, "has_median_interval", middle);
    return prepare_lines(request, plot, write_latency, &columns, &compared, error);
}

bool prepare_success(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    const struct plot_table *table = &request->input->table;
    if (!is_sweep(request, error) || !need_column(table, "success_rate", "", error)) {
        return false;
    }
    struct success_columns compared = {0};
    if (request->compare != NULL) {
        if (!need_column(&request->compare->table, "success_rate", "", error)) {
            return false;
        }
        compared = success_columns(&request->compare->table);
    }
    struct success_columns columns = success_columns(table);
    plot_titles(request, plot, "Success: runs that are safe and live");
    return prepare_lines(request, plot, write_success, &columns, &compared, error);
}

/* Two options as a grid of cells. `unit` 0.01 shows a share in %, 1e6 a time in ms. */
static bool prepare_map(const struct plot_request *request, struct gnuplot *plot, const char *value_name, double unit,
                        struct error *error)
{
    const struct plot_table *table = &request->input->table;
    size_t columns[2];
    size_t value = plot_table_find(table, value_name);
    /* the one that is not named is the first that the other leaves */
    size_t x_rank = 0;
    size_t y_rank = 1;
    if (request->y != NULL && request->x == NULL && plot_table_option(table, request->y) == 0) {
        x_rank = 1;
    }
    if (request->x != NULL && request->y == NULL && plot_table_option(table, request->x) == 1) {
        y_rank = 0;
    }
    if (!option_column(table, request->x, x_rank, &columns[0], error) ||
        !option_column(table, request->y, y_rank, &columns[1], error)) {
        return false;
    }
    if (table->options != 2 || columns[0] == columns[1]) {
        return error_set(error, "a heat map needs two different options, and no third that varies (here %zu vary)",
                         table->options);
    }
    struct plot_axis x;
    struct plot_axis y;
    if (!plot_axis_make(table, columns[0], &x)) {
        return error_set(error, "out of memory");
    }
    if (!plot_axis_make(table, columns[1], &y)) {
        plot_axis_destroy(&x);
        return error_set(error, "out of memory");
    }
    set_axis(plot, &x, "x");
    set_axis(plot, &y, "y");
    for (size_t row = 0; row < table->rows; row++) {
        double number = plot_table_number(table, row, value) / unit;
        fprintf(plot->data, isfinite(number) ? "%zu %zu %.10g\n" : "%zu %zu NaN\n", x.of_row[row], y.of_row[row],
                number);
    }
    plot_axis_destroy(&x);
    plot_axis_destroy(&y);
    return true;
}

bool prepare_success_map(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    const struct plot_table *table = &request->input->table;
    if (!is_sweep(request, error) || !need_column(table, "success_rate", "", error)) {
        return false;
    }
    plot_titles(request, plot, "Success: runs that are safe and live");
    gnuplot_text(plot, "value_label", "success (%)");
    gnuplot_number(plot, "is_share", 1);
    return prepare_map(request, plot, "success_rate", 0.01, error);
}

bool prepare_latency_map(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    const struct plot_table *table = &request->input->table;
    char column[128];
    snprintf(column, sizeof column, "%s_mean", request->quantity);
    if (!is_sweep(request, error) || !need_column(table, column, "", error)) {
        return false;
    }
    if (table->options > 0 && !sweep_has_latency(request)) {
        return error_set(error, "no cell of the sweep has a %s: nothing succeeded", request->quantity);
    }
    char title[256];
    snprintf(title, sizeof title, "Latency: %s", quantity_meaning(request->quantity));
    plot_titles(request, plot, title);
    gnuplot_text(plot, "value_label", "mean latency (ms)");
    gnuplot_number(plot, "is_share", 0);
    return prepare_map(request, plot, column, NS_PER_MS, error);
}

#include "runner/plot_series.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/delay.h"

#define NS_PER_MS 1e6

enum value_kind { VALUE_NUMBER, VALUE_SHARE, VALUE_TIME, VALUE_RATE, VALUE_WORD };

/* What an option means, for people. */
struct meaning {
    const char *name, *label;
};

static const struct meaning meanings[] = {
    {"byzantine", "misbehaving replicas"},
    {"nodes", "replicas n"},
    {"behavior", "behaviour"},
    {"delay", "link delay"},
    {"latency_matrix", "latency matrix"},
    {"bandwidth_bps", "bandwidth of an uplink"},
    {"retransmit", "interval of resends"},
    {"view_timeout", "view timeout"},
    {"client_timeout", "client timeout"},
    {"client_delay", "delay of the clients' links"},
    {"payload", "bytes in a request"},
    {"drop", "messages dropped"},
    {"duplicate", "messages duplicated"},
    {"reorder", "messages reordered"},
    {"requests", "requests"},
    {"clients", "clients"},
    {"batch", "requests in a batch"},
    {"pipeline", "sequence numbers in flight"},
};

static const char *meaning_of(const char *name)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (strcmp(meanings[i].name, name) == 0) {
            return meanings[i].label;
        }
    }
    return name;
}

/* An option's value as a number: shares in %, times in ms. */
static enum value_kind value_of(const char *text, bool time, double *value)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || !isfinite(*value)) {
        return VALUE_WORD;
    }
    if (*end == '\0') {
        *value /= time ? NS_PER_MS : 1;
        return time ? VALUE_TIME : VALUE_NUMBER;
    }
    if (strcmp(end, "%") == 0) {
        return VALUE_SHARE;
    }
    struct error error;
    uint64_t ns;
    if (duration_parse(text, &ns, &error)) {
        *value = (double)ns / NS_PER_MS;
        return VALUE_TIME;
    }
    return VALUE_WORD;
}

static bool is_share_option(const char *name)
{
    static const char *const shares[] = {"drop", "client_drop", "duplicate", "reorder"};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (strcmp(shares[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* A plain number means what its option counts. */
static enum value_kind kind_of_number(const char *name)
{
    size_t length = strlen(name);
    bool rate = length > 4 && strcmp(name + length - 4, "_bps") == 0;
    return rate ? VALUE_RATE : is_share_option(name) ? VALUE_SHARE : VALUE_NUMBER;
}

/* One kind for all of an option's values, and each row's value. */
static enum value_kind values_of(const struct plot_table *table, size_t column, double *values)
{
    enum value_kind common = VALUE_NUMBER;
    for (size_t row = 0; row < table->rows; row++) {
        const char *text = plot_table_cell(table, row, column);
        enum value_kind kind = text == NULL ? VALUE_WORD : value_of(text, table->times[column], &values[row]);
        if (row == 0) {
            common = kind;
        } else if (kind != common) {
            return VALUE_WORD;
        }
    }
    if (common == VALUE_NUMBER) {
        common = kind_of_number(table->names[column]);
        for (size_t row = 0; row < table->rows; row++) {
            values[row] *= common == VALUE_SHARE ? 100 : 1;
        }
    }
    return common;
}

/* With the unit that leaves few digits: 250 us, 80 ms, 1.5 s. */
static void time_text(double ms, char *text, size_t size)
{
    bool none = !(ms > 0);
    double factor = none || (ms >= 1 && ms < 1000) ? 1 : ms >= 1000 ? 1e-3 : ms >= 1e-3 ? 1e3 : 1e6;
    const char *unit = factor < 1 ? "s" : factor < 10 ? "ms" : factor < 1e4 ? "us" : "ns";
    snprintf(text, size, "%.10g %s", ms * factor, unit);
}

/* 10 Mbit/s, 1.5 Gbit/s. */
static void bits_text(double rate, char *text, size_t size)
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    size_t unit = 0;
    for (; rate >= 1000 && unit + 1 < sizeof units / sizeof *units; unit++) {
        rate /= 1000;
    }
    snprintf(text, size, "%.10g %sbit/s", rate, units[unit]);
}

static char *text_of(enum value_kind kind, double value, const char *word)
{
    char text[128];
    switch (kind) {
    case VALUE_NUMBER:
        snprintf(text, sizeof text, "%.10g", value);
        break;
    case VALUE_SHARE:
        snprintf(text, sizeof text, "%.10g%%", value);
        break;
    case VALUE_TIME:
        time_text(value, text, sizeof text);
        break;
    case VALUE_RATE:
        bits_text(value, text, sizeof text);
        break;
    case VALUE_WORD:
        snprintf(text, sizeof text, "%s", word != NULL ? word : "-");
        break;
    }
    return strdup(text);
}

char *plot_value_text(const struct plot_table *table, size_t row, size_t column)
{
    const char *word = plot_table_cell(table, row, column);
    double value = 0;
    enum value_kind kind = word == NULL ? VALUE_WORD : value_of(word, table->times[column], &value);
    kind = kind == VALUE_NUMBER ? kind_of_number(table->names[column]) : kind;
    bool fraction = kind == VALUE_SHARE && strchr(word, '%') == NULL;
    return text_of(kind, fraction ? 100 * value : value, word);
}

void plot_number_text(const char *name, double number, char *text, size_t size)
{
    size_t length = strlen(name);
    if (length > 3 && strcmp(name + length - 3, "_ns") == 0) {
        time_text(number / NS_PER_MS, text, size);
    } else if (kind_of_number(name) == VALUE_RATE) {
        bits_text(number, text, size);
    } else {
        snprintf(text, size, kind_of_number(name) == VALUE_SHARE ? "%.10g%%" : "%.10g",
                 kind_of_number(name) == VALUE_SHARE ? 100 * number : number);
    }
}

/* A row's value on the axis. Among words, such as `off`, a number keeps its unit. */
static char *axis_text(const struct plot_table *table, size_t row, size_t column, enum value_kind kind, double value)
{
    return kind == VALUE_WORD ? plot_value_text(table, row, column)
                              : text_of(kind, value, plot_table_cell(table, row, column));
}

/* Where `value` is among the first `count`, or where it belongs; words stand in the order in which they came. */
static size_t place_of(const struct plot_axis *axis, double value, const char *text, bool *found)
{
    size_t i = 0;
    *found = false;
    for (; i < axis->count; i++) {
        assert(axis->texts[i] != NULL);
        if (axis->numeric ? axis->positions[i] >= value : strcmp(axis->texts[i], text) == 0) {
            *found = !axis->numeric || axis->positions[i] <= value;
            break;
        }
    }
    return i;
}

static void insert(struct plot_axis *axis, size_t at, double position, char *text)
{
    size_t after = axis->count - at;
    memmove(axis->positions + at + 1, axis->positions + at, after * sizeof *axis->positions);
    memmove(axis->texts + at + 1, axis->texts + at, after * sizeof *axis->texts);
    axis->positions[at] = position;
    axis->texts[at] = text;
    axis->count++;
}

static void label_axis(struct plot_axis *axis, const char *name, enum value_kind kind)
{
    const char *unit = kind == VALUE_SHARE ? " (%)" : kind == VALUE_TIME ? " (ms)" : "";
    snprintf(axis->label, sizeof axis->label, "%s%s", meaning_of(name), unit);
    for (char *at = axis->label; *at != '\0'; at++) {
        if (*at == '_') {
            *at = ' ';
        }
    }
}

bool plot_axis_make(const struct plot_table *table, size_t column, struct plot_axis *axis)
{
    *axis = (struct plot_axis){.column = column};
    double *values = calloc(table->rows, sizeof *values);
    axis->texts = calloc(table->rows, sizeof *axis->texts);
    axis->positions = calloc(table->rows, sizeof *axis->positions);
    axis->of_row = calloc(table->rows, sizeof *axis->of_row);
    bool done = values != NULL && axis->texts != NULL && axis->positions != NULL && axis->of_row != NULL;
    enum value_kind kind = done ? values_of(table, column, values) : VALUE_WORD;
    axis->numeric = kind != VALUE_WORD;
    for (size_t row = 0; done && row < table->rows; row++) {
        char *text = axis_text(table, row, column, kind, values[row]);
        bool found = true;
        size_t at = text != NULL ? place_of(axis, values[row], text, &found) : 0;
        done = text != NULL;
        if (found) {
            free(text);
        } else {
            insert(axis, at, axis->numeric ? values[row] : (double)axis->count, text);
        }
    }
    for (size_t row = 0; done && row < table->rows; row++) {
        char *text = axis_text(table, row, column, kind, values[row]);
        bool found;
        done = text != NULL;
        axis->of_row[row] = done ? place_of(axis, values[row], text, &found) : 0;
        free(text);
    }
    free(values);
    axis->rate = kind == VALUE_RATE;
    axis->logarithmic = kind == VALUE_RATE && axis->count > 1 && axis->positions[0] > 0 &&
                        axis->positions[axis->count - 1] > 10 * axis->positions[0];
    label_axis(axis, table->names[column], kind);
    if (!done) {
        plot_axis_destroy(axis);
    }
    return done;
}

void plot_axis_destroy(struct plot_axis *axis)
{
    for (size_t i = 0; i < axis->count; i++) {
        free(axis->texts[i]);
    }
    free(axis->texts);
    free(axis->positions);
    free(axis->of_row);
    *axis = (struct plot_axis){0};
}

/* "n = 4, drop = 5%": the values of all options but one. */
static void label_row(const struct plot_table *table, size_t row, size_t left_out, char *label, size_t size)
{
    size_t length = 0;
    *label = '\0';
    for (size_t column = 0; column < table->options; column++) {
        const char *word = plot_table_cell(table, row, column);
        if (column == left_out || word == NULL || length >= size) {
            continue;
        }
        char *text = plot_value_text(table, row, column);
        const char *name = table->names[column];
        const char *brief = strcmp(name, "nodes") == 0 ? "n" : strcmp(name, "bandwidth_bps") == 0 ? "bandwidth" : name;
        int written = snprintf(label + length, size - length, "%s%s = %s", length > 0 ? ", " : "", brief,
                               text != NULL ? text : word);
        length += written > 0 ? (size_t)written : 0;
        free(text);
    }
}

/* Its index, or the count if it is new. */
static size_t find_label(const struct plot_series *series, const char *label)
{
    for (size_t i = 0; i < series->count; i++) {
        assert(series->labels[i] != NULL);
        if (strcmp(series->labels[i], label) == 0) {
            return i;
        }
    }
    return series->count;
}

bool plot_series_make(const struct plot_table *table, size_t axis_column, struct plot_series *series)
{
    *series = (struct plot_series){0};
    series->labels = calloc(table->rows, sizeof *series->labels);
    series->of_row = calloc(table->rows, sizeof *series->of_row);
    bool done = series->labels != NULL && series->of_row != NULL;
    for (size_t row = 0; done && row < table->rows; row++) {
        char label[256];
        label_row(table, row, axis_column, label, sizeof label);
        size_t i = find_label(series, label);
        series->of_row[row] = i;
        if (i == series->count) {
            char *copy = strdup(label);
            done = copy != NULL;
            series->count += done ? 1 : 0;
            series->labels[i] = copy;
        }
    }
    if (!done) {
        plot_series_destroy(series);
    }
    return done;
}

void plot_series_destroy(struct plot_series *series)
{
    for (size_t i = 0; series->labels != NULL && i < series->count; i++) {
        free(series->labels[i]);
    }
    free(series->labels);
    free(series->of_row);
    *series = (struct plot_series){0};
}

#include "runner/plot_where.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/delay.h"
#include "runner/network_value.h"
#include "runner/plot_series.h"

/* Room for an option's name. */
#define NAME_SIZE 64

/* `10%` and `0.1` are the same. False if it is no number. */
static bool read_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    if (end != text && strcmp(end, "%") == 0) {
        *number /= 100;
        return true;
    }
    return end != text && *end == '\0';
}

/* `10Mbit` is 10000000, `80ms` is 80000000 where times are ns. */
static bool read_unit(const char *text, bool time, double *number)
{
    struct error error;
    uint64_t value;
    if (time ? duration_parse(text, &value, &error) : rate_parse(text, 1, 1e18, &value, &error)) {
        *number = (double)value;
        return true;
    }
    return read_number(text, number);
}

/* `uniform:50ms..350ms` is `uniform:0.05s..0.35s`. */
static bool same_delay(const char *cell, const char *value)
{
    struct delay a, b;
    struct error error;
    char text_of_a[96], text_of_b[96];
    if (!delay_parse(cell, &a, &error) || !delay_parse(value, &b, &error)) {
        return false;
    }
    delay_text(&a, text_of_a, sizeof text_of_a);
    delay_text(&b, text_of_b, sizeof text_of_b);
    return strcmp(text_of_a, text_of_b) == 0;
}

/* Whether the value, written as on the command line or as in the file, is the cell's. */
static bool means_the_same(const char *cell, const char *value, bool time)
{
    double a, b;
    if (cell == NULL) {
        return false;
    }
    if (strcmp(cell, value) == 0 || same_delay(cell, value)) {
        return true;
    }
    return read_number(cell, &a) && read_unit(value, time, &b) && fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

/* Puts a column of an option behind the last one, and shifts the others; it is no option that varies any more. */
static void retire_column(struct plot_table *table, size_t column)
{
    size_t last = table->options - 1;
    for (size_t at = column; at < last; at++) {
        char *name = table->names[at];
        table->names[at] = table->names[at + 1];
        table->names[at + 1] = name;
        bool is_time = table->times[at];
        table->times[at] = table->times[at + 1];
        table->times[at + 1] = is_time;
        for (size_t row = 0; row < table->rows; row++) {
            char **cell = &table->cells[row * table->columns + at];
            char *text = cell[0];
            cell[0] = cell[1];
            cell[1] = text;
        }
    }
    table->options--;
}

static size_t keep_rows(struct plot_table *table, size_t column, const char *value)
{
    size_t kept = 0;
    for (size_t row = 0; row < table->rows; row++) {
        char **cells = &table->cells[row * table->columns];
        if (!means_the_same(cells[column], value, table->times[column])) {
            continue;
        }
        for (size_t i = 0; i < table->columns && kept != row; i++) { /* exchanged, so that all are released once */
            char **to = &table->cells[kept * table->columns + i];
            char *text = *to;
            *to = cells[i];
            cells[i] = text;
        }
        kept++;
    }
    return kept;
}

/* The values of a column, as far as they fit. */
static bool list_values(const struct plot_table *table, size_t column, char *text, size_t size)
{
    struct plot_axis axis;
    if (!plot_axis_make(table, column, &axis)) {
        return false;
    }
    *text = '\0';
    for (size_t i = 0; i < axis.count; i++) {
        size_t used = strlen(text);
        if (used + strlen(axis.texts[i]) + 3 < size) {
            snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", axis.texts[i]);
        }
    }
    plot_axis_destroy(&axis);
    return true;
}

bool plot_where_is_one(const char *condition)
{
    size_t length = strcspn(condition, "=");
    return condition[length] == '=' && length > 0 && length < NAME_SIZE;
}

bool plot_where(struct plot_input *input, const char *condition, struct error *error)
{
    struct plot_table *table = &input->table;
    char name[NAME_SIZE];
    size_t length = strcspn(condition, "=");
    assert(plot_where_is_one(condition));
    snprintf(name, sizeof name, "%.*s", (int)length, condition);
    const char *value = condition + length + 1;
    size_t column = plot_table_option(table, name);
    if (column >= table->options) {
        return error_set(error, "--where %.64s: no such option varies in this file", name);
    }
    char known[256];
    if (!list_values(table, column, known, sizeof known)) {
        return error_set(error, "out of memory");
    }
    size_t kept = keep_rows(table, column, value);
    if (kept == 0) {
        return error_set(error, "--where %s: there is no '%.64s'; there are: %s", name, value, known);
    }
    for (size_t i = kept * table->columns; i < table->rows * table->columns; i++) {
        free(table->cells[i]);
        table->cells[i] = NULL;
    }
    table->rows = kept;
    if (input->config != NULL) {
        json_object_set_new(input->config, table->names[column], json_string(value));
    }
    retire_column(table, column);
    return true;
}

#include "runner/plot_where.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool means_the_same(const char *cell, const char *value)
{
    double a, b;
    if (cell == NULL) {
        return false;
    }
    return strcmp(cell, value) == 0 ||
           (read_number(cell, &a) && read_number(value, &b) && a > b - 1e-12 && a < b + 1e-12);
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
        if (!means_the_same(cells[column], value)) {
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
static void list_values(const struct plot_table *table, size_t column, char *text, size_t size)
{
    *text = '\0';
    const char *last = "";
    for (size_t row = 0; row < table->rows; row++) {
        const char *cell = plot_table_cell(table, row, column);
        char framed[140];
        snprintf(framed, sizeof framed, ", %.120s,", cell == NULL ? "" : cell);
        bool known = cell == NULL || strcmp(cell, last) == 0 || strstr(text, framed) != NULL;
        size_t used = strlen(text);
        if (!known && used + strlen(framed) + 1 < size) {
            snprintf(text + (used > 0 ? used - 1 : 0), size - used, "%s", framed);
            last = cell;
        }
    }
    memmove(text, text + (text[0] == ',' ? 2 : 0), strlen(text) + 1 - (text[0] == ',' ? 2 : 0));
    text[strlen(text) > 0 ? strlen(text) - 1 : 0] = '\0';
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
    for (char *at = name; *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    const char *value = condition + length + 1;
    size_t column = plot_table_find(table, name);
    if (column >= table->options) {
        return error_set(error, "--where %.64s: no such option varies in this file", name);
    }
    char known[256];
    list_values(table, column, known, sizeof known);
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
        json_object_set_new(input->config, name, json_string(value));
    }
    retire_column(table, column);
    return true;
}

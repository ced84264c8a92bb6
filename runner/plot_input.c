#include "runner/plot_input.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 512

struct text {
    char *bytes;
    size_t size;
};

static bool read_whole(const char *path, struct text *text, struct error *error)
{
    *text = (struct text){NULL, 0};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        error_set(error, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    size_t capacity = 0;
    for (;;) {
        if (text->size + 1 >= capacity) {
            capacity = capacity == 0 ? 65536 : capacity * 2;
            char *larger = realloc(text->bytes, capacity);
            if (larger == NULL) {
                break;
            }
            text->bytes = larger;
        }
        size_t got = fread(text->bytes + text->size, 1, capacity - 1 - text->size, file);
        text->size += got;
        if (got == 0) {
            break;
        }
    }
    bool good = text->bytes != NULL && feof(file) != 0 && ferror(file) == 0;
    int reason = errno;
    fclose(file);
    if (!good) {
        free(text->bytes);
        error_set(error, "cannot read %s: %s", path, strerror(reason));
        return false;
    }
    text->bytes[text->size] = '\0';
    return true;
}

/* Removes each `_ns` that ends the name or a part of it; returns whether there was one. */
static bool canonical_name(char *name)
{
    bool time = false;
    for (char *at = strstr(name, "_ns"); at != NULL; at = strstr(at, "_ns")) {
        if (at[3] == '\0' || at[3] == '_') {
            memmove(at, at + 3, strlen(at + 3) + 1);
            time = true;
        } else {
            at += 3;
        }
    }
    for (char *at = name; *at != '\0'; at++) {
        if (*at == '.') {
            *at = '_';
        }
    }
    return time;
}

/* Room for the columns' names; false if memory is lacking. */
static bool table_start(struct plot_table *table)
{
    table->names = calloc(MAX_COLUMNS, sizeof *table->names);
    table->times = calloc(MAX_COLUMNS, sizeof *table->times);
    return table->names != NULL && table->times != NULL;
}

static void table_free(struct plot_table *table)
{
    for (size_t i = 0; i < table->columns; i++) {
        free(table->names[i]);
    }
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        free(table->cells[i]);
    }
    free(table->names);
    free(table->times);
    free(table->cells);
    *table = (struct plot_table){0};
}

/* One more row of empty cells; false if memory is lacking. */
static bool add_row(struct plot_table *table)
{
    size_t cells = (table->rows + 1) * table->columns;
    char **larger = realloc(table->cells, (cells + 1) * sizeof *larger); /* never of nothing */
    if (larger == NULL) {
        return false;
    }
    memset(larger + table->rows * table->columns, 0, table->columns * sizeof *larger);
    table->cells = larger;
    table->rows++;
    return true;
}

/* Behind the field that starts at `from`: its comma, the end of its line, or the end of the text. */
static const char *csv_field_end(const char *from)
{
    bool quoted = false;
    for (; *from != '\0' && (quoted || (*from != ',' && *from != '\n')); from++) {
        quoted ^= *from == '"';
    }
    return from;
}

/* One field of a CSV line as fresh text, unquoted (RFC 4180); moves `at` behind it and its comma. `last` tells that
 * the line ended with it. NULL if memory is lacking. */
static char *csv_field(const char **at, bool *last)
{
    const char *from = *at;
    const char *end = csv_field_end(from);
    *last = *end != ',';
    *at = *end == '\0' ? end : end + 1;
    if (end > from && end[-1] == '\r') {
        end--;
    }
    bool quoted = end - from >= 2 && from[0] == '"' && end[-1] == '"';
    from += quoted ? 1 : 0;
    end -= quoted ? 1 : 0;
    assert(end >= from);
    char *field = malloc((size_t)(end - from) + 1);
    if (field == NULL) {
        return NULL;
    }
    size_t length = 0;
    for (; from < end; from++) {
        from += quoted && from[0] == '"' && from + 1 < end && from[1] == '"' ? 1 : 0; /* "" stands for one */
        field[length++] = *from;
    }
    field[length] = '\0';
    return field;
}

static bool csv_header(const char **at, const char *path, struct plot_table *table, struct error *error)
{
    if (!table_start(table)) {
        return error_set(error, "out of memory");
    }
    bool last = false;
    while (!last && table->columns < MAX_COLUMNS) {
        char *name = csv_field(at, &last);
        if (name == NULL) {
            return error_set(error, "out of memory");
        }
        table->times[table->columns] = canonical_name(name);
        table->names[table->columns++] = name;
    }
    table->options = plot_table_find(table, "repeats");
    if (table->options == table->columns) {
        return error_set(error, "%s is no sweep's CSV: its first line names no column 'repeats'", path);
    }
    return true;
}

static bool read_csv(const char *bytes, const char *path, struct plot_table *table, struct error *error)
{
    const char *at = bytes;
    if (!csv_header(&at, path, table, error)) {
        return false;
    }
    for (size_t line = 2; *at != '\0'; line++) {
        if (*at == '\n' || *at == '\r') {
            at++;
            continue;
        }
        if (!add_row(table)) {
            return error_set(error, "out of memory");
        }
        size_t column = 0;
        for (bool last = false; !last; column++) {
            char *field = csv_field(&at, &last);
            if (field == NULL) {
                return error_set(error, "out of memory");
            }
            if (column >= table->columns || *field == '\0') {
                free(field);
                continue;
            }
            table->cells[(table->rows - 1) * table->columns + column] = field;
        }
        if (column != table->columns) {
            return error_set(error, "%s, line %zu: %zu fields where the header has %zu", path, line, column,
                             table->columns);
        }
    }
    return true;
}

/* Text of a JSON scalar, fresh; NULL for null, arrays and objects, and if memory is lacking. */
static char *scalar_text(const json_t *value)
{
    char buffer[64];
    if (json_is_string(value)) {
        return strdup(json_string_value(value));
    }
    if (json_is_string(json_object_get(value, "name"))) { /* a matrix */
        return strdup(json_string_value(json_object_get(value, "name")));
    }
    if (json_is_integer(value)) {
        snprintf(buffer, sizeof buffer, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(buffer, sizeof buffer, "%.17g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        snprintf(buffer, sizeof buffer, "%s", json_is_true(value) ? "true" : "false");
    } else {
        return NULL;
    }
    return strdup(buffer);
}

/* Puts a value into the last row, under `name`; the first row makes the columns. */
static bool set_cell(struct plot_table *table, const char *name, const json_t *value)
{
    char canonical[256];
    snprintf(canonical, sizeof canonical, "%s", name);
    bool time = canonical_name(canonical);
    size_t column = plot_table_find(table, canonical);
    if (column == table->columns) {
        if (table->rows > 1 || table->columns == MAX_COLUMNS) {
            return true; /* a column that the first cell lacks is nothing that could be drawn over all cells */
        }
        char **larger = realloc(table->cells, (table->columns + 2) * sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        table->cells = larger;
        table->names[column] = strdup(canonical);
        if (table->names[column] == NULL) {
            return false;
        }
        table->times[column] = time;
        larger[column] = NULL;
        table->columns++;
    }
    char **cell = &table->cells[(table->rows - 1) * table->columns + column];
    free(*cell);
    *cell = scalar_text(value);
    return true;
}

/* Nested objects are flattened: their names joined with `_`. */
static bool set_cells(struct plot_table *table, const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        char name[256];
        snprintf(name, sizeof name, "%s%s%s", prefix, *prefix != '\0' ? "_" : "", key);
        bool done = json_is_array(value);
        if (!done) {
            done = json_is_object(value) ? set_cells(table, name, value) : set_cell(table, name, value);
        }
        if (!done) {
            return false;
        }
    }
    return true;
}

/* A cell of a sweep. The options that vary come first, up to `repeats`, or are an object of their own. */
static bool add_cell(struct plot_table *table, json_t *cell, struct error *error)
{
    if (table->names == NULL && !table_start(table)) {
        return error_set(error, "out of memory");
    }
    json_t *options = json_object_get(cell, "options");
    bool first = table->rows == 0;
    json_t *rest = json_copy(cell);
    /* a line of JSONL */
    json_object_del(rest, "schema");
    json_object_del(rest, "config");
    bool done = rest != NULL && add_row(table) && set_cells(table, "", options);
    bool nested = json_is_object(options);
    if (done && first) {
        table->options = table->columns;
    }
    if (done) {
        json_object_del(rest, "options");
        done = set_cells(table, "", rest);
    }
    if (done && first && !nested) {
        table->options = plot_table_find(table, "repeats");
        table->options = table->options < table->columns ? table->options : 0;
    }
    json_decref(rest);
    return done || error_set(error, "out of memory");
}

/* One JSON value of the file: all of it, or a line of JSONL. */
static bool take_value(json_t *value, struct plot_input *input, struct error *error)
{
    const json_t *cells = json_object_get(value, "cells");
    json_t *runs = json_object_get(value, "runs");
    json_t *config = json_object_get(value, "config");
    if (input->config == NULL && json_is_object(config)) {
        input->config = json_incref(config);
    }
    json_t *bench = json_object_get(value, "bench");
    if (input->bench == NULL && json_is_array(bench)) {
        input->bench = json_incref(bench);
        input->host = json_incref(json_object_get(value, "host"));
    }
    size_t index;
    json_t *cell;
    json_array_foreach(cells, index, cell)
    {
        if (!add_cell(&input->table, cell, error)) {
            return false;
        }
    }
    if (json_object_get(value, "repeats") != NULL) {
        return add_cell(&input->table, value, error);
    }
    bool is_run = json_object_get(value, "seed") != NULL && json_object_get(value, "safe") != NULL;
    if (json_is_array(runs) || is_run) {
        if (input->runs == NULL) {
            input->runs = json_array();
        }
        int status = is_run ? json_array_append(input->runs, value) : json_array_extend(input->runs, runs);
        return status == 0 || error_set(error, "out of memory");
    }
    return true;
}

static bool read_json(const struct text *text, const char *path, struct plot_input *input, struct error *error)
{
    size_t at = 0;
    int line = 1;
    for (;;) {
        while (at < text->size && strchr(" \t\r\n", text->bytes[at]) != NULL) {
            line += text->bytes[at] == '\n' ? 1 : 0;
            at++;
        }
        if (at >= text->size) {
            return true;
        }
        json_error_t reason;
        json_t *value = json_loadb(text->bytes + at, text->size - at, JSON_DISABLE_EOF_CHECK, &reason);
        if (value == NULL) {
            return error_set(error, "%s, line %d, column %d: %s", path, line + reason.line - 1, reason.column,
                             reason.text);
        }
        bool taken = take_value(value, input, error);
        json_decref(value);
        if (!taken) {
            return false;
        }
        for (size_t end = at + (size_t)reason.position; at < end; at++) {
            line += text->bytes[at] == '\n' ? 1 : 0;
        }
    }
}

/* The config of a CSV, which cannot hold it: from FILE.state, where a sweep keeps it; not being there is no error. */
static json_t *config_beside(const char *path)
{
    char *beside;
    if (asprintf(&beside, "%s.state", path) < 0) {
        return NULL;
    }
    json_error_t reason;
    json_t *state = json_load_file(beside, 0, &reason);
    json_t *config = json_incref(json_object_get(state, "config"));
    json_decref(state);
    free(beside);
    return config;
}

static bool is_empty(const struct text *text)
{
    return strspn(text->bytes, " \t\r\n") == text->size;
}

bool plot_input_read(const char *path, struct plot_input *input, struct error *error)
{
    *input = (struct plot_input){0};
    struct text text;
    if (!read_whole(path, &text, error)) {
        return false;
    }
    bool done;
    if (is_empty(&text)) {
        done = error_set(error, "%s is empty", path);
    } else if (strlen(text.bytes) != text.size) {
        done = error_set(error, "%s is neither CSV nor JSON: it holds NUL bytes", path);
    } else if (text.bytes[strspn(text.bytes, " \t\r\n")] == '{') {
        done = read_json(&text, path, input, error);
    } else {
        done = read_csv(text.bytes, path, &input->table, error);
        input->config = config_beside(path);
    }
    free(text.bytes);
    if (done && input->table.rows == 0 && json_array_size(input->runs) == 0 && json_array_size(input->bench) == 0) {
        done = error_set(error, "%s holds neither a sweep's cells nor a run's results nor a benchmark's", path);
    }
    if (!done) {
        plot_input_destroy(input);
    }
    return done;
}

void plot_input_destroy(struct plot_input *input)
{
    table_free(&input->table);
    json_decref(input->config);
    json_decref(input->runs);
    json_decref(input->bench);
    json_decref(input->host);
    *input = (struct plot_input){0};
}

size_t plot_table_find(const struct plot_table *table, const char *name)
{
    for (size_t column = 0; column < table->columns; column++) {
        assert(table->names[column] != NULL);
        if (strcmp(table->names[column], name) == 0) {
            return column;
        }
    }
    return table->columns;
}

size_t plot_table_option(const struct plot_table *table, const char *name)
{
    char key[128];
    snprintf(key, sizeof key, "%s", name + (strncmp(name, "--", 2) == 0 ? 2 : 0));
    for (char *at = key; *at != '\0'; at++) {
        *at = *at == '-' ? '_' : *at;
    }
    canonical_name(key);
    size_t column = plot_table_find(table, key);
    if (column >= table->options) {
        strncat(key, "_bps", sizeof key - strlen(key) - 1);
        column = plot_table_find(table, key);
    }
    return column < table->options ? column : table->columns;
}

const char *plot_table_cell(const struct plot_table *table, size_t row, size_t column)
{
    return column < table->columns ? table->cells[row * table->columns + column] : NULL;
}

double plot_table_number(const struct plot_table *table, size_t row, size_t column)
{
    const char *text = plot_table_cell(table, row, column);
    if (text == NULL) {
        return NAN;
    }
    char *end;
    double number = strtod(text, &end);
    return end != text && *end == '\0' ? number : NAN;
}

const char *plot_input_option(const struct plot_input *input, const char *name, char *buffer, size_t size)
{
    const json_t *value = json_object_get(input->config, name);
    char *text = scalar_text(value);
    snprintf(buffer, size, "%s", text != NULL ? text : "");
    free(text);
    return buffer;
}

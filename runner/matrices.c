#include "runner/matrices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/delay.h"
#include "net/latency_table.h"
#include "runner/builtin_matrix.h"

#define MOST_BYTES (4u << 20)
#define JSON_ALLOWED                                                                                                 \
    "a name, or {\"name\": text, \"regions\": [names], \"delays_ns\": [a row of whole numbers for each region]} is " \
    "allowed"

void matrices_destroy(struct matrices *matrices)
{
    for (size_t i = 0; i < matrices->count; i++) {
        latency_matrix_destroy(matrices->items[i]);
    }
    free(matrices->items);
    *matrices = (struct matrices){0};
}

const struct latency_matrix *matrices_find(const struct matrices *matrices, const char *name)
{
    for (size_t i = matrices->count; i > 0; i--) {
        if (strcmp(matrices->items[i - 1]->label, name) == 0) {
            return matrices->items[i - 1];
        }
    }
    return NULL;
}

/* Takes it over. */
static void add(struct matrices *matrices, struct latency_matrix *matrix)
{
    struct latency_matrix **items = realloc(matrices->items, (matrices->count + 1) * sizeof(struct latency_matrix *));
    if (items == NULL) {
        abort();
    }
    matrices->items = items;
    matrices->items[matrices->count++] = matrix;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static const struct builtin_matrix *find_builtin(const char *name)
{
    const struct builtin_matrix *builtin = builtin_matrices;
    while (builtin->name != NULL && strcmp(builtin->name, name) != 0) {
        builtin++;
    }
    return builtin->name == NULL ? NULL : builtin;
}

static bool open_error(const char *path, const char *why, struct error *error)
{
    char known[200] = "";
    for (const struct builtin_matrix *builtin = builtin_matrices; builtin->name != NULL; builtin++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ", builtin->name);
    }
    return error_set(error, "--latency-matrix '%.200s': %s; a file, or a matrix that comes with pbft is allowed: %s",
                     path, why, known);
}

/* The text of a file, to be freed. */
static char *read_text(const char *path, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        open_error(path, strerror(errno), error);
        return NULL;
    }
    char *text = malloc(MOST_BYTES + 1);
    size_t size = text == NULL ? 0 : fread(text, 1, MOST_BYTES + 1, file);
    const char *why = text == NULL            ? "out of memory"
                      : ferror(file) != 0     ? strerror(errno)
                      : size > MOST_BYTES     ? "larger than 4 MiB"
                      : memchr(text, 0, size) ? "not a text"
                                              : NULL;
    fclose(file);
    if (why != NULL) {
        open_error(path, why, error);
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

static bool load_one(struct matrices *matrices, const char *name, struct error *error)
{
    const struct builtin_matrix *builtin = find_builtin(name);
    char *text = builtin == NULL ? read_text(name, error) : NULL;
    if (builtin == NULL && text == NULL) {
        return false;
    }
    struct latency_matrix *matrix = latency_parse(builtin == NULL ? text : builtin->table, name, error);
    free(text);
    if (matrix == NULL) {
        return false;
    }
    matrix->builtin = builtin != NULL;
    add(matrices, matrix);
    return true;
}

bool matrices_load(struct matrices *matrices, const char *text, struct error *error)
{
    for (;;) {
        char name[MATRIX_NAME_SIZE];
        size_t size = strcspn(text, ",;");
        if (size >= sizeof name) {
            return error_set(error, "--latency-matrix '%.100s...': a path of at most %d bytes is allowed", text,
                             MATRIX_NAME_SIZE - 1);
        }
        snprintf(name, sizeof name, "%.*s", (int)size, text);
        if (strcmp(name, "none") != 0 && !load_one(matrices, name, error)) {
            return false;
        }
        if (text[size] == '\0') {
            return true;
        }
        text += size + 1;
    }
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

json_t *matrix_json(const struct latency_matrix *matrix)
{
    if (matrix->builtin) {
        return json_string(matrix->label);
    }
    json_t *names = json_array();
    json_t *rows = json_array();
    for (uint32_t from = 0; from < matrix->count; from++) {
        json_t *row = json_array();
        for (uint32_t to = 0; to < matrix->count; to++) {
            json_array_append_new(row, json_integer((json_int_t)matrix->delays_ns[(size_t)from * matrix->count + to]));
        }
        json_array_append_new(rows, row);
        json_array_append_new(names, json_string(matrix->names[from]));
    }
    return json_pack("{s:s, s:o, s:o}", "name", matrix->label, "regions", names, "delays_ns", rows);
}

static bool take_names(struct latency_matrix *matrix, const json_t *names, struct error *error)
{
    for (uint32_t i = 0; i < matrix->count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (name == NULL || !latency_name_is_good(name)) {
            return error_set(error,
                             "\"regions\": names of 1 to %d bytes without quotes, commas and semicolons are allowed",
                             LATENCY_NAME_SIZE - 1);
        }
        if (latency_find(matrix, name) != matrix->count) {
            return error_set(error, "\"regions\": '%s' is named twice", name);
        }
        snprintf(matrix->names[i], LATENCY_NAME_SIZE, "%s", name);
    }
    return true;
}

static bool take_rows(struct latency_matrix *matrix, const json_t *rows, struct error *error)
{
    bool square = json_array_size(rows) == matrix->count;
    for (uint32_t from = 0; square && from < matrix->count; from++) {
        const json_t *row = json_array_get(rows, from);
        square = json_is_array(row) && json_array_size(row) == matrix->count;
        for (uint32_t to = 0; square && to < matrix->count; to++) {
            const json_t *cell = json_array_get(row, to);
            json_int_t delay_ns = json_integer_value(cell);
            if (!json_is_integer(cell) || delay_ns < 0 || (uint64_t)delay_ns > DELAY_MOST_NS) {
                return error_set(error,
                                 "\"delays_ns\": from '%s' to '%s': a whole number of nanoseconds from 0 to 1000 hours "
                                 "is allowed",
                                 matrix->names[from], matrix->names[to]);
            }
            matrix->delays_ns[(size_t)from * matrix->count + to] = (uint64_t)delay_ns;
        }
    }
    return square ||
           error_set(error, "\"delays_ns\": %u rows of %u whole numbers are allowed", matrix->count, matrix->count);
}

/* A name can be had on the command line, where commas separate several. */
static bool may_be_label(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < MATRIX_NAME_SIZE && strpbrk(name, ",;") == NULL && strcmp(name, "none") != 0;
}

const char *matrices_take_json(struct matrices *matrices, const json_t *json, struct error *error)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *names = json_object_get(json, "regions");
    size_t count = json_array_size(names);
    if (name == NULL || !may_be_label(name) || count == 0 || count > LATENCY_MOST_REGIONS ||
        json_object_size(json) != 3) {
        error_set(error, JSON_ALLOWED);
        return NULL;
    }
    struct latency_matrix *matrix = latency_matrix_create(name, (uint32_t)count);
    if (matrix == NULL) {
        error_set(error, "not enough memory for a matrix of %zu regions", count);
        return NULL;
    }
    if (!take_names(matrix, names, error) || !take_rows(matrix, json_object_get(json, "delays_ns"), error)) {
        latency_matrix_destroy(matrix);
        return NULL;
    }
    add(matrices, matrix);
    return matrix->label;
}

json_t *matrices_json(const struct matrices *matrices)
{
    json_t *array = json_array();
    for (size_t i = 0; matrices != NULL && i < matrices->count; i++) {
        if (!matrices->items[i]->builtin) {
            json_array_append_new(array, matrix_json(matrices->items[i]));
        }
    }
    return array;
}

bool matrices_take_all(struct matrices *matrices, const json_t *array, struct error *error)
{
    for (const struct builtin_matrix *builtin = builtin_matrices; builtin->name != NULL; builtin++) {
        if (!load_one(matrices, builtin->name, error)) {
            return false;
        }
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (matrices_take_json(matrices, json_array_get(array, i), error) == NULL) {
            return false;
        }
    }
    return true;
}

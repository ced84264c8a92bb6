#include "net/latency_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/delay.h"

#define NS_PER_MS UINT64_C(1000000)
#define FRACTION_DIGITS 6 /* of a millisecond: nanoseconds */
#define FIELD_SIZE 128
#define MS_ALLOWED "milliseconds without a unit are allowed, such as 12 or 12.5"

struct reader {
    const char *label;
    const char *at;         /* what is not read yet */
    const char *line_start; /* of the line that holds it */
    unsigned line;          /* from 1 */
    struct error *error;
};

/* One cell, without the blanks around it and the quotes. */
struct field {
    char text[FIELD_SIZE];
    unsigned line, column; /* where it begins, from 1 */
    bool last;             /* of its line */
};

static bool fail_at(const struct reader *reader, unsigned line, unsigned column, const char *what)
{
    return error_set(reader->error, "%.180s:%u:%u: %s", reader->label, line, column, what);
}

static bool fail(const struct reader *reader, const struct field *field, const char *what, const char *argument)
{
    char text[320];
    snprintf(text, sizeof text, "'%.60s': %s%s", field->text, what, argument);
    return fail_at(reader, field->line, field->column, text);
}

static void skip_blanks(struct reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t') {
        reader->at++;
    }
}

static bool at_line_end(const struct reader *reader)
{
    const char *at = reader->at;
    return *at == '\0' || *at == '\n' || (*at == '\r' && (at[1] == '\n' || at[1] == '\0'));
}

static void next_line(struct reader *reader)
{
    reader->at += strcspn(reader->at, "\n");
    if (*reader->at == '\n') {
        reader->at++;
        reader->line++;
    }
    reader->line_start = reader->at;
}

/* Moves to the next line that holds cells; false at the end of the text. */
static bool seek_row(struct reader *reader)
{
    for (;;) {
        skip_blanks(reader);
        if (*reader->at == '\0') {
            return false;
        }
        if (*reader->at != '#' && !at_line_end(reader)) {
            reader->at = reader->line_start;
            return true;
        }
        next_line(reader);
    }
}

static bool put(const struct reader *reader, struct field *field, size_t *length, char c)
{
    if (*length + 1 == sizeof field->text) {
        field->text[*length] = '\0';
        return fail(reader, field, "too long for a region's name or a delay", "");
    }
    field->text[(*length)++] = c;
    return true;
}

static bool read_quoted(struct reader *reader, struct field *field, size_t *length)
{
    for (reader->at++; *reader->at != '"' || reader->at[1] == '"'; reader->at++) {
        if (*reader->at == '\0' || *reader->at == '\n') {
            return fail_at(reader, field->line, field->column, "the quote (\") is not closed on its line");
        }
        reader->at += *reader->at == '"';
        if (!put(reader, field, length, *reader->at)) {
            return false;
        }
    }
    reader->at++;
    skip_blanks(reader);
    return (*reader->at == ',' || at_line_end(reader)) ||
           fail_at(reader, reader->line, (unsigned)(reader->at - reader->line_start) + 1,
                   "after a quote (\") a comma or the end of the line is allowed");
}

/* The next cell of the line, and the comma or line end behind it. */
static bool read_field(struct reader *reader, struct field *field)
{
    size_t length = 0;
    *field = (struct field){.line = reader->line};
    skip_blanks(reader);
    field->column = (unsigned)(reader->at - reader->line_start) + 1;
    if (*reader->at == '"') {
        if (!read_quoted(reader, field, &length)) {
            return false;
        }
    }
    while (*reader->at != ',' && !at_line_end(reader)) {
        if (!put(reader, field, &length, *reader->at++)) {
            return false;
        }
    }
    while (length > 0 && (field->text[length - 1] == ' ' || field->text[length - 1] == '\t')) {
        length--;
    }
    field->text[length] = '\0';
    field->last = *reader->at != ',';
    if (field->last) {
        next_line(reader);
    } else {
        reader->at++;
    }
    return true;
}

static bool check_name(const struct reader *reader, const struct field *field)
{
    _Static_assert(LATENCY_NAME_SIZE == 48, "what the sentence says");
    return latency_name_is_good(field->text) ||
           fail(reader, field, "a region's name is allowed here: 1 to 47 bytes without quotes, commas and semicolons",
                "");
}

/* The names of the header row into `names`, which has room for all that are allowed. */
static bool read_header(struct reader *reader, char (*names)[LATENCY_NAME_SIZE], uint32_t *count)
{
    struct field field;
    *count = 0;
    if (!seek_row(reader)) {
        return fail_at(reader, reader->line, 1,
                       "the table is empty: a header row and a row for each region are allowed");
    }
    if (!read_field(reader, &field)) { /* the corner */
        return false;
    }
    while (!field.last) {
        if (!read_field(reader, &field) || !check_name(reader, &field)) {
            return false;
        }
        for (uint32_t i = 0; i < *count; i++) {
            if (strcmp(names[i], field.text) == 0) {
                return fail(reader, &field, "the header row names this region twice", "");
            }
        }
        if (*count == LATENCY_MOST_REGIONS) {
            return fail(reader, &field, "at most 256 regions are allowed", "");
        }
        memcpy(names[(*count)++], field.text, strlen(field.text) + 1);
    }
    return *count > 0 || fail_at(reader, field.line, field.column,
                                 "the header row names no region: a corner cell and then names are allowed");
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Milliseconds to the nearest nanosecond. */
static bool parse_ms(const char *text, uint64_t *ns)
{
    const char *c = text;
    uint64_t whole = 0;
    uint64_t fraction = 0;
    bool up = false;
    for (; is_digit(*c); c++) {
        whole = whole > DELAY_MOST_NS ? whole : whole * 10 + (uint64_t)(*c - '0');
    }
    if (c == text) {
        return false;
    }
    if (*c == '.') {
        unsigned digits = 0;
        for (c++; is_digit(*c); c++, digits++) {
            fraction = digits < FRACTION_DIGITS ? fraction * 10 + (uint64_t)(*c - '0') : fraction;
            up = digits == FRACTION_DIGITS ? *c >= '5' : up;
        }
        if (digits == 0) {
            return false;
        }
        for (; digits < FRACTION_DIGITS; digits++) {
            fraction *= 10;
        }
    }
    *ns = whole > DELAY_MOST_NS / NS_PER_MS ? UINT64_MAX : whole * NS_PER_MS + fraction + up;
    return *c == '\0';
}

static bool read_delay(const struct reader *reader, const struct field *field, uint64_t *ns)
{
    if (field->text[0] == '\0') {
        return fail_at(reader, field->line, field->column, "a delay is missing; " MS_ALLOWED);
    }
    if (field->text[0] == '-' && is_digit(field->text[1])) {
        return fail(reader, field, "a delay cannot be negative; ", MS_ALLOWED);
    }
    if (!parse_ms(field->text, ns)) {
        return fail(reader, field, "not a number; ", MS_ALLOWED);
    }
    return *ns <= DELAY_MOST_NS || fail(reader, field, "too long: at most 3600000000 ms (1000 hours) are allowed", "");
}

/* Which region the row is of; each has one row. */
static bool read_row_name(struct reader *reader, const struct latency_matrix *matrix, const bool *seen, uint32_t *row)
{
    struct field field;
    char known[200];
    if (!read_field(reader, &field) || !check_name(reader, &field)) {
        return false;
    }
    *row = latency_find(matrix, field.text);
    if (*row == matrix->count) {
        latency_names_text(matrix, known, sizeof known);
        return fail(reader, &field, "the header row has no such region; it has: ", known);
    }
    if (seen[*row]) {
        return fail(reader, &field, "this region has a row already", "");
    }
    return !field.last ||
           fail(reader, &field, "the row has no delays; one for each region of the header is allowed", "");
}

static bool read_row(struct reader *reader, struct latency_matrix *matrix, bool *seen)
{
    uint32_t row;
    struct field field = {.last = false};
    if (!read_row_name(reader, matrix, seen, &row)) {
        return false;
    }
    seen[row] = true;
    for (uint32_t column = 0; column < matrix->count; column++) {
        if (field.last) {
            char what[200];
            snprintf(what, sizeof what, "the row ends before '%s': a delay to each of the %u regions is allowed",
                     matrix->names[column], matrix->count);
            return fail_at(reader, field.line, field.column, what);
        }
        if (!read_field(reader, &field) ||
            !read_delay(reader, &field, &matrix->delays_ns[(size_t)row * matrix->count + column])) {
            return false;
        }
    }
    if (!field.last) {
        read_field(reader, &field);
        return fail(reader, &field, "the row has more cells than the header row", "");
    }
    return true;
}

static bool read_rows(struct reader *reader, struct latency_matrix *matrix, bool *seen)
{
    while (seek_row(reader)) {
        if (!read_row(reader, matrix, seen)) {
            return false;
        }
    }
    for (uint32_t region = 0; region < matrix->count; region++) {
        if (!seen[region]) {
            char what[200];
            snprintf(what, sizeof what, "the table ends without a row for '%s': as many rows as columns are allowed",
                     matrix->names[region]);
            return fail_at(reader, reader->line, 1, what);
        }
    }
    return true;
}

static struct latency_matrix *read_matrix(struct reader *reader, char (*names)[LATENCY_NAME_SIZE], bool *seen)
{
    uint32_t count;
    if (!read_header(reader, names, &count)) {
        return NULL;
    }
    struct latency_matrix *matrix = latency_matrix_create(reader->label, count);
    if (matrix == NULL) {
        error_set(reader->error, "not enough memory for a matrix of %u regions", count);
        return NULL;
    }
    memcpy(matrix->names, names, count * sizeof *names);
    if (!read_rows(reader, matrix, seen)) {
        latency_matrix_destroy(matrix);
        return NULL;
    }
    return matrix;
}

struct latency_matrix *latency_parse(const char *text, const char *label, struct error *error)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    bool marked = strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0;
    struct reader reader = {.label = label, .line = 1, .error = error};
    reader.at = reader.line_start = text + (marked ? strlen(byte_order_mark) : 0);
    char(*names)[LATENCY_NAME_SIZE] = calloc(LATENCY_MOST_REGIONS, sizeof *names);
    bool *seen = calloc(LATENCY_MOST_REGIONS, sizeof *seen);
    struct latency_matrix *matrix = NULL;
    if (names != NULL && seen != NULL) {
        matrix = read_matrix(&reader, names, seen);
    } else {
        error_set(error, "not enough memory for a matrix");
    }
    free(names);
    free(seen);
    return matrix;
}

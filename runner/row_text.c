/* Rows as CSV and JSON, and back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/row.h"

static void put_field(FILE *stream, const char *field)
{
    if (field[strcspn(field, ",\"\r\n")] == '\0') {
        fputs(field, stream);
        return;
    }
    fputc('"', stream);
    for (const char *c = field; *c != '\0'; c++) {
        if (*c == '"') {
            fputc('"', stream);
        }
        fputc(*c, stream);
    }
    fputc('"', stream);
}

static void put_value(FILE *stream, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NONE:
        break;
    case VALUE_INTEGER:
        fprintf(stream, "%lld", (long long)value->integer);
        break;
    case VALUE_REAL:
        fprintf(stream, "%.9g", value->real);
        break;
    case VALUE_TEXT:
        put_field(stream, value->text);
        break;
    }
}

static FILE *open_line(char **line, size_t *size)
{
    FILE *stream = open_memstream(line, size);
    if (stream == NULL) {
        abort();
    }
    return stream;
}

char *columns_csv(const struct columns *columns)
{
    char *line;
    size_t size;
    FILE *stream = open_line(&line, &size);
    for (size_t i = 0; i < columns->count; i++) {
        fprintf(stream, "%s%s", i == 0 ? "" : ",", columns->names[i]);
    }
    fputc('\n', stream);
    fclose(stream);
    return line;
}

char *row_csv(const struct row *row)
{
    char *line;
    size_t size;
    FILE *stream = open_line(&line, &size);
    for (size_t i = 0; i < row->count; i++) {
        if (i > 0) {
            fputc(',', stream);
        }
        put_value(stream, &row->values[i]);
    }
    fputc('\n', stream);
    fclose(stream);
    return line;
}

/* Cuts a field off `*line` into `field`, which has room for all of the line. False if its quotes are wrong. */
static bool take_field(const char **line, char *field)
{
    const char *c = *line;
    size_t size = 0;
    if (*c != '"') {
        while (*c != ',' && *c != '\n' && *c != '\0') {
            field[size++] = *c++;
        }
    } else {
        for (c++; *c != '"' || c[1] == '"'; c++) {
            if (*c == '\0') {
                return false;
            }
            c += *c == '"';
            field[size++] = *c;
        }
        c++;
    }
    field[size] = '\0';
    *line = c;
    return *c == ',' || *c == '\n' || *c == '\0';
}

/* What the field most probably was: the type is not written. */
static struct value value_of_field(const char *field)
{
    char *end;
    struct value value = {.kind = VALUE_INTEGER};
    if (field[0] == '\0') {
        return (struct value){.kind = VALUE_NONE};
    }
    errno = 0;
    value.integer = strtoll(field, &end, 10);
    if (*end == '\0' && errno == 0) {
        return value;
    }
    value = (struct value){.kind = VALUE_REAL, .real = strtod(field, &end)};
    if (*end == '\0') {
        return value;
    }
    value = (struct value){.kind = VALUE_TEXT, .text = strdup(field)};
    if (value.text == NULL) {
        abort();
    }
    return value;
}

bool row_parse_csv(struct row *row, const struct columns *columns, const char *line)
{
    char *field = malloc(strlen(line) + 1);
    if (field == NULL) {
        abort();
    }
    *row = (struct row){0};
    bool right = true;
    while (right && row->count < columns->count) {
        right = take_field(&line, field);
        if (right) {
            row->values[row->count++] = value_of_field(field);
            right = row->count == columns->count || *line == ',';
            line += *line == ',';
        }
    }
    right = right && (*line == '\n' || *line == '\0');
    if (!right) {
        row_destroy(row);
    }
    free(field);
    return right;
}

static json_t *value_json(const struct value *value)
{
    switch (value->kind) {
    case VALUE_INTEGER:
        return json_integer(value->integer);
    case VALUE_REAL:
        return json_real(value->real);
    case VALUE_TEXT:
        return json_string(value->text);
    default:
        return json_null();
    }
}

json_t *row_json(const struct row *row, const struct columns *columns)
{
    json_t *object = json_object();
    json_t *options = json_object();
    json_object_set_new(object, "options", options);
    for (size_t i = 0; i < row->count; i++) {
        json_object_set_new(i < columns->options ? options : object, columns->names[i], value_json(&row->values[i]));
    }
    return object;
}

bool row_parse_json(struct row *row, const struct columns *columns, const json_t *object)
{
    const json_t *options = json_object_get(object, "options");
    *row = (struct row){0};
    for (size_t i = 0; i < columns->count; i++) {
        const json_t *json = json_object_get(i < columns->options ? options : object, columns->names[i]);
        struct value value = {.kind = VALUE_NONE};
        if (json_is_integer(json)) {
            value = (struct value){.kind = VALUE_INTEGER, .integer = json_integer_value(json)};
        } else if (json_is_real(json)) {
            value = (struct value){.kind = VALUE_REAL, .real = json_real_value(json)};
        } else if (json_is_string(json)) {
            value = (struct value){.kind = VALUE_TEXT, .text = strdup(json_string_value(json))};
        } else if (!json_is_null(json)) {
            row_destroy(row);
            return false;
        }
        row->values[row->count++] = value;
    }
    return true;
}

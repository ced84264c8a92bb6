#include "runner/bench_rows.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench_fact *add_fact(struct bench_case *where, const char *name)
{
    assert(where->count < BENCH_MOST_FACTS);
    struct bench_fact *fact = &where->facts[where->count++];
    *fact = (struct bench_fact){.name = name};
    return fact;
}

void bench_case_number(struct bench_case *where, const char *name, uint64_t number)
{
    struct bench_fact *fact = add_fact(where, name);
    fact->is_number = true;
    fact->number = number;
    snprintf(fact->text, sizeof fact->text, "%llu", (unsigned long long)number);
}

void bench_case_text(struct bench_case *where, const char *name, const char *text)
{
    struct bench_fact *fact = add_fact(where, name);
    snprintf(fact->text, sizeof fact->text, "%s", text);
}

uint64_t bench_case_value(const struct bench_case *where, const char *name)
{
    for (size_t i = 0; i < where->count; i++) {
        if (strcmp(where->facts[i].name, name) == 0) {
            return where->facts[i].number;
        }
    }
    return 0;
}

void samples_add(struct samples *samples, double value)
{
    assert(samples->count < BENCH_MOST_REPEATS);
    samples->values[samples->count++] = value;
}

double bench_row_ratio(const struct bench_row *row)
{
    if (row->ceiling.count == 0 || !(row->value.median > 0) || !(row->ceiling.median > 0)) {
        return NAN;
    }
    return row->sense == BENCH_RATE ? row->value.median / row->ceiling.median : row->ceiling.median / row->value.median;
}

static void *grow(void *memory, size_t count, size_t size)
{
    void *larger = realloc(memory, (count + 1) * size);
    if (larger == NULL) {
        abort();
    }
    return larger;
}

void bench_rows_add(struct bench_rows *rows, const struct bench_row *row)
{
    rows->rows = grow(rows->rows, rows->count, sizeof *rows->rows);
    rows->rows[rows->count++] = *row;
}

void bench_rows_note(struct bench_rows *rows, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < rows->note_count; i++) {
        if (strcmp(rows->notes[i], text) == 0) {
            return;
        }
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        abort();
    }
    rows->notes = grow(rows->notes, rows->note_count, sizeof *rows->notes);
    rows->notes[rows->note_count++] = copy;
}

void bench_rows_destroy(struct bench_rows *rows)
{
    for (size_t i = 0; i < rows->note_count; i++) {
        free(rows->notes[i]);
    }
    free(rows->notes);
    free(rows->rows);
    *rows = (struct bench_rows){0};
}

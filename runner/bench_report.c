#include "runner/bench_report.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/words.h"

/* Three digits. */
static void three_digits(double value, const char *unit, char text[BENCH_VALUE_SIZE])
{
    const int decimals = !(value > 0)     ? 0
                         : value < 0.0095 ? 4
                         : value < 0.9995 ? 3
                         : value < 9.995  ? 2
                         : value < 99.95  ? 1
                                          : 0;
    snprintf(text, BENCH_VALUE_SIZE, "%.*f%s%s", decimals, value, unit[0] == '\0' ? "" : " ", unit);
}

void bench_value_words(double value, const char *unit, char text[BENCH_VALUE_SIZE])
{
    if (strcmp(unit, "ns") == 0) {
        if (value < 999.5) {
            three_digits(value, "ns", text);
        } else {
            time_words(value, text);
        }
    } else if (strcmp(unit, "1/s") == 0) {
        const char *const units[] = {"/s", "k/s", "M/s", "G/s"};
        size_t i = 0;
        for (; value >= 999.5 && i < 3; i++) {
            value /= 1000;
        }
        three_digits(value, units[i], text);
    } else {
        three_digits(value, strcmp(unit, "1") == 0 ? "" : unit, text);
    }
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *part, *title;
    bool lines; /* a line for each case; else a line for each quantity below its case */
} parts[] = {
    {"ring", "ring: an entry handed over; ceiling: blocks of plain memory between the same threads", true},
    {"votes", "votes: a vote counted; ceiling: a bare bitset over the same stream", true},
    {"delay-line", "delay-line: an entry of the wheel; ceiling: the same entries in a row", false},
    {"virtual", "virtual: virtual clock; ceiling: the queue alone and the vote alone", false},
    {"cluster", "cluster: threads, no delay; ceiling: the parts alone, on as many cores", false},
    {"start", "start: a cluster's threads; ceiling: as many threads that do nothing", false},
    {"allocator", "allocator: the same work in processes of their own", false},
};

void bench_table_head(struct output *output, const struct bench_host *host, const struct bench_plan *plan)
{
    char time[TIME_WORDS_SIZE];
    time_words((double)plan->time_ns, time);
    output_print(output, "%u of %u cores, %s; %s; %s; allocator %s\n", host->cores, host->online, host->cpu,
                 host->system, host->compiler, host->allocator);
    output_print(output, "medians of %u, least .. greatest; runs of %s, loops of a quarter\n", plan->repeat, time);
}

static void case_words(const struct bench_case *where, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < where->count && used < size; i++) {
        const struct bench_fact *fact = &where->facts[i];
        char name[32];
        snprintf(name, sizeof name, "%s", fact->name);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s %s", i == 0 ? "" : ", ", name, fact->text);
    }
}

static bool same_case(const struct bench_row *a, const struct bench_row *b)
{
    char one[256], other[256];
    case_words(&a->where, one, sizeof one);
    case_words(&b->where, other, sizeof other);
    return strcmp(one, other) == 0;
}

static void print_figures(struct output *output, const struct bench_row *row, const char *label)
{
    char median[BENCH_VALUE_SIZE], min[BENCH_VALUE_SIZE], max[BENCH_VALUE_SIZE], ceiling[BENCH_VALUE_SIZE];
    bench_value_words(row->value.median, row->unit, median);
    bench_value_words(row->value.min, row->unit, min);
    bench_value_words(row->value.max, row->unit, max);
    output_print(output, "  %-54s %10s  %10s .. %-10s", label, median, min, max);
    const double ratio = bench_row_ratio(row);
    if (isfinite(ratio)) {
        bench_value_words(row->ceiling.median, row->unit, ceiling);
        output_print(output, " %10s %6.0f%%", ceiling, 100 * ratio);
    }
    output_print(output, "\n");
}

void bench_table_row(struct output *output, const struct bench_row *row, const struct bench_row *last)
{
    size_t part = 0;
    char text[256], label[300];
    while (part + 1 < sizeof parts / sizeof *parts && strcmp(parts[part].part, row->part) != 0) {
        part++;
    }
    const bool first = last == NULL || strcmp(last->part, row->part) != 0;
    if (first) {
        output_print(output, "\n%s\n  %-54s %10s  %24s %10s %7s\n", parts[part].title, "", "median",
                     "least .. greatest", "ceiling", "reached");
    }
    case_words(&row->where, text, sizeof text);
    if (parts[part].lines) {
        snprintf(label, sizeof label, "%s: %s", text, row->quantity);
    } else {
        if (first || !same_case(row, last)) {
            output_print(output, "  %s\n", text);
        }
        snprintf(label, sizeof label, "  %s", row->quantity);
    }
    print_figures(output, row, label);
}

void bench_table_end(struct output *output, const struct bench_rows *rows, bool partial)
{
    output_print(output, "\n");
    for (size_t i = 0; i < rows->note_count; i++) {
        output_print(output, "%s\n", rows->notes[i]);
    }
    if (partial) {
        output_print(output, "interrupted: partial\n");
    }
}

/* --- data -------------------------------------------------------------------------------------------------------- */

static json_t *host_json(const struct bench_host *host)
{
    return json_pack("{s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:o}", "cores", (int)host->cores, "online", (int)host->online,
                     "cpu", host->cpu, "system", host->system, "compiler", host->compiler, "allocator", host->allocator,
                     "sanitizer", host->sanitizer, "load", host->load < 0 ? json_null() : json_real(host->load));
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *bench_row_json(const struct bench_row *row)
{
    json_t *where = json_object();
    for (size_t i = 0; i < row->where.count; i++) {
        const struct bench_fact *fact = &row->where.facts[i];
        json_object_set_new(where, fact->name,
                            fact->is_number ? json_integer((json_int_t)fact->number) : json_string(fact->text));
    }
    const double ceiling = row->ceiling.count > 0 ? row->ceiling.median : NAN;
    return json_pack("{s:s, s:s, s:o, s:s, s:s, s:f, s:f, s:f, s:i, s:o, s:o}", "part", row->part, "quantity",
                     row->quantity, "case", where, "unit", row->unit, "better",
                     row->sense == BENCH_RATE ? "more" : "less", "median", row->value.median, "min", row->value.min,
                     "max", row->value.max, "repeats", (int)row->value.count, "ceiling", number_or_null(ceiling),
                     "ratio", number_or_null(bench_row_ratio(row)));
}

static void write_json(struct output *output, json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags | JSON_REAL_PRECISION(9));
    if (text == NULL) {
        abort();
    }
    output_print(output, "%s\n", text);
    free(text);
    json_decref(value);
}

static void write_document(struct output *output, const struct bench_host *host, const struct bench *bench,
                           bool partial)
{
    const struct bench_plan *plan = &bench->plan;
    json_t *rows = json_array(), *notes = json_array();
    for (size_t i = 0; i < bench->rows.count; i++) {
        json_array_append_new(rows, bench_row_json(&bench->rows.rows[i]));
    }
    for (size_t i = 0; i < bench->rows.note_count; i++) {
        json_array_append_new(notes, json_string(bench->rows.notes[i]));
    }
    write_json(output,
               json_pack("{s:i, s:b, s:o, s:{s:i, s:I, s:b}, s:o, s:o}", "schema", 1, "partial", partial, "host",
                         host_json(host), "plan", "repeat", (int)plan->repeat, "time_ns", (json_int_t)plan->time_ns,
                         "quick", plan->quick, "notes", notes, "bench", rows),
               JSON_INDENT(2));
}

static void write_csv(struct output *output, const struct bench_rows *rows)
{
    output_print(output, "part,quantity,case,unit,median,min,max,repeats,ceiling,ratio\n");
    for (size_t i = 0; i < rows->count; i++) {
        const struct bench_row *row = &rows->rows[i];
        output_print(output, "%s,%s,", row->part, row->quantity);
        for (size_t k = 0; k < row->where.count; k++) {
            output_print(output, "%s%s=%s", k == 0 ? "" : " ", row->where.facts[k].name, row->where.facts[k].text);
        }
        output_print(output, ",%s,%.9g,%.9g,%.9g,%u,", row->unit, row->value.median, row->value.min, row->value.max,
                     row->value.count);
        const double ratio = bench_row_ratio(row);
        if (isfinite(ratio)) {
            output_print(output, "%.9g,%.9g", row->ceiling.median, ratio);
        } else {
            output_print(output, ",");
        }
        output_print(output, "\n");
    }
}

void bench_data_write(struct output *output, enum report_format format, const struct bench_host *host,
                      const struct bench *bench, bool partial)
{
    if (format == FORMAT_CSV) {
        write_csv(output, &bench->rows);
    } else if (format == FORMAT_JSONL) {
        for (size_t i = 0; i < bench->rows.count; i++) {
            write_json(output, bench_row_json(&bench->rows.rows[i]), JSON_COMPACT);
        }
    } else {
        write_document(output, host, bench, partial);
    }
}

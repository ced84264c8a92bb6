#include "runner/plot_bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_SERIES 24
#define MOST_VALUES 256
#define LABEL_SIZE 160
#define PER_MILLION 1e-6

/* Rows that make one curve: those with the same label. */
struct curves {
    const json_t *rows;
    const char *x; /* fact along the axis */
    double cores;  /* the most of any row */
    bool clients_vary, pipeline_varies;
    size_t count;
    char labels[MOST_SERIES][LABEL_SIZE];
    size_t value_count;
    double values[MOST_VALUES]; /* of x, ascending */
};

static bool is_votes(const json_t *row)
{
    const char *part = json_string_value(json_object_get(row, "part"));
    const char *quantity = json_string_value(json_object_get(row, "quantity"));
    return part != NULL && quantity != NULL && strcmp(part, "cluster") == 0 && strcmp(quantity, "votes") == 0 &&
           json_is_number(json_object_get(row, "median"));
}

static double fact(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(json_object_get(row, "case"), name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double most_cores(const json_t *rows)
{
    double most = 0;
    size_t index;
    const json_t *row;
    json_array_foreach(rows, index, row)
    {
        if (is_votes(row)) {
            most = fmax(most, fact(row, "cores"));
        }
    }
    return most;
}

static json_t *case_without(const json_t *row, const char *name, const char *besides)
{
    json_t *rest = json_copy(json_object_get(row, "case"));
    json_object_del(rest, name);
    json_object_del(rest, besides);
    return rest;
}

static bool differ_only_in(const json_t *a, const json_t *b, const char *name, const char *besides)
{
    const json_t *of_a = json_object_get(json_object_get(a, "case"), name);
    const json_t *of_b = json_object_get(json_object_get(b, "case"), name);
    if (!is_votes(a) || !is_votes(b) || of_a == NULL || of_b == NULL || json_equal(of_a, of_b)) {
        return false;
    }
    json_t *rest_of_a = case_without(a, name, besides), *rest_of_b = case_without(b, name, besides);
    const bool only = json_equal(rest_of_a, rest_of_b);
    json_decref(rest_of_a);
    json_decref(rest_of_b);
    return only;
}

/* Whether the user chose several; else what it is follows from the rest of a case. `besides` may follow from it. */
static bool varies(const json_t *rows, const char *name, const char *besides)
{
    const size_t count = json_array_size(rows);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (differ_only_in(json_array_get(rows, i), json_array_get(rows, j), name, besides)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_told(const struct curves *curves, const char *key, const json_t *value)
{
    if (strcmp(key, "clients") == 0) {
        return curves->clients_vary;
    }
    if (strcmp(key, "pipeline") == 0) {
        return curves->pipeline_varies;
    }
    const bool plain = strcmp(key, "auth") == 0 && json_is_string(value) &&
                       strcmp(json_string_value(value), "none") == 0;
    return strcmp(key, curves->x) != 0 && strcmp(key, "cores") != 0 && !plain;
}

/* What else the case says, in words: all but x, what is the same everywhere in a picture, and what follows from the
 * rest. */
static void label_of(const struct curves *curves, const json_t *row, char label[LABEL_SIZE])
{
    size_t used = 0;
    const char *key;
    json_t *value;
    label[0] = '\0';
    json_object_foreach(json_object_get(row, "case"), key, value)
    {
        if (!is_told(curves, key, value) || used >= LABEL_SIZE) {
            continue;
        }
        char name[40];
        snprintf(name, sizeof name, "%s", key);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        const char *between = used == 0 ? "" : ", ";
        used += json_is_integer(value) ? (size_t)snprintf(label + used, LABEL_SIZE - used, "%s%s %" JSON_INTEGER_FORMAT,
                                                          between, name, json_integer_value(value))
                                       : (size_t)snprintf(label + used, LABEL_SIZE - used, "%s%s %s", between, name,
                                                          json_is_string(value) ? json_string_value(value) : "");
    }
}

/* Whether the row belongs into the picture along x: against the replicas only what had all cores. */
static bool belongs(const struct curves *curves, const json_t *row)
{
    return is_votes(row) && !isnan(fact(row, curves->x)) &&
           (strcmp(curves->x, "cores") == 0 || !(fact(row, "cores") < curves->cores)) &&
           !(fact(row, "batch") > 1); /* its votes are few and heavy, and stand for many requests: another unit */
}

static bool is_of(const struct curves *curves, const json_t *row, const char *label)
{
    char own[LABEL_SIZE];
    label_of(curves, row, own);
    return belongs(curves, row) && strcmp(own, label) == 0;
}

static void add_value(struct curves *curves, double value)
{
    size_t at = 0;
    while (at < curves->value_count && curves->values[at] < value) {
        at++;
    }
    const bool there = at < curves->value_count && !(curves->values[at] > value);
    if (there || curves->value_count == MOST_VALUES) {
        return;
    }
    memmove(&curves->values[at + 1], &curves->values[at], (curves->value_count - at) * sizeof curves->values[0]);
    curves->values[at] = value;
    curves->value_count++;
}

/* Values of x that a curve has. */
static size_t points_of(const struct curves *curves, const char *label)
{
    size_t index, points = 0;
    const json_t *row;
    json_array_foreach(curves->rows, index, row)
    {
        points += is_of(curves, row, label);
    }
    return points;
}

/* Curves of at least two points; a single point says nothing about a course, but for the cost of authentication against
 * the others. */
static void find_curves(const json_t *rows, const char *x, struct curves *curves)
{
    size_t index;
    const json_t *row;
    *curves = (struct curves){.rows = rows,
                              .x = x,
                              .cores = most_cores(rows),
                              .clients_vary = varies(rows, "clients", "clients"),
                              .pipeline_varies = varies(rows, "pipeline", "clients")};
    json_array_foreach(rows, index, row)
    {
        char label[LABEL_SIZE];
        size_t known = 0;
        label_of(curves, row, label);
        while (known < curves->count && strcmp(curves->labels[known], label) != 0) {
            known++;
        }
        const bool single = strcmp(x, "cores") == 0 && points_of(curves, label) < 2;
        if (!belongs(curves, row) || single || known == MOST_SERIES) {
            continue;
        }
        if (known == curves->count) {
            snprintf(curves->labels[curves->count++], LABEL_SIZE, "%s", label);
        }
        add_value(curves, fact(row, x));
    }
}

static void write_point(FILE *data, const json_t *row, double x, const char *which)
{
    const double middle = json_number_value(json_object_get(row, which));
    const bool measured = strcmp(which, "median") == 0;
    const double low = measured ? json_number_value(json_object_get(row, "min")) : middle;
    const double high = measured ? json_number_value(json_object_get(row, "max")) : middle;
    if (json_is_number(json_object_get(row, which))) {
        fprintf(data, "%.10g %.10g %.10g %.10g\n", x, middle * PER_MILLION, low * PER_MILLION, high * PER_MILLION);
    }
}

/* A block in order of x: a curve, or what its parts alone would reach. Returns the number of points. */
static size_t write_curve(const struct curves *curves, size_t curve, const char *which, FILE *data)
{
    size_t points = 0;
    for (size_t i = 0; i < curves->value_count; i++) {
        size_t index;
        const json_t *row;
        json_array_foreach(curves->rows, index, row)
        {
            const double x = fact(row, curves->x);
            const bool here = is_of(curves, row, curves->labels[curve]) && !(x < curves->values[i]) &&
                              !(x > curves->values[i]);
            if (here) {
                write_point(data, row, x, which);
                points += json_is_number(json_object_get(row, which));
            }
        }
    }
    fputs(points == 0 ? "NaN NaN NaN NaN\n\n\n" : "\n\n", data);
    return points;
}

static void title(const struct plot_request *request, struct gnuplot *plot, const char *text)
{
    char host[256] = "";
    const char *cpu = json_string_value(json_object_get(request->input->host, "cpu"));
    const json_t *cores = json_object_get(request->input->host, "cores");
    if (cpu != NULL) {
        snprintf(host, sizeof host, "%.120s, %" JSON_INTEGER_FORMAT " cores", cpu, json_integer_value(cores));
    }
    gnuplot_text(plot, "title_text", request->title != NULL ? request->title : text);
    gnuplot_text(plot, "scenario_1", host);
    gnuplot_text(plot, "scenario_2", "medians with least and greatest; threads, no delay, closed loop");
}

static bool prepare(const struct plot_request *request, struct gnuplot *plot, const char *x, const char *text,
                    const char *label, struct error *error)
{
    struct curves curves;
    find_curves(request->input->bench, x, &curves);
    if (curves.count == 0 || curves.value_count < 2) {
        return error_set(error, "the file holds no votes against %s; `pbft bench cluster --format json` writes them",
                         label);
    }
    title(request, plot, text);
    gnuplot_text(plot, "x_label", label);
    gnuplot_number(plot, "series", (double)curves.count);
    gnuplot_number(plot, "x_doubles", strcmp(x, "nodes") == 0);
    gnuplot_number(plot, "x_count", (double)curves.value_count);
    gnuplot_array(plot, "x_texts", curves.value_count);
    for (size_t i = 0; i < curves.value_count; i++) {
        char value[32];
        snprintf(value, sizeof value, "%.10g", curves.values[i]);
        gnuplot_element(plot, "x_texts", i, value);
    }
    gnuplot_array(plot, "labels", curves.count);
    for (size_t i = 0; i < curves.count; i++) {
        gnuplot_element(plot, "labels", i, curves.labels[i]);
        write_curve(&curves, i, "median", plot->data);
    }
    gnuplot_number(plot, "has_ceiling", write_curve(&curves, 0, "ceiling", plot->data) > 0);
    return true;
}

static bool suits(const struct plot_request *request, const char *x)
{
    struct curves curves;
    find_curves(request->input->bench, x, &curves);
    return curves.count > 0 && curves.value_count > 1;
}

bool bench_has_sizes(const struct plot_request *request)
{
    return suits(request, "nodes");
}

bool bench_has_cores(const struct plot_request *request)
{
    return suits(request, "cores");
}

bool prepare_bench_sizes(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    return prepare(request, plot, "nodes", "Votes a second against the replicas", "replicas", error);
}

bool prepare_bench_cores(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    return prepare(request, plot, "cores", "Votes a second against the cores", "cores", error);
}

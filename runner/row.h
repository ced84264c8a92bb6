/* Results in flat form: named columns, and rows of values. CSV, the cells of a sweep's JSON, and the sweep's table are
 * all made of it. One thread a row. */
#ifndef PBFT_RUNNER_ROW_H
#define PBFT_RUNNER_ROW_H

#include <jansson.h>

#include "runner/grid.h"
#include "runner/summary.h"

#define MOST_COLUMNS 120
#define COLUMN_NAME_SIZE 64

struct columns {
    size_t count;
    size_t options; /* the first so many are options that vary (sweep), or the seed (run) */
    char names[MOST_COLUMNS][COLUMN_NAME_SIZE];
};

enum value_kind { VALUE_NONE /* does not exist: an empty field, null */, VALUE_INTEGER, VALUE_REAL, VALUE_TEXT };

struct value {
    enum value_kind kind;
    int64_t integer;
    double real;
    char *text; /* owned by the row */
};

struct row {
    size_t count;
    struct value values[MOST_COLUMNS];
};

/* The columns of a sweep over `grid`; `host` adds what the host measured. */
void columns_of_sweep(struct columns *columns, const struct grid *grid, bool host);
/* The columns of a table of single runs. */
void columns_of_runs(struct columns *columns, bool host);

/* A cell's row, in the columns of columns_of_sweep(). Release with row_destroy(). */
void row_of_cell(struct row *row, const struct grid *grid, size_t cell, const struct summary *summary, bool host);
/* The first values of a cell's row alone: its options that vary. */
void row_options(struct row *row, const struct grid *grid, size_t cell);
/* A run's row, in the columns of columns_of_runs(); the summary is of this run alone. */
void row_of_run(struct row *row, const struct run_result *result, const struct summary *summary, bool host);
void row_destroy(struct row *row);

/* By name; a VALUE_NONE if there is no such column. */
struct value row_value(const struct row *row, const struct columns *columns, const char *name);
/* As a number; NaN if it is none. */
double row_number(const struct row *row, const struct columns *columns, const char *name);

/* A line of CSV (RFC 4180) with its newline. Release with free(). */
char *columns_csv(const struct columns *columns);
char *row_csv(const struct row *row);
/* Reads a line back. False if it is not a row of so many columns. */
bool row_parse_csv(struct row *row, const struct columns *columns, const char *line);

/* The row as a JSON object, a new reference: the options that vary under `options`, all else beside it. And back. */
json_t *row_json(const struct row *row, const struct columns *columns);
bool row_parse_json(struct row *row, const struct columns *columns, const json_t *object);

#endif

/* What `pbft plot` reads: a sweep's CSV or JSON becomes a table of text cells, a run's JSON or JSONL stays JSON.
 * Column names lose their `_ns` (all times are ns) and nested names are joined with `_`, so that CSV and JSON agree:
 * commit_latency_mean_ns and {"commit_latency_ns": {"mean"}} are both commit_latency_mean. One thread. */
#ifndef PBFT_RUNNER_PLOT_INPUT_H
#define PBFT_RUNNER_PLOT_INPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "net/error.h"

struct plot_table {
    size_t columns, rows;
    size_t options; /* the first so many columns are options that vary */
    char **names;   /* columns of them */
    bool *times;    /* columns of them: the name ended in `_ns` */
    char **cells;   /* rows * columns, row by row; NULL = empty */
};

struct plot_input {
    struct plot_table table; /* rows = 0 if the file holds runs only */
    json_t *config;          /* the options that all share; NULL if the file does not say */
    json_t *runs;            /* array; NULL if the file holds a sweep */
    json_t *bench;           /* array: the rows of a benchmark; NULL if the file is none */
    json_t *host;            /* the machine that it ran on */
};

/* Reads the whole file. False with a sentence if it cannot be read, is empty, or is neither; then nothing is held.
 * Release with plot_input_destroy(). */
bool plot_input_read(const char *path, struct plot_input *input, struct error *error);
void plot_input_destroy(struct plot_input *input);

/* Index of a column, or `columns` if there is none of that name. */
size_t plot_table_find(const struct plot_table *table, const char *name);
/* The same of an option, by its name in the file or on the command line: `bandwidth` is also `bandwidth_bps` and
 * `--bandwidth`, `view-timeout` is `view_timeout_ns`. `options` or more if it does not vary. */
size_t plot_table_option(const struct plot_table *table, const char *name);
/* The cell's text, or NULL. */
const char *plot_table_cell(const struct plot_table *table, size_t row, size_t column);
/* The cell's number; NaN if it is empty, not a number, or there is no such column. */
double plot_table_number(const struct plot_table *table, size_t row, size_t column);

/* An option's text from the config: "" if it is not there. `buffer` holds what is not text there. */
const char *plot_input_option(const struct plot_input *input, const char *name, char *buffer, size_t size);

#endif

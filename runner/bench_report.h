/* What the benchmark found, for people and for machines. One thread. */
#ifndef PBFT_RUNNER_BENCH_REPORT_H
#define PBFT_RUNNER_BENCH_REPORT_H

#include "runner/bench_host.h"
#include "runner/bench_session.h"
#include "runner/output.h"
#include "runner/report.h"

/* The table grows row by row: head, rows as they come, and what is to be said behind. `last` is the row printed before,
 * or NULL. */
void bench_table_head(struct output *output, const struct bench_host *host, const struct bench_plan *plan);
void bench_table_row(struct output *output, const struct bench_row *row, const struct bench_row *last);
void bench_table_end(struct output *output, const struct bench_rows *rows, bool partial);

/* All at once; the table is not among these formats. */
void bench_data_write(struct output *output, enum report_format format, const struct bench_host *host,
                      const struct bench *bench, bool partial);

/* "26.1 ns", "234 M/s", "58.2 KiB". */
#define BENCH_VALUE_SIZE 32
void bench_value_words(double value, const char *unit, char text[BENCH_VALUE_SIZE]);

#endif

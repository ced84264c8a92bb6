/* What the benchmark has measured: rows, each of one quantity in one case, with its spread and, where there is one, the
 * ceiling that was measured beside it. One thread. */
#ifndef PBFT_RUNNER_BENCH_ROWS_H
#define PBFT_RUNNER_BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runner/stats.h"

#define BENCH_MOST_REPEATS 100u
#define BENCH_MOST_FACTS 10

/* One thing that says which case it is: {"nodes": 4}, {"entry": "reference"}. */
struct bench_fact {
    const char *name; /* static */
    bool is_number;
    uint64_t number;
    char text[40];
};

struct bench_case {
    size_t count;
    struct bench_fact facts[BENCH_MOST_FACTS];
};

void bench_case_number(struct bench_case *where, const char *name, uint64_t number);
void bench_case_text(struct bench_case *where, const char *name, const char *text);
/* The fact's number; 0 if there is none of that name. */
uint64_t bench_case_value(const struct bench_case *where, const char *name);

struct samples {
    uint32_t count;
    double values[BENCH_MOST_REPEATS];
};

void samples_add(struct samples *samples, double value);

enum bench_sense {
    BENCH_COST, /* a time or a size: less is better */
    BENCH_RATE  /* more is better */
};

struct bench_row {
    const char *part, *quantity, *unit; /* static */
    enum bench_sense sense;
    struct bench_case where;
    struct spread value;
    struct spread ceiling; /* of the same unit; count 0 = there is none */
};

/* The share of the ceiling that was reached: 1 is as good as the parts alone. NaN without a ceiling. */
double bench_row_ratio(const struct bench_row *row);

/* In the order in which they were measured. Start from {0}. */
struct bench_rows {
    struct bench_row *rows;
    size_t count;
    char **notes; /* sentences about what the figures mean, and what could not be measured */
    size_t note_count;
};

/* Both abort if memory is lacking. A note that is there already is not repeated. */
void bench_rows_add(struct bench_rows *rows, const struct bench_row *row);
void bench_rows_note(struct bench_rows *rows, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bench_rows_destroy(struct bench_rows *rows);

#endif

/* From a sweep's table to what can be drawn: an option's values as an axis, and the rows as series along it. */
#ifndef PBFT_RUNNER_PLOT_SERIES_H
#define PBFT_RUNNER_PLOT_SERIES_H

#include "runner/plot_input.h"

/* The distinct values of an option that varies, in order: by number where all are numbers, shares or times. */
struct plot_axis {
    size_t column; /* in the table */
    size_t count;
    bool numeric;      /* positions are the values themselves; else 0, 1, 2, .. */
    bool logarithmic;  /* of rates that differ by more than a factor of 10 */
    bool rate;         /* positions are bits a second */
    char **texts;      /* count of them, as people read them */
    double *positions; /* count of them; times in ms, shares in % */
    size_t *of_row;    /* index into the above for each row of the table */
    char label[96];    /* what the axis measures, with its unit */
};

/* A value of an option as people read it: 80 ms, 10 Mbit/s, 5%. NULL if memory is lacking; release with free(). */
char *plot_value_text(const struct plot_table *table, size_t row, size_t column);

/* The same of a number that an option of this name has in a file: of ns, of bits a second, or of what it counts. */
void plot_number_text(const char *name, double number, char *text, size_t size);

/* False if memory is lacking. Release with plot_axis_destroy(). */
bool plot_axis_make(const struct plot_table *table, size_t column, struct plot_axis *axis);
void plot_axis_destroy(struct plot_axis *axis);

/* Rows that share the values of all options but that of the axis are one line of a picture. */
struct plot_series {
    size_t count;
    char **labels;  /* count of them; "" if there is but one */
    size_t *of_row; /* index into the above for each row of the table */
};

bool plot_series_make(const struct plot_table *table, size_t axis_column, struct plot_series *series);
void plot_series_destroy(struct plot_series *series);

#endif

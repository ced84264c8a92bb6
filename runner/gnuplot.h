/* Drawing with gnuplot, which is started without a shell: what a script needs travels in files of a private temporary
 * directory, as variables and as data. Used by one thread. */
#ifndef PBFT_RUNNER_GNUPLOT_H
#define PBFT_RUNNER_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "net/error.h"

#define GNUPLOT_PATH_SIZE 4096

struct gnuplot {
    char directory[256]; /* temporary, removed by gnuplot_end() */
    FILE *settings;      /* variables of the picture */
    FILE *data;          /* what is plotted; the script finds its name in the variable `data` */
};

/* Creates the temporary files. False with a sentence, and nothing held, if it cannot. */
bool gnuplot_begin(struct gnuplot *plot, struct error *error);
void gnuplot_end(struct gnuplot *plot);

/* Variables for the script. Text may hold anything: it is quoted, and control characters are left out. */
void gnuplot_number(struct gnuplot *plot, const char *name, double value);
void gnuplot_text(struct gnuplot *plot, const char *name, const char *value);
/* An array of texts, filled one by one; `index` counts from 0, in the script from 1. gnuplot knows no empty arrays: one
 * of 0 elements has 1. */
void gnuplot_array(struct gnuplot *plot, const char *name, size_t count);
void gnuplot_element(struct gnuplot *plot, const char *name, size_t index, const char *value);

/* Runs plots/`script` for `format`: "svg", "png", "pdf", "eps", or "dumb" for plain text. `output` is written whole or
 * not at all; NULL is standard output. May be called again for other formats. False with a sentence if gnuplot is
 * missing, fails, or the file cannot be written. */
bool gnuplot_draw(struct gnuplot *plot, const char *script, const char *format, const char *output,
                  struct error *error);

#endif

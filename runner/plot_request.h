/* What is to be drawn, as all pictures take it, and what they have in common: quantities and titles. */
#ifndef PBFT_RUNNER_PLOT_REQUEST_H
#define PBFT_RUNNER_PLOT_REQUEST_H

#include "runner/gnuplot.h"
#include "runner/plot_input.h"

struct plot_request {
    const struct plot_input *input;
    const struct plot_input *compare; /* a sweep drawn beside it as a thin line; NULL = none */
    const char *compare_label;
    const char *x, *y;    /* options that vary; NULL = the first, the second of them */
    const char *quantity; /* a latency: "commit_latency", ... */
    bool log_x, log_y;    /* --log */
    const char *title;    /* NULL = from the file's config */
};

/* What a latency measures, in words, or NULL if there is none of that name. */
const char *quantity_meaning(const char *quantity);
/* The same in two or three words, for a legend. */
const char *quantity_short(const char *quantity);
/* Name of the `index`-th latency, or NULL past the last. */
const char *quantity_at(size_t index);

/* Sets `title_text` and, from the config, `scenario_1` and `scenario_2`: n, behaviour, delay, losses, repeats, seed. */
void plot_titles(const struct plot_request *request, struct gnuplot *plot, const char *title);

#endif

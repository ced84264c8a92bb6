/* The pictures: each takes what it needs from the input, and hands it to a script of plots/ as variables and data. */
#ifndef PBFT_RUNNER_PLOT_PICTURES_H
#define PBFT_RUNNER_PLOT_PICTURES_H

#include "runner/plot_request.h"

struct picture {
    const char *name;   /* of --kind, and in the name of the file */
    const char *script; /* in plots/ */
    /* Whether the input has what it takes, so that `all` includes it. */
    bool (*suits)(const struct plot_request *request);
    /* Writes settings and data. False with a sentence if something is missing. */
    bool (*prepare)(const struct plot_request *request, struct gnuplot *plot, struct error *error);
};

/* All of them; the last has name NULL. */
const struct picture *picture_at(size_t index);

#endif

/* Where a command's results go: a sink for the data, and beside a file of data a table on standard output. */
#ifndef PBFT_RUNNER_DELIVERY_H
#define PBFT_RUNNER_DELIVERY_H

#include "runner/report.h"

struct delivery {
    enum report_format format;
    const char *path; /* of -o, or NULL */
    bool quiet;
    bool table;   /* whether people see a table on standard output */
    bool in_file; /* whether data goes to a file */
    struct output data, screen;
    struct sink sinks[2];
    size_t sink_count;
};

/* Reads --format, -o and --quiet; opens nothing. `otherwise` is the format of a file whose ending tells none. */
bool delivery_plan(struct delivery *delivery, const struct settings *settings, enum report_format otherwise,
                   struct error *error);
/* Opens what is not open yet (`data.file` may be, by output_lock()), and makes the sinks. `head` outlives them. */
bool delivery_open(struct delivery *delivery, const struct report_head *head, struct error *error);

/* To every sink, and out; false with a sentence if something written so far has failed. */
bool delivery_begin(struct delivery *delivery, struct error *error);
bool delivery_run(struct delivery *delivery, const struct report_run *run, struct error *error);
bool delivery_cell(struct delivery *delivery, const struct report_cell *cell, struct error *error);
/* Also completes the file. */
bool delivery_end(struct delivery *delivery, const struct report_tail *tail, struct error *error);
/* Leaves a file that is not complete as it was before. */
void delivery_abandon(struct delivery *delivery);

#endif

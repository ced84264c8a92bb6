/* Results pass through one interface: whoever runs scenarios tells a sink, and sinks write tables, CSV, JSON or JSONL.
 * One thread. What a sink cannot write its `output` remembers (output.h). */
#ifndef PBFT_RUNNER_REPORT_H
#define PBFT_RUNNER_REPORT_H

#include "runner/output.h"
#include "runner/row.h"

enum report_format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON, FORMAT_JSONL, REPORT_FORMATS };

/* By name; REPORT_FORMATS if there is none. */
enum report_format report_format_find(const char *name);

/* What is known before the first run. Outlives the sink. */
struct report_head {
    const struct settings *settings;
    const struct scenario *scenario; /* of a sweep: its first cell's */
    const struct grid *grid;         /* of a sweep, else NULL */
    const struct columns *columns;
    bool host;           /* whether rows have what the host measured */
    const char *command; /* that does it all again */
};

/* A run that has ended. */
struct report_run {
    uint32_t index;
    const struct run_result *result;
    const struct summary *alone; /* of this run alone */
    const char *command;         /* that shows this run again */
    bool partial;                /* interrupted: not part of the summary */
};

/* A cell of a sweep that is complete: now, or in an earlier session. */
struct report_cell {
    size_t cell;
    const struct row *row;
    const char *line; /* the row as another file has it, or NULL */
    bool written;     /* the output has it already */
};

/* How the replay of a recorded run went. */
struct replay_report {
    const char *recording; /* the file */
    uint64_t events;
    bool same;
    const char *difference; /* where, and what both say; NULL if it is the same */
};

/* What is known behind the last run. */
struct report_tail {
    const struct summary *summary;      /* of a `run`, else NULL */
    const struct replay_report *replay; /* of a `replay`, else NULL */
    size_t cells;                       /* of a sweep: complete ones in this output */
    size_t cells_wanted;
    bool partial;
};

struct sink;

struct sink_operations {
    void (*begin)(struct sink *sink);
    void (*run)(struct sink *sink, const struct report_run *run);
    void (*cell)(struct sink *sink, const struct report_cell *cell);
    void (*end)(struct sink *sink, const struct report_tail *tail);
};

struct sink {
    const struct sink_operations *operations;
    const struct report_head *head;
    struct output *output;
    size_t written; /* runs or cells so far */
    bool resumed;   /* the output has its beginning already */
};

/* A sink for the format, of a run or of a sweep by `head`. */
struct sink sink_make(enum report_format format, const struct report_head *head, struct output *output);

extern const struct sink_operations run_table_sink;
extern const struct sink_operations sweep_table_sink;
extern const struct sink_operations csv_sink;
extern const struct sink_operations json_sink;
extern const struct sink_operations jsonl_sink;

/* A cell's line in CSV or JSONL, with its newline. Release with free(). */
char *report_cell_line(enum report_format format, const struct report_head *head, size_t cell, const struct row *row);
/* The `config` of a sweep: the options that all cells share. A new reference. */
json_t *report_shared_config(const struct grid *grid);
/* The axis's values as one text, separated by ';'. */
json_t *report_axis_json(const struct axis *axis);

#endif

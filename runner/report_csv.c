/* CSV: a header, then a row for each run or cell. */
#include <stdlib.h>
#include <string.h>

#include "runner/report.h"

static void write_line(struct sink *sink, char *line)
{
    output_write(sink->output, line, strlen(line));
    free(line);
}

static void csv_begin(struct sink *sink)
{
    if (!sink->resumed) {
        write_line(sink, columns_csv(sink->head->columns));
    }
}

static void csv_run(struct sink *sink, const struct report_run *run)
{
    struct row row;
    if (run->partial) {
        return; /* a row has no place to say so */
    }
    row_of_run(&row, run->result, run->alone, sink->head->host);
    write_line(sink, row_csv(&row));
    row_destroy(&row);
}

static void csv_cell(struct sink *sink, const struct report_cell *cell)
{
    if (cell->line != NULL) {
        output_write(sink->output, cell->line, strlen(cell->line));
    } else if (!cell->written) {
        write_line(sink, report_cell_line(FORMAT_CSV, sink->head, cell->cell, cell->row));
    }
}

static void csv_end(struct sink *sink, const struct report_tail *tail)
{
    (void)sink;
    (void)tail;
}

const struct sink_operations csv_sink = {csv_begin, csv_run, csv_cell, csv_end};

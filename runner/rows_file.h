/* A file of finished rows, as a sweep leaves it: read back, checked cell by cell. One thread. */
#ifndef PBFT_RUNNER_ROWS_FILE_H
#define PBFT_RUNNER_ROWS_FILE_H

#include "runner/report.h"
#include "runner/shard.h"

struct rows_file {
    char **lines; /* of the cells, with their newlines */
    size_t count;
    uint64_t bytes; /* up to the end of the last whole line; what follows is half a row */
};

/* Reads what is there: nothing, if there is no such file. Each line must be the row of its cell. False with a
 * sentence that has the line. Release with rows_file_destroy() in any case. */
bool rows_file_read(const char *path, enum report_format format, const struct report_head *head, struct shard shard,
                    struct rows_file *file, struct error *error);
void rows_file_destroy(struct rows_file *file);

/* The row of a line; false if it is none. Release with row_destroy(). */
bool rows_file_row(const char *line, enum report_format format, const struct columns *columns, struct row *row);

#endif

#include "runner/rows_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool rows_file_row(const char *line, enum report_format format, const struct columns *columns, struct row *row)
{
    if (format == FORMAT_CSV) {
        return row_parse_csv(row, columns, line);
    }
    json_t *json = json_loads(line, 0, NULL);
    bool right = json != NULL && row_parse_json(row, columns, json);
    json_decref(json);
    return right;
}

/* The options' part of the row as text. */
static char *options_text(const struct row *row, size_t options)
{
    struct row only = *row;
    only.count = options;
    return row_csv(&only);
}

/* Whether the line is the row of this cell. */
static bool is_cell(const char *line, enum report_format format, const struct report_head *head, size_t cell)
{
    struct row row;
    struct row wanted;
    if (!rows_file_row(line, format, head->columns, &row)) {
        return false;
    }
    row_options(&wanted, head->grid, cell);
    char *is = options_text(&row, head->columns->options);
    char *should = options_text(&wanted, head->columns->options);
    bool same = strcmp(is, should) == 0;
    free(is);
    free(should);
    row_destroy(&wanted);
    row_destroy(&row);
    return same;
}

static void add_line(struct rows_file *file, const char *line)
{
    if ((file->count & (file->count - 1)) == 0) { /* room for the next power of two */
        size_t room = file->count == 0 ? 1 : 2 * file->count;
        file->lines = realloc(file->lines, room * sizeof *file->lines);
    }
    char *copy = strdup(line);
    if (file->lines == NULL || copy == NULL) {
        abort();
    }
    file->lines[file->count++] = copy;
}

/* Takes line `number` (from 1). */
static bool take_line(struct rows_file *file, const char *path, size_t number, const char *line,
                      enum report_format format, const struct report_head *head, struct shard shard,
                      struct error *error)
{
    static const char advice[] = "use another -o FILE, or --restart to overwrite it";
    if (format == FORMAT_CSV && number == 1) {
        char *header = columns_csv(head->columns);
        bool same = strcmp(header, line) == 0;
        free(header);
        return same || error_set(error, "%.200s: line 1 is not the header of this sweep; %s", path, advice);
    }
    if (file->count == shard_size(shard, head->grid->cells)) {
        return error_set(error, "%.200s: line %zu: there are more rows than cells; %s", path, number, advice);
    }
    size_t cell = shard_cell(shard, file->count);
    if (!is_cell(line, format, head, cell)) {
        return error_set(error, "%.200s: line %zu is not the row of its cell; %s", path, number, advice);
    }
    add_line(file, line);
    return true;
}

bool rows_file_read(const char *path, enum report_format format, const struct report_head *head, struct shard shard,
                    struct rows_file *file, struct error *error)
{
    *file = (struct rows_file){0};
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        return errno == ENOENT || error_set(error, "cannot read '%.200s': %s", path, strerror(errno));
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    size_t number = 0;
    bool right = true;
    while (right && (size = getline(&line, &room, stream)) > 0 && line[size - 1] == '\n') {
        right = take_line(file, path, ++number, line, format, head, shard, error);
        file->bytes += (uint64_t)size;
    }
    if (right && ferror(stream) != 0) {
        right = error_set(error, "cannot read '%.200s': %s", path, strerror(errno));
    }
    free(line);
    fclose(stream);
    return right;
}

void rows_file_destroy(struct rows_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->lines[i]);
    }
    free(file->lines);
    *file = (struct rows_file){0};
}

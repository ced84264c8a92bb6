#include "runner/sweep_merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/delivery.h"
#include "runner/exit_code.h"
#include "runner/rows_file.h"
#include "runner/sweep_state.h"
#include "runner/words.h"

struct merge {
    const struct settings *asked;
    struct settings settings; /* of the sweep that was sharded */
    struct string_pool pool;
    struct grid grid;
    struct scenario scenario;
    struct columns columns;
    struct report_head head;
    struct sweep_state state; /* of the whole */
    struct rows_file *shards; /* by index - 1 */
    const char **paths;       /* likewise; NULL = not seen yet */
    size_t shard_count;
    struct delivery delivery;
    char command[COMMAND_SIZE];
};

static bool check_asked(const struct settings *asked, struct error *error)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        bool fits = id == OPT_MERGE || id == OPT_RESTART || id == OPT_OUTPUT || id == OPT_QUIET;
        if (settings_has(asked, id) && !fits) {
            return error_set(error, "--%s does not go with --merge, which takes all options from the shards",
                             option_at(id)->name);
        }
    }
    return asked->file_count > 0 || error_set(error, "--merge needs the files of the shards");
}

static bool read_shard_state(const char *path, struct sweep_state *state, struct error *error)
{
    bool found;
    if (!sweep_state_read(path, state, &found, error)) {
        return false;
    }
    return found || error_set(error,
                              "there is no '%.200s.state': only files that sweep --shard has written can be "
                              "merged",
                              path);
}

/* The grid, as the first shard remembers it. */
static bool plan_whole(struct merge *merge, struct error *error)
{
    struct sweep_state first;
    struct error why;
    const char *path = merge->asked->files[0];
    if (!read_shard_state(path, &first, error)) {
        return false;
    }
    bool planned = sweep_state_settings(&first, &merge->settings, &merge->pool, &why) &&
                   grid_make(&merge->settings, &merge->grid, &why);
    if (!planned) {
        error_set(error, "%.150s.state: %.300s", path, why.text);
    } else {
        grid_scenario(&merge->grid, 0, &merge->scenario);
        snprintf(merge->command, sizeof merge->command, "%s", json_string_value(first.command));
        merge->head = (struct report_head){.settings = &merge->settings,
                                           .scenario = &merge->scenario,
                                           .grid = &merge->grid,
                                           .columns = &merge->columns,
                                           .host = grid_has_real_clock(&merge->grid),
                                           .command = merge->command};
        columns_of_sweep(&merge->columns, &merge->grid, merge->head.host);
        sweep_state_make(&merge->state, &merge->head, (struct shard){1, 1}, first.format);
        merge->shard_count = first.shard.count;
        merge->shards = calloc(merge->shard_count, sizeof *merge->shards);
        merge->paths = calloc(merge->shard_count, sizeof *merge->paths);
        planned = (merge->shards != NULL && merge->paths != NULL) || error_set(error, "out of memory");
    }
    sweep_state_destroy(&first);
    return planned;
}

static bool take_shard(struct merge *merge, const char *path, struct error *error)
{
    struct sweep_state state;
    if (!read_shard_state(path, &state, error)) {
        return false;
    }
    struct sweep_state ours = merge->state; /* what its state should be, but for the shard's index */
    ours.shard = (struct shard){state.shard.index, merge->shard_count};
    bool same = sweep_state_same(&ours, &state, path, error);
    struct shard shard = state.shard;
    sweep_state_destroy(&state);
    if (!same) {
        return false;
    }
    if (merge->paths[shard.index - 1] != NULL) {
        return error_set(error, "%.150s and %.150s are both shard %zu/%zu", merge->paths[shard.index - 1], path,
                         shard.index, shard.count);
    }
    struct rows_file *rows = &merge->shards[shard.index - 1];
    size_t wanted = shard_size(shard, merge->grid.cells);
    merge->paths[shard.index - 1] = path;
    if (!rows_file_read(path, merge->state.format, &merge->head, shard, rows, error)) {
        return false;
    }
    return rows->count == wanted || error_set(error,
                                              "%.150s has %zu of its %zu cells: finish it first, by the command "
                                              "that began it",
                                              path, rows->count, wanted);
}

static bool take_shards(struct merge *merge, struct error *error)
{
    for (int i = 0; i < merge->asked->file_count; i++) {
        if (!take_shard(merge, merge->asked->files[i], error)) {
            return false;
        }
    }
    for (size_t i = 0; i < merge->shard_count; i++) {
        if (merge->paths[i] == NULL) {
            return error_set(error, "shard %zu/%zu is missing", i + 1, merge->shard_count);
        }
    }
    return true;
}

static bool write_rows(struct merge *merge, struct error *error)
{
    for (size_t cell = 0; cell < merge->grid.cells; cell++) {
        const char *line = merge->shards[cell % merge->shard_count].lines[cell / merge->shard_count];
        struct row row;
        if (!rows_file_row(line, merge->state.format, &merge->columns, &row)) {
            return error_set(error, "a row is no row"); /* they were read once already */
        }
        struct report_cell report = {.cell = cell, .row = &row, .line = line};
        bool written = delivery_cell(&merge->delivery, &report, error);
        row_destroy(&row);
        if (!written) {
            return false;
        }
    }
    return true;
}

static bool check_target(const struct merge *merge, struct error *error)
{
    const char *path = merge->delivery.path;
    struct stat status;
    bool has_rows = path != NULL && stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    return !has_rows || settings_has(merge->asked, OPT_RESTART) ||
           error_set(error, "'%.200s' exists; --restart overwrites it", path);
}

static bool write_whole(struct merge *merge, struct error *error)
{
    if (!delivery_open(&merge->delivery, &merge->head, error) || !delivery_begin(&merge->delivery, error) ||
        !write_rows(merge, error)) {
        delivery_abandon(&merge->delivery);
        return false;
    }
    struct report_tail tail = {.cells = merge->grid.cells, .cells_wanted = merge->grid.cells};
    if (!delivery_end(&merge->delivery, &tail, error)) {
        return false;
    }
    return !merge->delivery.in_file || sweep_state_write(merge->delivery.path, &merge->state, &merge->head, error);
}

static int merge_all(struct merge *merge)
{
    struct error error;
    if (!check_asked(merge->asked, &error) || !delivery_plan(&merge->delivery, merge->asked, FORMAT_CSV, &error) ||
        !check_target(merge, &error)) {
        return fail_usage("sweep", &error);
    }
    if (!plan_whole(merge, &error) || !take_shards(merge, &error)) {
        return fail_runtime("sweep", &error);
    }
    merge->delivery.format = merge->state.format;
    merge->delivery.table = merge->delivery.in_file && !merge->delivery.quiet;
    return write_whole(merge, &error) ? EXIT_DONE : fail_runtime("sweep", &error);
}

int sweep_merge(const struct settings *settings)
{
    struct merge *merge = calloc(1, sizeof *merge);
    struct error error;
    if (merge == NULL) {
        error_set(&error, "out of memory");
        return fail_runtime("sweep", &error);
    }
    merge->asked = settings;
    int code = merge_all(merge);
    for (size_t i = 0; merge->shards != NULL && i < merge->shard_count; i++) {
        rows_file_destroy(&merge->shards[i]);
    }
    free(merge->shards);
    free(merge->paths);
    sweep_state_destroy(&merge->state);
    grid_destroy(&merge->grid);
    string_pool_destroy(&merge->pool);
    free(merge);
    return code;
}

#include "runner/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/cells.h"
#include "runner/command_line.h"
#include "runner/delivery.h"
#include "runner/exit_code.h"
#include "runner/help.h"
#include "runner/notes.h"
#include "runner/option_value.h"
#include "runner/progress.h"
#include "runner/resolve.h"
#include "runner/rows_file.h"
#include "runner/seed.h"
#include "runner/signals.h"
#include "runner/sweep_merge.h"
#include "runner/sweep_state.h"
#include "runner/tasks.h"
#include "runner/version.h"
#include "runner/words.h"

struct sweep {
    struct settings settings;
    struct string_pool pool;
    struct grid grid;
    struct scenario first; /* the first cell's */
    struct shard shard;
    unsigned jobs; /* 0 = as many as fit */
    struct delivery delivery;
    struct columns columns;
    struct report_head head;
    struct progress progress;
    struct rows_file finished; /* rows of earlier sessions */
    struct sweep_state state, earlier;
    bool resumable;   /* rows go to a regular file, one by one */
    bool has_earlier; /* and there are some already */
    bool creates;     /* and there is no such file yet */
    size_t done;      /* cells, in this session and earlier ones */
    bool unexpected;  /* a cell is not what --expect says */
    struct notes notes;
    struct error error; /* of a call-back */
    char command[COMMAND_SIZE];
};

static size_t wanted(const struct sweep *sweep)
{
    return shard_size(sweep->shard, sweep->grid.cells);
}

/* The options that are no scenario's. */
static bool read_own_options(struct sweep *sweep, struct error *error)
{
    const char *jobs = sweep->settings.text[OPT_JOBS];
    const char *shard = sweep->settings.text[OPT_SHARD];
    struct error why;
    uint64_t number = 0;
    sweep->shard = (struct shard){1, 1};
    if (jobs != NULL && !count_parse(jobs, 1, 1024, &number, &why)) {
        return error_set(error, "--jobs '%.60s': %s", jobs, why.text);
    }
    sweep->jobs = (unsigned)number;
    if (!delivery_plan(&sweep->delivery, &sweep->settings, FORMAT_CSV, error)) {
        return false;
    }
    bool rows = sweep->delivery.format == FORMAT_CSV || sweep->delivery.format == FORMAT_JSONL;
    sweep->resumable = sweep->delivery.in_file && rows;
    if (settings_has(&sweep->settings, OPT_RESTART) && !sweep->resumable) {
        return error_set(error, "--restart needs -o FILE in csv or jsonl: it overwrites what the file holds");
    }
    if (shard == NULL) {
        return true;
    }
    if (!sweep->resumable) {
        return error_set(error, "--shard needs -o FILE in csv or jsonl, so that shards can be put together");
    }
    if (!settings_has(&sweep->settings, OPT_SEED)) {
        return error_set(error, "--shard needs --seed, the same for all shards");
    }
    return shard_parse(shard, &sweep->shard, error);
}

/* Looks at what the file holds, and takes over the seed that it was begun with. */
static bool look_at_file(struct sweep *sweep, struct error *error)
{
    const char *path = sweep->delivery.path;
    struct stat status;
    bool exists = sweep->resumable && stat(path, &status) == 0;
    sweep->creates = sweep->resumable && !exists;
    if (exists && !S_ISREG(status.st_mode)) { /* a device or a pipe keeps nothing */
        sweep->resumable = false;
        return true;
    }
    if (!exists || status.st_size == 0 || settings_has(&sweep->settings, OPT_RESTART)) {
        return true;
    }
    if (!sweep_state_read(path, &sweep->earlier, &sweep->has_earlier, error)) {
        return false;
    }
    if (!sweep->has_earlier) {
        return error_set(error,
                         "'%.200s' exists, and has no '.state' beside it that would say what its rows are; use "
                         "another -o FILE, or --restart to overwrite it",
                         path);
    }
    if (!settings_has(&sweep->settings, OPT_SEED)) {
        settings_set(&sweep->settings, OPT_SEED, string_pool_add(&sweep->pool, sweep->earlier.seed), SOURCE_DRAWN);
    }
    return true;
}

static bool decide_jobs(struct sweep *sweep, struct error *error)
{
    const size_t runs = wanted(sweep) * sweep->first.repeat;
    if (sweep->head.host && sweep->jobs > 1) {
        return error_set(error, "--jobs %u: only with --clock virtual; on threads cells would slow each other down",
                         sweep->jobs);
    }
    if (sweep->jobs == 0) {
        sweep->jobs = sweep->head.host ? 1 : tasks_core_count();
    }
    if (sweep->jobs > runs) {
        sweep->jobs = runs == 0 ? 1 : (unsigned)runs;
    }
    return true;
}

static bool make_grid(struct sweep *sweep, struct error *error)
{
    if (!grid_make(&sweep->settings, &sweep->grid, error)) {
        return false;
    }
    grid_scenario(&sweep->grid, 0, &sweep->first);
    for (size_t i = 0; i < sweep->grid.axis_count; i++) {
        if (sweep->grid.axes[i].id == OPT_EXPECT) {
            return error_set(error, "--expect cannot vary");
        }
    }
    command_text(&sweep->settings, "sweep", COMMAND_GRID, sweep->first.seed, NULL, sweep->command);
    sweep->head = (struct report_head){.settings = &sweep->settings,
                                       .scenario = &sweep->first,
                                       .grid = &sweep->grid,
                                       .columns = &sweep->columns,
                                       .host = grid_has_real_clock(&sweep->grid),
                                       .command = sweep->command};
    columns_of_sweep(&sweep->columns, &sweep->grid, sweep->head.host);
    return settings_check_meaning(&sweep->settings, sweep->head.host, error) && decide_jobs(sweep, error);
}

/* Locks the file and makes sure that what it holds is the beginning of this sweep. */
static int prepare_file(struct sweep *sweep)
{
    struct error error;
    const char *path = sweep->delivery.path;
    enum report_format format = sweep->delivery.format;
    sweep_state_make(&sweep->state, &sweep->head, sweep->shard, format);
    if (sweep->has_earlier && !sweep_state_same(&sweep->state, &sweep->earlier, path, &error)) {
        return fail_usage("sweep", &error);
    }
    struct rows_file *finished = &sweep->finished;
    if (!output_lock(&sweep->delivery.data, path, &error) ||
        (sweep->has_earlier && !rows_file_read(path, format, &sweep->head, sweep->shard, finished, &error)) ||
        !output_keep(&sweep->delivery.data, finished->bytes, &error) ||
        (!sweep->has_earlier && !sweep_state_write(path, &sweep->state, &sweep->head, &error))) {
        if (sweep->creates && sweep->delivery.data.file != NULL) {
            unlink(path); /* nothing half done: an empty file would have no state */
        }
        return fail_runtime("sweep", &error);
    }
    return EXIT_DONE;
}

/* Whether the row is what --expect says of each cell. */
static bool row_expected(const struct sweep *sweep, const struct row *row)
{
    struct summary *counts = calloc(1, sizeof *counts);
    if (counts == NULL) {
        return false;
    }
    counts->runs = (uint64_t)row_number(row, &sweep->columns, "repeats");
    counts->safe = (uint64_t)row_number(row, &sweep->columns, "safe");
    counts->live = (uint64_t)row_number(row, &sweep->columns, "live");
    bool met = expectation_met(sweep->first.expect, counts);
    free(counts);
    return met;
}

static bool tell_cell(struct sweep *sweep, const struct report_cell *cell)
{
    progress_clear(&sweep->progress);
    sweep->unexpected = sweep->unexpected || !row_expected(sweep, cell->row);
    if (!delivery_cell(&sweep->delivery, cell, &sweep->error)) {
        return false;
    }
    sweep->done++;
    return true;
}

static bool tell_finished(struct sweep *sweep)
{
    for (size_t place = 0; place < sweep->finished.count; place++) {
        struct row row;
        if (!rows_file_row(sweep->finished.lines[place], sweep->delivery.format, &sweep->columns, &row)) {
            return error_set(&sweep->error, "a row is no row"); /* they were read once already */
        }
        struct report_cell cell = {.cell = shard_cell(sweep->shard, place), .row = &row, .written = true};
        bool told = tell_cell(sweep, &cell);
        row_destroy(&row);
        if (!told) {
            return false;
        }
    }
    return true;
}

/* "byzantine 3, drop 0.05" */
static void cell_words(const struct grid *grid, size_t cell, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < grid->axis_count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s %s", i == 0 ? "" : ", ",
                                 option_at(grid->axes[i].id)->name,
                                 grid->axes[i].texts[grid_value_index(grid, cell, i)]);
    }
}

static void on_awaiting(void *context, size_t place, uint32_t repetition)
{
    struct sweep *sweep = context;
    char cell[128];
    char what[192];
    if (sweep->progress.shown) {
        cell_words(&sweep->grid, shard_cell(sweep->shard, place), cell, sizeof cell);
        snprintf(what, sizeof what, "runs%s%s", cell[0] == '\0' ? "" : "; ", cell);
        progress_show(&sweep->progress, place * sweep->first.repeat + repetition, wanted(sweep) * sweep->first.repeat,
                      what);
    }
}

static bool on_done(void *context, size_t place, const struct cell_outcome *outcome)
{
    struct sweep *sweep = context;
    struct report_cell cell = {.cell = shard_cell(sweep->shard, place), .row = &outcome->row};
    notes_add(&sweep->notes, &outcome->notes);
    return tell_cell(sweep, &cell);
}

static void print_notes(const struct sweep *sweep, bool interrupted)
{
    size_t cells = wanted(sweep);
    const char *path = sweep->delivery.path;
    if (interrupted && sweep->resumable) {
        fprintf(stderr, "pbft sweep: interrupted: %zu of %zu cells are in %s; the same command goes on from there\n",
                sweep->done, cells, path);
    } else if (interrupted) {
        fprintf(stderr, "pbft sweep: interrupted: partial, %zu of %zu cells\n", sweep->done, cells);
    }
    if (sweep->delivery.quiet) {
        return;
    }
    if (sweep->resumable && sweep->finished.count == cells) {
        fprintf(stderr, "pbft sweep: all %zu cells were in %s already; --restart runs them again\n", cells, path);
    } else if (sweep->finished.count > 0 && !interrupted) {
        fprintf(stderr, "pbft sweep: went on behind the %zu cells that %s had\n", sweep->finished.count, path);
    }
    notes_print(&sweep->notes);
}

static int end_sweep(struct sweep *sweep, enum cells_end end)
{
    bool interrupted = end == CELLS_INTERRUPTED;
    struct report_tail tail = {.cells = sweep->done, .cells_wanted = wanted(sweep), .partial = interrupted};
    progress_clear(&sweep->progress);
    if (end == CELLS_FAILED || end == CELLS_STOPPED) {
        delivery_abandon(&sweep->delivery);
        return fail_runtime("sweep", &sweep->error);
    }
    if (!delivery_end(&sweep->delivery, &tail, &sweep->error)) {
        return fail_runtime("sweep", &sweep->error);
    }
    print_notes(sweep, interrupted);
    return interrupted ? EXIT_INTERRUPTED : sweep->unexpected ? EXIT_UNEXPECTED : EXIT_DONE;
}

static int run_grid(struct sweep *sweep)
{
    const struct cells_plan plan = {.grid = &sweep->grid,
                                    .shard = sweep->shard,
                                    .first = sweep->finished.count,
                                    .host = sweep->head.host,
                                    .jobs = sweep->jobs,
                                    .interrupted = signals_catch(),
                                    .awaiting = on_awaiting,
                                    .done = on_done,
                                    .context = sweep};
    if (!delivery_open(&sweep->delivery, &sweep->head, &sweep->error)) {
        return fail_runtime("sweep", &sweep->error);
    }
    sweep->delivery.sinks[0].resumed = sweep->finished.bytes > 0;
    version_keep_memory();
    progress_start(&sweep->progress, !sweep->delivery.quiet, sweep->finished.count * sweep->first.repeat);
    enum cells_end end = CELLS_STOPPED;
    if (delivery_begin(&sweep->delivery, &sweep->error) && tell_finished(sweep)) {
        end = cells_run(&plan, &sweep->error);
    }
    return end_sweep(sweep, end);
}

static int run_sweep(struct sweep *sweep, int argc, char **argv)
{
    struct error error;
    bool help = false;
    if (!settings_load(&sweep->settings, argc - 1, argv + 1, FOR_SWEEP, &help, &sweep->pool, &error)) {
        return fail_usage("sweep", &error);
    }
    if (help) {
        return help_print("sweep", FOR_SWEEP);
    }
    if (settings_has(&sweep->settings, OPT_MERGE)) {
        return sweep_merge(&sweep->settings);
    }
    if (!read_own_options(sweep, &error) || !look_at_file(sweep, &error)) {
        return fail_usage("sweep", &error);
    }
    if (!settings_draw_seed(&sweep->settings, &sweep->pool, &error)) {
        return fail_runtime("sweep", &error);
    }
    if (!make_grid(sweep, &error)) {
        return fail_usage("sweep", &error);
    }
    if (sweep->resumable) {
        int code = prepare_file(sweep);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    return run_grid(sweep);
}

int sweep_command(int argc, char **argv)
{
    struct sweep *sweep = calloc(1, sizeof *sweep);
    if (sweep == NULL) {
        struct error error;
        error_set(&error, "out of memory");
        return fail_runtime("sweep", &error);
    }
    int code = run_sweep(sweep, argc, argv);
    output_abandon(&sweep->delivery.data);
    rows_file_destroy(&sweep->finished);
    sweep_state_destroy(&sweep->state);
    sweep_state_destroy(&sweep->earlier);
    grid_destroy(&sweep->grid);
    string_pool_destroy(&sweep->pool);
    free(sweep);
    return code;
}

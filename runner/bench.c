#include "runner/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/duration.h"
#include "net/park.h"
#include "runner/bench_grid.h"
#include "runner/bench_parts.h"
#include "runner/bench_report.h"
#include "runner/command_line.h"
#include "runner/delivery.h"
#include "runner/exit_code.h"
#include "runner/help.h"
#include "runner/option_value.h"
#include "runner/progress.h"
#include "runner/seed.h"
#include "runner/signals.h"

#define NS_PER_MS UINT64_C(1000000)
#define LEAST_TIME_NS NS_PER_MS
#define MOST_TIME_NS (600000 * NS_PER_MS)
/* Involuntary context switches a second of CPU time that a thread alone on its core does not see. */
#define QUIET_SWITCHES 30

static const struct {
    const char *name;
    bool (*measure)(struct bench *bench, struct error *error);
    bool scenarios; /* takes a scenario's options */
    bool alone;     /* works in one thread that nothing should interrupt */
} parts[] = {
    {"ring", bench_ring, false, false},           {"votes", bench_votes, false, true},
    {"delay-line", bench_wheel, false, true},     {"virtual", bench_virtual, true, true},
    {"cluster", bench_cluster, true, false},      {"start", bench_start, true, false},
    {"allocator", bench_allocator, false, false},
};
#define PARTS (sizeof parts / sizeof *parts)

struct bench_run {
    struct bench bench;
    struct settings settings;
    struct string_pool pool;
    struct delivery delivery; /* formats and paths only */
    struct bench_host host;
    struct progress progress;
    bool wanted[PARTS];
    struct bench_row last; /* printed */
    bool printed;
    struct bench_usage disturbed; /* while one thread worked alone */
};

/* --- what is asked for ------------------------------------------------------------------------------------------- */

static bool choose_parts(struct bench_run *run, struct error *error)
{
    const struct settings *settings = &run->settings;
    if (settings->file_count == 0) {
        return error_set(error, "which part? ring, votes, delay-line, virtual, cluster, start, allocator, or all");
    }
    for (int i = 0; i < settings->file_count; i++) {
        const bool all = strcmp(settings->files[i], "all") == 0;
        bool found = all;
        for (size_t part = 0; part < PARTS; part++) {
            const bool here = all || strcmp(settings->files[i], parts[part].name) == 0;
            if (here && run->wanted[part]) {
                return error_set(error, "the part %s is named twice", parts[part].name);
            }
            run->wanted[part] = run->wanted[part] || here;
            found = found || here;
        }
        if (!found) {
            return error_set(error,
                             "there is no part '%.60s'; there are: ring, votes, delay-line, virtual, cluster, "
                             "start, allocator, all",
                             settings->files[i]);
        }
    }
    return true;
}

static bool wants_scenarios(const struct bench_run *run)
{
    bool scenarios = false;
    for (size_t part = 0; part < PARTS; part++) {
        scenarios = scenarios || (run->wanted[part] && parts[part].scenarios);
    }
    return scenarios;
}

/* A scenario's option for parts that run none would be ignored: better to say so. */
static bool check_options(const struct bench_run *run, struct error *error)
{
    const bool scenarios = wants_scenarios(run);
    for (unsigned i = 0; i < OPTION_COUNT && !scenarios; i++) {
        const enum option_id id = (enum option_id)i;
        const bool given = option_at(id)->scenario && run->settings.source[id] == SOURCE_COMMAND_LINE;
        if (given && id != OPT_REPEAT && id != OPT_SEED) {
            return error_set(error, "--%s: only virtual, cluster and start run scenarios", option_at(id)->name);
        }
    }
    return true;
}

static bool read_repeat(struct bench_run *run, struct error *error)
{
    struct bench_plan *plan = &run->bench.plan;
    const char *text = run->settings.text[OPT_REPEAT];
    uint64_t repeat = plan->quick ? 2 : 5;
    struct error why;
    if (text != NULL && !count_parse(text, 1, BENCH_MOST_REPEATS, &repeat, &why)) {
        return error_set(error, "--repeat '%.60s': %.200s", text, why.text);
    }
    plan->repeat = (uint32_t)repeat;
    return true;
}

static bool read_time(struct bench_run *run, struct error *error)
{
    struct bench_plan *plan = &run->bench.plan;
    const char *text = run->settings.text[OPT_TIME];
    struct error why;
    plan->time_ns = (plan->quick ? 20 : 300) * NS_PER_MS;
    if (text == NULL) {
        return true;
    }
    if (!duration_parse(text, &plan->time_ns, &why)) {
        return error_set(error, "--time '%.60s': %.200s", text, why.text);
    }
    return (plan->time_ns >= LEAST_TIME_NS && plan->time_ns <= MOST_TIME_NS) ||
           error_set(error, "--time '%.60s': 1ms to 10m is allowed", text);
}

/* `1,2,4` */
static bool read_cores(struct bench_run *run, struct error *error)
{
    struct bench_plan *plan = &run->bench.plan;
    const char *text = run->settings.text[OPT_CORES];
    const char *at = text;
    plan->cores = thread_core_count();
    plan->core_list[0] = plan->cores;
    plan->core_count = text == NULL;
    plan->cores_given = text != NULL;
    while (at != NULL) {
        char part[32];
        uint64_t count;
        struct error why;
        snprintf(part, sizeof part, "%.*s", (int)strcspn(at, ","), at);
        if (!count_parse(part, 1, plan->cores, &count, &why)) {
            return error_set(error, "--cores '%.60s': %.200s (this process may use %u)", text, why.text, plan->cores);
        }
        if (plan->core_count == BENCH_MOST_CORES) {
            return error_set(error, "--cores: at most %d counts", BENCH_MOST_CORES);
        }
        plan->core_list[plan->core_count++] = (uint32_t)count;
        at += strcspn(at, ",");
        at = *at == ',' ? at + 1 : NULL;
    }
    return true;
}

/* The scenarios' settings: without what the benchmark itself decides. */
static void take_settings(struct bench_run *run)
{
    struct settings *settings = &run->bench.plan.settings;
    *settings = run->settings;
    const enum option_id own[] = {OPT_REPEAT, OPT_CLOCK, OPT_EXPECT, OPT_STALL, OPT_TIMELINE};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        settings_clear(settings, own[i]);
    }
}

/* What does not go together is told before anything is measured. */
static bool check_scenarios(const struct bench_run *run, struct error *error)
{
    const struct bench_default fewest[] = {{OPT_NODES, "4"}, {OPT_DELAY, "none"}, {OPTION_COUNT, ""}};
    struct grid grid;
    if (!wants_scenarios(run)) {
        return true;
    }
    const bool right = bench_grid_make(&run->bench, fewest, &grid, error);
    grid_destroy(&grid);
    return right;
}

static bool make_plan(struct bench_run *run, struct error *error)
{
    const char *quick = run->settings.text[OPT_QUICK];
    if (quick != NULL && strcmp(quick, "on") != 0 && strcmp(quick, "off") != 0) {
        return error_set(error, "--quick '%.60s': on or off is allowed", quick);
    }
    run->bench.plan.quick = quick != NULL && strcmp(quick, "on") == 0;
    run->bench.plan.small_stacks = strcmp(run->host.sanitizer, "none") == 0;
    if (!choose_parts(run, error) || !check_options(run, error) || !read_repeat(run, error) || !read_time(run, error) ||
        !read_cores(run, error) || !delivery_plan(&run->delivery, &run->settings, FORMAT_TABLE, error)) {
        return false;
    }
    take_settings(run);
    return check_scenarios(run, error);
}

/* --- doing it ---------------------------------------------------------------------------------------------------- */

/* Where the table goes, or NULL. */
static struct output *table_of(struct bench_run *run)
{
    if (run->delivery.format == FORMAT_TABLE) {
        return &run->delivery.data;
    }
    return run->delivery.screen.file != NULL ? &run->delivery.screen : NULL;
}

static void tell(void *context, const struct bench_row *row)
{
    struct bench_run *run = context;
    struct output *table = table_of(run);
    struct error ignored; /* what cannot be written the end tells */
    progress_clear(&run->progress);
    if (table != NULL) {
        bench_table_row(table, row, run->printed ? &run->last : NULL);
        output_flush(table, &ignored);
    }
    run->last = *row;
    run->printed = true;
}

static bool measure_part(struct bench_run *run, size_t part, struct error *error)
{
    const struct bench_usage before = bench_usage_now();
    const bool done = parts[part].measure(&run->bench, error);
    const struct bench_usage usage = bench_usage_since(&before);
    if (parts[part].alone) {
        run->disturbed.user_ns += usage.user_ns + usage.system_ns;
        run->disturbed.involuntary += usage.involuntary;
    }
    return done;
}

static bool measure_parts(struct bench_run *run, struct error *error)
{
    size_t total = 0, done = 0;
    for (size_t part = 0; part < PARTS; part++) {
        total += run->wanted[part];
    }
    for (size_t part = 0; part < PARTS && !bench_was_interrupted(&run->bench); part++) {
        if (!run->wanted[part]) {
            continue;
        }
        progress_show(&run->progress, done++, total, "parts");
        if (!measure_part(run, part, error)) {
            return false;
        }
    }
    progress_clear(&run->progress);
    return true;
}

/* What one should know before trusting the figures. */
static void warn(struct bench_run *run)
{
    const struct bench_host *host = &run->host;
    struct bench_rows *rows = &run->bench.rows;
    if (strcmp(host->sanitizer, "none") != 0) {
        bench_rows_note(rows, "built with a sanitizer (%s): these figures mean nothing", host->sanitizer);
    }
    if (host->load > 0.5 * host->online) {
        bench_rows_note(rows, "the machine was busy as this began (load %.1f on %u cores): trust ratios, not figures",
                        host->load, host->online);
    }
    const double seconds = (double)run->disturbed.user_ns * 1e-9;
    if (seconds > 0.1 && (double)run->disturbed.involuntary > QUIET_SWITCHES * seconds) {
        bench_rows_note(rows,
                        "something else ran meanwhile: a thread that worked alone was interrupted %.0f times a "
                        "second",
                        (double)run->disturbed.involuntary / seconds);
    }
}

static bool open_outputs(struct bench_run *run, struct error *error)
{
    struct delivery *delivery = &run->delivery;
    if (!output_open(&delivery->data, delivery->path, error)) {
        return false;
    }
    if (delivery->in_file && delivery->table && !output_open(&delivery->screen, NULL, error)) {
        output_abandon(&delivery->data);
        return false;
    }
    struct output *table = table_of(run);
    if (table != NULL) {
        bench_table_head(table, &run->host, &run->bench.plan);
        return output_flush(table, error);
    }
    return true;
}

static bool finish(struct bench_run *run, bool partial, struct error *error)
{
    struct delivery *delivery = &run->delivery;
    struct output *table = table_of(run);
    if (table != NULL) {
        bench_table_end(table, &run->bench.rows, partial);
    }
    if (delivery->format != FORMAT_TABLE) {
        bench_data_write(&delivery->data, delivery->format, &run->host, &run->bench, partial);
    }
    bool closed = output_close(&delivery->data, error);
    if (delivery->screen.file != NULL) {
        struct error screen;
        closed = output_close(&delivery->screen, closed ? error : &screen) && closed;
    }
    return closed;
}

static int measure(struct bench_run *run)
{
    struct error error;
    if (!open_outputs(run, &error)) {
        return fail_runtime("bench", &error);
    }
    if (!measure_parts(run, &error)) {
        progress_clear(&run->progress);
        output_abandon(&run->delivery.data);
        output_abandon(&run->delivery.screen);
        return fail_runtime("bench", &error);
    }
    const bool partial = bench_was_interrupted(&run->bench);
    warn(run);
    if (!finish(run, partial, &error)) {
        return fail_runtime("bench", &error);
    }
    for (size_t i = 0; table_of(run) == NULL && !run->delivery.quiet && i < run->bench.rows.note_count; i++) {
        fprintf(stderr, "pbft bench: %s\n", run->bench.rows.notes[i]);
    }
    if (partial) {
        fprintf(stderr, "pbft bench: interrupted: partial\n");
    }
    if (!partial && run->bench.undecided > 0) {
        error_set(&error, "%u runs of cluster decided nothing, so they measured nothing; give a longer --time",
                  run->bench.undecided);
        return fail_runtime("bench", &error);
    }
    return partial ? EXIT_INTERRUPTED : EXIT_DONE;
}

static int bench_session(struct bench_run *run, int argc, char **argv)
{
    struct error error;
    bool help = false;
    if (!settings_load(&run->settings, argc - 1, argv + 1, FOR_BENCH, &help, &run->pool, &error)) {
        return fail_usage("bench", &error);
    }
    if (help) {
        return help_print("bench", FOR_BENCH);
    }
    if (!settings_draw_seed(&run->settings, &run->pool, &error)) {
        return fail_runtime("bench", &error);
    }
    bench_host_read(&run->host);
    if (!make_plan(run, &error)) {
        return fail_usage("bench", &error);
    }
    progress_start(&run->progress, !run->delivery.quiet, 0);
    run->bench.interrupted = signals_catch();
    run->bench.tell = tell;
    run->bench.context = run;
    return measure(run);
}

int bench_command(int argc, char **argv)
{
    struct bench_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        struct error error;
        error_set(&error, "out of memory");
        return fail_runtime("bench", &error);
    }
    int code = bench_session(run, argc, argv);
    bench_rows_destroy(&run->bench.rows);
    string_pool_destroy(&run->pool);
    free(run);
    return code;
}

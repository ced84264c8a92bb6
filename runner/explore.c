#include "runner/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/command_line.h"
#include "runner/delivery.h"
#include "runner/exit_code.h"
#include "runner/explore_report.h"
#include "runner/generate.h"
#include "runner/help.h"
#include "runner/option_value.h"
#include "runner/progress.h"
#include "runner/repro.h"
#include "runner/resolve.h"
#include "runner/seed.h"
#include "runner/shrink.h"
#include "runner/signals.h"
#include "runner/tasks.h"
#include "runner/twins.h"
#include "runner/version.h"
#include "runner/words.h"

#define DEFAULT_RUNS 10000
#define MOST_RUNS 1e12
#define TRIED_FIRST 1000 /* scenarios that are generated before any is run, so that what does not fit is told at once */
#define MOST_TRIES 4000  /* runs that making one smaller may take */

struct explore {
    struct settings settings;
    struct string_pool pool;
    struct space space;
    uint64_t first; /* seed */
    uint64_t runs;
    unsigned jobs;
    struct delivery delivery;
    struct campaign campaign;
    bool is_twins; /* goes through the schedules of twins; else nothing below it counts */
    struct twins twins;
    struct twins_counts counts;
    struct twin_schedule schedule;
    uint8_t table[TWINS_TABLE];
    struct progress progress;
    const atomic_int *interrupted;
    struct plan plan; /* of what was found */
    struct trial trial;
    char command[COMMAND_SIZE], small[COMMAND_SIZE], original[COMMAND_SIZE];
    char words[SCENARIO_WORDS_SIZE];
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --- options ----------------------------------------------------------------------------------------------------- */

static bool read_count(const struct settings *settings, enum option_id id, double most, uint64_t *value,
                       struct error *error)
{
    const char *text = settings->text[id];
    struct error why;
    return text == NULL || count_parse(text, 1, most, value, &why) ||
           error_set(error, "--%s '%.60s': %s", option_at(id)->name, text, why.text);
}

static bool read_own_options(struct explore *explore, struct error *error)
{
    uint64_t jobs = tasks_core_count();
    explore->runs = settings_has(&explore->settings, OPT_SHOW) ? 1 : DEFAULT_RUNS;
    if (!read_count(&explore->settings, OPT_RUNS, MOST_RUNS, &explore->runs, error) ||
        !read_count(&explore->settings, OPT_JOBS, 1024, &jobs, error) ||
        !delivery_plan(&explore->delivery, &explore->settings, FORMAT_JSON, error)) {
        return false;
    }
    if (explore->delivery.format != FORMAT_TABLE && explore->delivery.format != FORMAT_JSON) {
        return error_set(error, "--format '%.60s': table or json is allowed here",
                         settings_has(&explore->settings, OPT_FORMAT) ? explore->settings.text[OPT_FORMAT]
                                                                      : explore->delivery.path);
    }
    explore->jobs = (unsigned)jobs;
    return true;
}

/* The seed is the number of the first schedule, and all from there on are meant unless --runs says how many. */
static bool read_twins(struct explore *explore, struct error *error)
{
    struct twins *twins = &explore->twins;
    struct scenario seed;
    if (!settings_has(&explore->settings, OPT_SEED)) {
        settings_set(&explore->settings, OPT_SEED, "0", SOURCE_DRAWN);
    }
    if (!twins_make(&explore->settings, twins, error) || !scenario_read(&explore->settings, &seed, error)) {
        return false;
    }
    explore->first = seed.seed;
    if (explore->first >= twins->schedules) {
        return error_set(error, "--seed %llu: there are %llu schedules of twins, counted from 0",
                         (unsigned long long)explore->first, (unsigned long long)twins->schedules);
    }
    uint64_t left = twins->schedules - explore->first;
    bool says = settings_has(&explore->settings, OPT_RUNS);
    explore->runs = says && explore->runs < left ? explore->runs : left;
    explore->space.base.expect = seed.expect;
    return true;
}

/* What does not go together is told before anything runs. */
static bool try_generating(struct explore *explore, struct error *error)
{
    for (uint64_t i = 0; i < explore->runs && i < TRIED_FIRST; i++) {
        if (!generate(&explore->space, explore->first + i, &explore->plan, error)) {
            return false;
        }
    }
    return true;
}

static bool read_space(struct explore *explore, struct error *error)
{
    if (explore->is_twins) {
        return read_twins(explore, error);
    }
    bool right = space_read(&explore->settings, &explore->space, error);
    explore->first = explore->space.base.seed;
    return right && try_generating(explore, error);
}

/* The command that runs so many from `seed` on. */
static void campaign_command(const struct explore *explore, uint64_t seed, uint64_t runs, char text[COMMAND_SIZE])
{
    command_text(&explore->settings, "explore", COMMAND_AGAIN, seed, NULL, text);
    size_t used = strlen(text);
    snprintf(text + used, COMMAND_SIZE - used, "%s --runs %llu", explore->is_twins ? " --twins" : "",
             (unsigned long long)runs);
}

/* --- what was found ---------------------------------------------------------------------------------------------- */

static bool is_unsafe(enum finding finding)
{
    return finding == FOUND_UNSAFE;
}

/* Safety stays safety, and liveness liveness. */
static bool still_breaks(void *context, const struct plan *plan)
{
    struct explore *explore = context;
    struct error ignored;
    bool ran = trial_run(plan, explore->interrupted, &explore->trial, &ignored);
    enum finding finding = explore->trial.finding;
    trial_destroy(&explore->trial);
    return ran && finding != FOUND_NOTHING && is_unsafe(finding) == is_unsafe(explore->campaign.finding);
}

/* The scenario that broke something, as small as it gets, run once more. */
static bool gather_evidence(struct explore *explore, struct evidence *evidence, struct error *error)
{
    struct shrink shrink = {.space = &explore->space,
                            .interrupted = explore->interrupted,
                            .still = still_breaks,
                            .context = explore,
                            .most_tries = MOST_TRIES};
    if (!generate(&explore->space, explore->campaign.seed, &explore->plan, error)) {
        return false;
    }
    campaign_command(explore, explore->campaign.seed, 1, explore->original);
    uint64_t steps = shrink_plan(&shrink, &explore->plan);
    if (!trial_run(&explore->plan, NULL, &explore->trial, error)) {
        trial_destroy(&explore->trial);
        return false;
    }
    bool unsafe = is_unsafe(explore->campaign.finding);
    char path[64];
    snprintf(path, sizeof path, "explore-%llu.json", (unsigned long long)explore->campaign.seed);
    if (!repro_command(&explore->plan, unsafe ? "run" : "explore", path, "violation", explore->small, error)) {
        trial_destroy(&explore->trial);
        return false;
    }
    if (!unsafe) {
        size_t used = strlen(explore->small);
        snprintf(explore->small + used, sizeof explore->small - used, " --runs 1");
    }
    scenario_words(&explore->plan.scenario, NULL, explore->words);
    *evidence = (struct evidence){.trial = &explore->trial,
                                  .scenario = explore->words,
                                  .steps = steps,
                                  .command = explore->small,
                                  .original = explore->original};
    return true;
}

/* A schedule of twins is small as it is. */
static bool gather_twins(struct explore *explore, struct evidence *evidence, struct error *error)
{
    twins_plan(&explore->twins, explore->campaign.seed, &explore->plan, &explore->schedule, explore->table);
    if (!trial_run(&explore->plan, NULL, &explore->trial, error)) {
        trial_destroy(&explore->trial);
        return false;
    }
    twins_words(&explore->twins, explore->campaign.seed, explore->words);
    campaign_command(explore, explore->campaign.seed, 1, explore->small);
    *evidence = (struct evidence){.trial = &explore->trial, .scenario = explore->words, .command = explore->small};
    return true;
}

/* --- the campaign ------------------------------------------------------------------------------------------------ */

static void on_progress(void *context, uint64_t runs)
{
    struct explore *explore = context;
    progress_show(&explore->progress, (size_t)runs, (size_t)explore->runs,
                  explore->is_twins ? "schedules" : "scenarios");
}

static bool write_report(struct explore *explore, const struct explore_report *report, struct error *error)
{
    struct output *data = &explore->delivery.data, *screen = &explore->delivery.screen;
    if (!output_open(data, explore->delivery.path, error)) {
        return false;
    }
    if (explore->delivery.format == FORMAT_JSON) {
        explore_report_json(report, data);
    } else {
        explore_report_table(report, data);
    }
    if (!output_close(data, error)) {
        return false;
    }
    if (!explore->delivery.in_file || !explore->delivery.table) {
        return true;
    }
    if (!output_open(screen, NULL, error)) {
        return false;
    }
    explore_report_table(report, screen);
    return output_close(screen, error);
}

static int verdict(const struct explore *explore, const char *empty)
{
    unsigned expect = explore->space.base.expect;
    if (explore->campaign.end == CAMPAIGN_INTERRUPTED) {
        return EXIT_INTERRUPTED;
    }
    if (explore->campaign.end == CAMPAIGN_FOUND) {
        return (expect & EXPECT_VIOLATION) != 0 ? EXIT_DONE : EXIT_VIOLATION;
    }
    if ((expect & EXPECT_VIOLATION) == 0 && empty != NULL) {
        return EXIT_RUNTIME;
    }
    const struct coverage *coverage = &explore->campaign.coverage;
    bool not_live = (expect & EXPECT_LIVE) != 0 && coverage->saw[SAW_LIVE] < coverage->runs;
    return (expect & EXPECT_VIOLATION) != 0 || not_live ? EXIT_UNEXPECTED : EXIT_DONE;
}

static int run_campaign(struct explore *explore)
{
    struct error error;
    struct evidence evidence;
    struct explore_report report = {.settings = &explore->settings,
                                    .command = explore->command,
                                    .campaign = &explore->campaign,
                                    .twins = explore->is_twins ? &explore->twins : NULL,
                                    .counts = &explore->counts,
                                    .seed = explore->first,
                                    .runs = explore->runs,
                                    .jobs = explore->jobs};
    const struct campaign_plan plan = {.space = &explore->space,
                                       .seed = report.seed,
                                       .runs = explore->runs,
                                       .jobs = explore->jobs,
                                       .interrupted = explore->interrupted,
                                       .progress = on_progress,
                                       .context = explore};
    uint64_t start_ns = now_ns();
    progress_start(&explore->progress, !explore->delivery.quiet, 0);
    if (explore->is_twins) {
        twins_run(&explore->twins, &plan, &explore->counts, &explore->campaign, &error);
    } else {
        campaign_run(&plan, &explore->campaign, &error);
    }
    progress_clear(&explore->progress);
    report.wall_ns = now_ns() - start_ns;
    if (explore->campaign.end == CAMPAIGN_FAILED) {
        char seed[32];
        snprintf(seed, sizeof seed, "%llu", (unsigned long long)explore->campaign.seed);
        fprintf(stderr, "pbft explore: seed %s\n", seed);
        return fail_runtime("explore", &error);
    }
    bool found = explore->campaign.end == CAMPAIGN_FOUND;
    if (found && !(explore->is_twins ? gather_twins : gather_evidence)(explore, &evidence, &error)) {
        return fail_runtime("explore", &error);
    }
    report.evidence = found ? &evidence : NULL;
    report.empty = coverage_empty(&explore->campaign.coverage);
    bool written = write_report(explore, &report, &error);
    if (found) {
        trial_destroy(&explore->trial);
    }
    return written ? verdict(explore, report.empty) : fail_runtime("explore", &error);
}

static int show_scenarios(struct explore *explore)
{
    struct error error;
    struct output output;
    if (!output_open(&output, NULL, &error)) {
        return fail_runtime("explore", &error);
    }
    for (uint64_t i = 0; i < explore->runs; i++) {
        if (!generate(&explore->space, explore->first + i, &explore->plan, &error)) {
            return fail_usage("explore", &error);
        }
        char path[64];
        snprintf(path, sizeof path, "explore-%llu.json", (unsigned long long)explore->plan.scenario.seed);
        if (!repro_command(&explore->plan, "run", path, NULL, explore->small, &error)) {
            output_abandon(&output);
            return fail_runtime("explore", &error);
        }
        output_print(&output, "%s\n", explore->small);
    }
    return output_close(&output, &error) ? EXIT_DONE : fail_runtime("explore", &error);
}

static int show_twins(struct explore *explore)
{
    struct error error;
    struct output output;
    if (!output_open(&output, NULL, &error)) {
        return fail_runtime("explore", &error);
    }
    uint64_t runs = settings_has(&explore->settings, OPT_RUNS) ? explore->runs : 1;
    for (uint64_t number = explore->first; number < explore->first + runs; number++) {
        twins_words(&explore->twins, number, explore->words);
        output_print(&output, "%llu: %s\n", (unsigned long long)number, explore->words);
    }
    return output_close(&output, &error) ? EXIT_DONE : fail_runtime("explore", &error);
}

static int explore_session(struct explore *explore, int argc, char **argv)
{
    struct error error;
    bool help = false;
    if (!settings_load(&explore->settings, argc - 1, argv + 1, FOR_EXPLORE, &help, &explore->pool, &error)) {
        return fail_usage("explore", &error);
    }
    if (help) {
        return help_print("explore", FOR_EXPLORE);
    }
    explore->is_twins = settings_has(&explore->settings, OPT_TWINS);
    if (!explore->is_twins && !settings_draw_seed(&explore->settings, &explore->pool, &error)) {
        return fail_runtime("explore", &error);
    }
    if (!read_own_options(explore, &error) || !read_space(explore, &error)) {
        return fail_usage("explore", &error);
    }
    if (settings_has(&explore->settings, OPT_SHOW)) {
        return explore->is_twins ? show_twins(explore) : show_scenarios(explore);
    }
    campaign_command(explore, explore->first, explore->runs, explore->command);
    explore->interrupted = signals_catch();
    version_keep_memory();
    return run_campaign(explore);
}

int explore_command(int argc, char **argv)
{
    struct explore *explore = calloc(1, sizeof *explore);
    if (explore == NULL) {
        struct error error;
        error_set(&error, "out of memory");
        return fail_runtime("explore", &error);
    }
    int code = explore_session(explore, argc, argv);
    space_destroy(&explore->space);
    twins_destroy(&explore->twins);
    string_pool_destroy(&explore->pool);
    free(explore);
    return code;
}

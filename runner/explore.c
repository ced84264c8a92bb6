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
#include "runner/seed.h"
#include "runner/shrink.h"
#include "runner/signals.h"
#include "runner/tasks.h"
#include "runner/words.h"

#define DEFAULT_RUNS 10000
#define MOST_RUNS 1e12
#define TRIED_FIRST 1000 /* scenarios that are generated before any is run, so that what does not fit is told at once */
#define MOST_TRIES 4000  /* runs that making one smaller may take */

struct explore {
    struct settings settings;
    struct string_pool pool;
    struct space space;
    uint64_t runs;
    unsigned jobs;
    struct delivery delivery;
    struct campaign campaign;
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

/* What does not go together is told before anything runs. */
static bool try_generating(struct explore *explore, struct error *error)
{
    for (uint64_t i = 0; i < explore->runs && i < TRIED_FIRST; i++) {
        if (!generate(&explore->space, explore->space.base.seed + i, &explore->plan, error)) {
            return false;
        }
    }
    return true;
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
    snprintf(explore->original, sizeof explore->original, "%s", explore->command);
    command_text(&explore->settings, "explore", COMMAND_AGAIN, explore->campaign.seed, NULL, explore->original);
    size_t used = strlen(explore->original);
    snprintf(explore->original + used, sizeof explore->original - used, " --runs 1");
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
        used = strlen(explore->small);
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

/* --- the campaign ------------------------------------------------------------------------------------------------ */

static void on_progress(void *context, uint64_t runs)
{
    struct explore *explore = context;
    progress_show(&explore->progress, (size_t)runs, (size_t)explore->runs, "scenarios");
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
    return (expect & EXPECT_VIOLATION) != 0 ? EXIT_UNEXPECTED : empty != NULL ? EXIT_RUNTIME : EXIT_DONE;
}

static int run_campaign(struct explore *explore)
{
    struct error error;
    struct evidence evidence;
    struct explore_report report = {.settings = &explore->settings,
                                    .command = explore->command,
                                    .campaign = &explore->campaign,
                                    .seed = explore->space.base.seed,
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
    campaign_run(&plan, &explore->campaign, &error);
    progress_clear(&explore->progress);
    report.wall_ns = now_ns() - start_ns;
    if (explore->campaign.end == CAMPAIGN_FAILED) {
        char seed[32];
        snprintf(seed, sizeof seed, "%llu", (unsigned long long)explore->campaign.seed);
        fprintf(stderr, "pbft explore: seed %s\n", seed);
        return fail_runtime("explore", &error);
    }
    bool found = explore->campaign.end == CAMPAIGN_FOUND;
    if (found && !gather_evidence(explore, &evidence, &error)) {
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
        if (!generate(&explore->space, explore->space.base.seed + i, &explore->plan, &error)) {
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
    if (!settings_draw_seed(&explore->settings, &explore->pool, &error)) {
        return fail_runtime("explore", &error);
    }
    if (!read_own_options(explore, &error) || !space_read(&explore->settings, &explore->space, &error) ||
        !try_generating(explore, &error)) {
        return fail_usage("explore", &error);
    }
    if (settings_has(&explore->settings, OPT_SHOW)) {
        return show_scenarios(explore);
    }
    command_text(&explore->settings, "explore", COMMAND_AGAIN, explore->space.base.seed, NULL, explore->command);
    size_t used = strlen(explore->command);
    snprintf(explore->command + used, sizeof explore->command - used, " --runs %llu",
             (unsigned long long)explore->runs);
    explore->interrupted = signals_catch();
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
    string_pool_destroy(&explore->pool);
    free(explore);
    return code;
}

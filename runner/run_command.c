#include "runner/run_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/command_line.h"
#include "runner/delivery.h"
#include "runner/exit_code.h"
#include "runner/grid.h"
#include "runner/help.h"
#include "runner/notes.h"
#include "runner/progress.h"
#include "runner/record.h"
#include "runner/replay.h"
#include "runner/resolve.h"
#include "runner/run.h"
#include "runner/seed.h"
#include "runner/signals.h"
#include "runner/version.h"
#include "runner/words.h"

struct session {
    struct settings settings;
    struct string_pool pool;
    struct scenario scenario;
    struct delivery delivery;
    struct columns columns;
    struct report_head head;
    struct progress progress;
    struct summary sum, alone;
    struct run_result result;
    struct record record;    /* of --record, or for --trace */
    struct replay_view view; /* of --trace */
    struct error unrecorded; /* why the recording could not be written */
    bool lost;               /* it could not */
    char command[COMMAND_SIZE], single[COMMAND_SIZE];
    const atomic_int *interrupted;
    bool partial;
};

static bool was_interrupted(const struct session *session)
{
    return atomic_load_explicit(session->interrupted, memory_order_relaxed) != 0;
}

/* A picture is drawn from a recording. */
static bool is_recorded(const struct session *session)
{
    return settings_has(&session->settings, OPT_RECORD) || session->view.trace_path != NULL;
}

/* One repetition, reported. False with a sentence if it could not be run or told. */
static bool run_one(struct session *session, uint32_t index, struct error *error)
{
    struct run_result *result = &session->result;
    uint64_t seed = session->scenario.seed + index;
    const struct run_plan plan = {
        .scenario = &session->scenario,
        .index = index,
        .interrupted = session->interrupted,
        .recording = is_recorded(session) ? &session->record.recording : NULL,
    };
    if (!run_planned(&plan, result, error)) {
        return false;
    }
    session->lost = is_recorded(session) && !record_end(&session->record, result, &session->unrecorded);
    command_text(&session->settings, "run", COMMAND_SINGLE_RUN, seed, NULL, session->single);
    bool partial = result->end == END_INTERRUPTED;
    summary_reset(&session->alone);
    summary_add(&session->alone, &session->scenario, index, result);
    if (!partial) {
        summary_add(&session->sum, &session->scenario, index, result);
    }
    session->partial = session->partial || partial;
    struct report_run run = {
        .index = index, .result = result, .alone = &session->alone, .command = session->single, .partial = partial};
    progress_clear(&session->progress);
    return delivery_run(&session->delivery, &run, error) && result_is_sound(result, session->single, error);
}

static bool run_all(struct session *session, struct error *error)
{
    uint32_t repeat = session->scenario.repeat;
    for (uint32_t index = 0; index < repeat && !session->partial; index++) {
        if (was_interrupted(session)) {
            session->partial = true;
            break;
        }
        if (repeat > 1) {
            progress_show(&session->progress, index, repeat, "runs");
        }
        bool done = run_one(session, index, error);
        run_result_destroy(&session->result);
        if (!done) {
            return false;
        }
    }
    progress_clear(&session->progress);
    return true;
}

static int verdict(const struct session *session)
{
    const struct summary *sum = &session->sum;
    unsigned expect = session->scenario.expect;
    if (session->partial) {
        return EXIT_INTERRUPTED;
    }
    if (sum->safe < sum->runs && (expect & EXPECT_VIOLATION) == 0) {
        return EXIT_VIOLATION;
    }
    return expectation_met(expect, sum) ? EXIT_DONE : EXIT_UNEXPECTED;
}

static bool plan_recording(struct session *session, struct error *error)
{
    if (!replay_view_plan(&session->view, &session->settings, error)) {
        return false;
    }
    if (is_recorded(session) && session->scenario.repeat > 1) {
        return error_set(error, "--%s takes one run, not --repeat %u: the run with seed S + r alone is --seed S+r",
                         settings_has(&session->settings, OPT_RECORD) ? "record" : "trace", session->scenario.repeat);
    }
    return true;
}

/* What the run leaves behind besides its results, which are told already, whatever comes of this. */
static bool keep_recording(struct session *session, struct error *error)
{
    if (session->lost) {
        *error = session->unrecorded;
        return false;
    }
    return session->view.trace_path == NULL ||
           replay_draw(&session->record, session->scenario.plugin_paths, &session->view,
                       session->partial ? NULL : session->interrupted, error);
}

static bool run_and_tell(struct session *session, struct error *error)
{
    const struct scenario *scenario = &session->scenario;
    if (session->view.trace_path != NULL && !output_may_open(session->view.trace_path, error)) {
        return false;
    }
    if (is_recorded(session) && !record_begin(&session->record, session->settings.text[OPT_RECORD], scenario, error)) {
        return false;
    }
    if (!delivery_open(&session->delivery, &session->head, error) || !delivery_begin(&session->delivery, error) ||
        !run_all(session, error)) {
        delivery_abandon(&session->delivery);
        return false;
    }
    struct report_tail tail = {.summary = &session->sum, .partial = session->partial};
    return delivery_end(&session->delivery, &tail, error);
}

static int report(struct session *session)
{
    struct error error;
    session->head = (struct report_head){.settings = &session->settings,
                                         .scenario = &session->scenario,
                                         .columns = &session->columns,
                                         .host = session->scenario.clock == CLOCK_REAL,
                                         .command = session->command};
    columns_of_runs(&session->columns, session->head.host);
    bool done = run_and_tell(session, &error) && keep_recording(session, &error);
    record_abandon(&session->record);
    if (!done) {
        return fail_runtime("run", &error);
    }
    if (session->partial) {
        fprintf(stderr, "pbft run: interrupted: partial, %llu of %u runs finished\n",
                (unsigned long long)session->sum.runs, session->scenario.repeat);
    }
    if (!session->delivery.table && !session->delivery.quiet) {
        const struct notes notes = notes_of(&session->sum);
        notes_print(&notes);
    }
    return verdict(session);
}

static int run_session(struct session *session, int argc, char **argv)
{
    struct error error;
    bool help = false;
    if (!settings_load(&session->settings, argc - 1, argv + 1, FOR_RUN, &help, &session->pool, &error)) {
        return fail_usage("run", &error);
    }
    if (help) {
        return help_print("run", FOR_RUN);
    }
    if (!settings_draw_seed(&session->settings, &session->pool, &error)) {
        return fail_runtime("run", &error);
    }
    if (!settings_are_single(&session->settings, &error) ||
        !scenario_resolve(&session->settings, &session->scenario, &error) ||
        !settings_check_meaning(&session->settings, session->scenario.clock == CLOCK_REAL, &error) ||
        !plan_recording(session, &error) ||
        !delivery_plan(&session->delivery, &session->settings, FORMAT_TABLE, &error)) {
        return fail_usage("run", &error);
    }
    command_text(&session->settings, "run", COMMAND_AGAIN, session->scenario.seed, NULL, session->command);
    summary_reset(&session->sum);
    progress_start(&session->progress, !session->delivery.quiet, 0);
    if (session->scenario.repeat > 1) {
        version_keep_memory();
    }
    session->interrupted = signals_catch();
    return report(session);
}

int run_command(int argc, char **argv)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        struct error error;
        error_set(&error, "out of memory");
        return fail_runtime("run", &error);
    }
    int code = run_session(session, argc, argv);
    string_pool_destroy(&session->pool);
    free(session);
    return code;
}

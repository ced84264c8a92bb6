#include "runner/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/delivery.h"
#include "runner/exit_code.h"
#include "runner/help.h"
#include "runner/notes.h"
#include "runner/option_value.h"
#include "runner/signals.h"
#include "runner/words.h"

struct session {
    struct settings asked; /* of the command line */
    struct replay_source source;
    struct replay_view view;
    struct delivery delivery;
    struct columns columns;
    struct report_head head;
    struct replay_report outcome;
    struct summary sum;
    struct run_result result;
    unsigned expect;
    char command[COMMAND_SIZE];
    char difference[512];
    const atomic_int *interrupted;
};

static int verdict(const struct session *session)
{
    if (!session->outcome.same) {
        fprintf(stderr, "pbft replay: the run did not come to what was recorded: %s\n", session->difference);
        return EXIT_RUNTIME;
    }
    if (!session->result.safe && (session->expect & EXPECT_VIOLATION) == 0) {
        return EXIT_VIOLATION;
    }
    return expectation_met(session->expect, &session->sum) ? EXIT_DONE : EXIT_UNEXPECTED;
}

static bool tell(struct session *session, struct error *error)
{
    summary_reset(&session->sum);
    summary_add(&session->sum, &session->source.scenario, 0, &session->result);
    const struct report_run run = {
        .result = &session->result,
        .alone = &session->sum,
        .command = session->command,
        .partial = session->result.end == END_INTERRUPTED,
    };
    const struct report_tail tail = {.summary = &session->sum, .replay = &session->outcome};
    return delivery_begin(&session->delivery, error) && delivery_run(&session->delivery, &run, error) &&
           delivery_end(&session->delivery, &tail, error);
}

static int ended_early(struct session *session, enum replay_end end, struct error *error)
{
    if (end == REPLAY_STOPPED && session->view.quit) {
        replay_view_close(&session->view, error);
        return EXIT_DONE;
    }
    replay_view_abandon(&session->view);
    if (end == REPLAY_INTERRUPTED) {
        fprintf(stderr, "pbft replay: interrupted\n");
        return EXIT_INTERRUPTED;
    }
    if (end == REPLAY_STOPPED && !output_flush(&session->view.screen, error)) {
        return fail_runtime("replay", error);
    }
    if (end == REPLAY_DIFFERENT && strcmp(session->source.program, "pbft " PBFT_VERSION) != 0) {
        fprintf(stderr, "pbft replay: recorded by %s, replayed by pbft " PBFT_VERSION "\n", session->source.program);
    }
    return fail_runtime("replay", error);
}

static int replay_session(struct session *session)
{
    struct error error;
    const struct scenario *scenario = &session->source.scenario;
    struct run_replay replay = {.recorded = &session->source.recorded,
                                .facts = session->source.facts,
                                .observer = replay_view_observer(&session->view),
                                .end = REPLAY_SAME};
    const struct run_plan plan = {.scenario = scenario, .interrupted = session->interrupted, .replay = &replay};
    if (!run_planned(&plan, &session->result, &error)) {
        return ended_early(session, replay.end, &error);
    }
    session->outcome.same = replay_agrees(&session->source, &session->result, session->difference,
                                          sizeof session->difference);
    session->outcome.difference = session->outcome.same ? NULL : session->difference;
    session->outcome.events = session->result.events;
    columns_of_runs(&session->columns, false);
    session->head = (struct report_head){.settings = &session->source.settings,
                                         .scenario = scenario,
                                         .columns = &session->columns,
                                         .command = session->command};
    if (!replay_view_close(&session->view, &error) || !delivery_open(&session->delivery, &session->head, &error)) {
        return fail_runtime("replay", &error);
    }
    if (!tell(session, &error)) {
        delivery_abandon(&session->delivery);
        return fail_runtime("replay", &error);
    }
    return verdict(session);
}

static bool read_expect(struct session *session, struct error *error)
{
    struct scenario scratch = {0};
    if (settings_has(&session->asked, OPT_EXPECT) &&
        !option_read(OPT_EXPECT, session->asked.text[OPT_EXPECT], &scratch, error)) {
        return false;
    }
    session->expect = scratch.expect;
    return true;
}

static int plan_session(struct session *session, int argc, char **argv)
{
    struct error error;
    bool help = false;
    if (!settings_parse(&session->asked, argc - 1, argv + 1, FOR_REPLAY, &help, &error)) {
        return fail_usage("replay", &error);
    }
    if (help) {
        return help_print("replay", FOR_REPLAY);
    }
    if (session->asked.file_count != 1) {
        error_set(&error, session->asked.file_count == 0 ? "the FILE that run --record has written is missing"
                                                         : "one FILE is allowed");
        return fail_usage("replay", &error);
    }
    if (!replay_view_plan(&session->view, &session->asked, &error) || !read_expect(session, &error) ||
        !delivery_plan(&session->delivery, &session->asked, FORMAT_TABLE, &error)) {
        return fail_usage("replay", &error);
    }
    const bool printed = session->view.print || session->view.step;
    if (printed && !session->delivery.in_file && session->delivery.format != FORMAT_TABLE) {
        error_set(&error, "--print and --format %s both write to standard output; -o FILE takes the latter",
                  session->asked.text[OPT_FORMAT]);
        return fail_usage("replay", &error);
    }
    const char *path = session->asked.files[0];
    snprintf(session->command, sizeof session->command, "pbft replay %s", path);
    session->source.plugins = session->asked.text[OPT_BEHAVIOR_PLUGIN];
    if (!replay_source_open(&session->source, path, &error)) {
        return fail_runtime("replay", &error);
    }
    if (!replay_view_open(&session->view, &session->source.scenario, &error)) {
        return fail_usage("replay", &error);
    }
    session->outcome.recording = path;
    session->interrupted = signals_catch();
    return replay_session(session);
}

int replay_command(int argc, char **argv)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        struct error error;
        error_set(&error, "out of memory");
        return fail_runtime("replay", &error);
    }
    session->source.recorded.file = -1;
    int code = plan_session(session, argc, argv);
    run_result_destroy(&session->result);
    replay_source_close(&session->source);
    free(session);
    return code;
}

/* --- for `run --trace` ------------------------------------------------------------------------------------------- */

static bool draw(const struct replay_source *source, struct replay_view *view, const atomic_int *interrupted,
                 struct error *error)
{
    struct run_replay replay = {
        .recorded = &source->recorded, .facts = source->facts, .observer = replay_view_observer(view)};
    const struct run_plan plan = {.scenario = &source->scenario, .interrupted = interrupted, .replay = &replay};
    struct run_result *result = calloc(1, sizeof *result);
    bool drawn = result != NULL ? run_planned(&plan, result, error) : error_set(error, "out of memory");
    if (result != NULL) {
        run_result_destroy(result);
    }
    free(result);
    if (!drawn && replay.end == REPLAY_INTERRUPTED) {
        error_set(error, "interrupted before the run was drawn");
    }
    return drawn && replay_view_close(view, error);
}

bool replay_draw(const struct record *record, const char *plugins, struct replay_view *view,
                 const atomic_int *interrupted, struct error *error)
{
    struct replay_source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return error_set(error, "out of memory");
    }
    source->plugins = plugins;
    bool drawn = record->path != NULL
                     ? replay_source_open(source, record->path, error)
                     : replay_source_read(source, fileno(record->output.file), "the run's recording", error);
    drawn = drawn && replay_view_open(view, &source->scenario, error) && draw(source, view, interrupted, error);
    if (!drawn) {
        replay_view_abandon(view);
    }
    replay_source_close(source);
    free(source);
    return drawn;
}

/* Recordings as the runner knows them: a run's scenario in front, what came of it behind (both JSON), the steps between
 * (net/recording.h). One thread.
 *
 *     front    { "schema", "program", "config": {..as in a run's output..} }
 *     behind   { "schema", "end", "result": {..as in a run's output, without host..} } */
#ifndef PBFT_RUNNER_RECORD_H
#define PBFT_RUNNER_RECORD_H

#include "net/recorded.h"
#include "net/recording.h"
#include "runner/output.h"
#include "runner/result_json.h"
#include "runner/run.h"
#include "runner/settings.h"

/* A recording that is being made. Starts from {0}. */
struct record {
    struct output output; /* `file` NULL: none */
    const char *path;     /* borrowed; NULL: of a file without a name */
    struct recording recording;
};

/* To `path`; NULL: to a file that has no name and goes away, for a picture of a run. False with a sentence. */
bool record_begin(struct record *record, const char *path, const struct scenario *scenario, struct error *error);
/* The run took place: completes the file, and closes it if it has a name. False with a sentence; the file is then as it
 * was before. */
bool record_end(struct record *record, const struct run_result *result, struct error *error);
/* Closes, and leaves a file that is not complete as it was before. Also on one that never began. */
void record_abandon(struct record *record);

/* A recording that was opened, with its scenario. */
struct replay_source {
    const char *plugins; /* what --behavior-plugin says, or NULL; set before opening. A recording names files, but only
                            its reader may say that code is to be loaded from them. */
    struct recorded recorded;
    struct settings settings;
    struct string_pool pool;
    struct scenario scenario;
    struct run_facts facts;
    json_t *result; /* as recorded */
    char program[32];
};

/* Reads and checks everything. False with a sentence that names the file, and where it is wrong. Release with
 * replay_source_close(), also then. */
bool replay_source_open(struct replay_source *source, const char *path, struct error *error);
/* The same for a file that is open, and stays so. */
bool replay_source_read(struct replay_source *source, int file, const char *name, struct error *error);
void replay_source_close(struct replay_source *source);

/* Whether a run came to what was recorded, in all but the host; otherwise `difference` says where first it did not, and
 * what both say. */
bool replay_agrees(const struct replay_source *source, const struct run_result *result, char *difference, size_t size);

#endif

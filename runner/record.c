#include "runner/record.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/config_json.h"
#include "runner/resolve.h"

static const char *const end_words[] = {
    [END_FINISHED] = "finished",       [END_DEADLINE] = "deadline", [END_STALLED] = "stalled",
    [END_INTERRUPTED] = "interrupted", [END_QUIET] = "quiet",
};
#define ENDS (sizeof end_words / sizeof *end_words)

/* --- making one -------------------------------------------------------------------------------------------------- */

static char *front_text(const struct scenario *scenario)
{
    json_t *front = json_object();
    json_object_set_new(front, "schema", json_integer(RESULT_SCHEMA));
    json_object_set_new(front, "program", json_string("pbft " PBFT_VERSION));
    json_object_set_new(front, "config", config_json(scenario));
    char *text = json_dumps(front, RESULT_JSON_FLAGS);
    json_decref(front);
    return text;
}

static json_t *recorded_result(const struct run_result *result)
{
    json_t *json = result_json(result, "", result->end == END_INTERRUPTED);
    json_object_del(json, "host");
    return json;
}

static char *back_text(const struct run_result *result)
{
    json_t *back = json_object();
    json_object_set_new(back, "schema", json_integer(RESULT_SCHEMA));
    json_object_set_new(back, "end", json_string(end_words[result->end]));
    json_object_set_new(back, "result", recorded_result(result));
    char *text = json_dumps(back, RESULT_JSON_FLAGS);
    json_decref(back);
    return text;
}

static bool open_file(struct record *record, const char *path, struct error *error)
{
    if (path == NULL) {
        record->output = (struct output){.name = "the run's recording", .file = tmpfile()};
        return record->output.file != NULL ||
               error_set(error, "cannot make a temporary file for the run's recording: %s", strerror(errno));
    }
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return error_set(error, "--record '%.200s': a regular file is allowed", path);
    }
    return output_open(&record->output, path, error);
}

bool record_begin(struct record *record, const char *path, const struct scenario *scenario, struct error *error)
{
    *record = (struct record){.path = path};
    char *text = front_text(scenario);
    bool begun = text != NULL ? open_file(record, path, error) : error_set(error, "out of memory");
    begun = begun && recording_create(&record->recording, fileno(record->output.file), text, strlen(text), error);
    free(text);
    if (!begun) {
        record_abandon(record);
    }
    return begun;
}

bool record_end(struct record *record, const struct run_result *result, struct error *error)
{
    char *text = back_text(result);
    struct error why;
    bool whole = text != NULL ? recording_finish(&record->recording, text, strlen(text), &why)
                              : error_set(&why, "out of memory");
    free(text);
    if (!whole) {
        error_set(error, "%.200s: %.250s; what came of the run is not lost by that", record->output.name, why.text);
        record_abandon(record);
        return false;
    }
    recording_destroy(&record->recording);
    return record->path == NULL || output_close(&record->output, error);
}

void record_abandon(struct record *record)
{
    recording_destroy(&record->recording);
    if (record->output.file != NULL) {
        output_abandon(&record->output);
    }
}

/* --- reading one ------------------------------------------------------------------------------------------------- */

static bool wrong(const struct replay_source *source, const char *what, struct error *error)
{
    return error_set(error, "%.200s: %s", source->recorded.name, what);
}

/* Puts the shared objects that the reader trusts in the place of those that were there when it was recorded. */
static bool trust_plugins(const struct replay_source *source, json_t *config, struct error *error)
{
    const char *recorded = json_string_value(json_object_get(config, "behavior_plugin"));
    if (recorded == NULL) {
        return true;
    }
    if (source->plugins == NULL) {
        return error_set(error,
                         "%.200s: behaviours of '%.200s' took part; if you trust it, or have the like, name it with "
                         "--behavior-plugin",
                         source->recorded.name, recorded);
    }
    json_object_set_new(config, "behavior_plugin", json_string(source->plugins));
    return true;
}

static bool read_front(struct replay_source *source, struct error *error)
{
    const struct recorded *recorded = &source->recorded;
    json_t *front = strlen(recorded->header) == recorded->header_size ? json_loads(recorded->header, 0, NULL) : NULL;
    const char *program = json_string_value(json_object_get(front, "program"));
    bool right = program != NULL && json_is_object(json_object_get(front, "config"));
    if (right && !trust_plugins(source, json_object_get(front, "config"), error)) {
        right = false;
    } else if (right) {
        source->settings.matrices = &source->pool.matrices;
        string_pool_lend(&source->pool, &source->settings);
        snprintf(source->program, sizeof source->program, "%s", program);
        json_t *config = json_pack("{s:i, s:O}", "schema", RESULT_SCHEMA, "config", json_object_get(front, "config"));
        char *text = json_dumps(config, RESULT_JSON_FLAGS);
        right = text != NULL && config_json_read(recorded->name, text, &source->settings, &source->pool, error) &&
                scenario_resolve(&source->settings, &source->scenario, error);
        free(text);
        json_decref(config);
    } else {
        wrong(source, "byte 16: the recording's scenario is not there", error);
    }
    json_decref(front);
    return right;
}

static bool take_integer(const json_t *object, const char *key, uint64_t *value)
{
    const json_t *integer = json_object_get(object, key);
    *value = (uint64_t)json_integer_value(integer);
    return json_is_integer(integer) && json_integer_value(integer) >= 0;
}

/* What a schedule did is only there if it had something to do it. */
static void read_schedule(struct schedule_result *schedule, const json_t *faults)
{
    schedule->partitions = take_integer(faults, "partition", &schedule->effect.lost);
    schedule->rules = take_integer(faults, "link_rule", &schedule->effect.ruled);
}

static bool read_facts(struct replay_source *source, const json_t *back)
{
    read_schedule(&source->facts.schedule, json_object_get(source->result, "faults"));
    const char *end = json_string_value(json_object_get(back, "end"));
    const json_t *messages = json_object_get(source->result, "messages");
    unsigned i = 0;
    while (end != NULL && i < ENDS && strcmp(end, end_words[i]) != 0) {
        i++;
    }
    source->facts.end = (enum driver_end)i;
    return end != NULL && i < ENDS && take_integer(source->result, "elapsed_ns", &source->facts.elapsed_ns) &&
           take_integer(messages, "duplicated", &source->facts.duplicated) &&
           take_integer(messages, "dropped", &source->facts.dropped) &&
           take_integer(messages, "discarded", &source->facts.discarded);
}

static bool read_back(struct replay_source *source, struct error *error)
{
    const struct recorded *recorded = &source->recorded;
    json_t *back = strlen(recorded->footer) == recorded->footer_size ? json_loads(recorded->footer, 0, NULL) : NULL;
    source->result = json_incref(json_object_get(back, "result"));
    bool right = json_is_object(source->result) && read_facts(source, back);
    json_decref(back);
    return right || wrong(source, "what came of the recorded run is not at its end", error);
}

bool replay_source_read(struct replay_source *source, int file, const char *name, struct error *error)
{
    *source = (struct replay_source){.plugins = source->plugins};
    return recorded_read(&source->recorded, file, name, error) && read_front(source, error) && read_back(source, error);
}

bool replay_source_open(struct replay_source *source, const char *path, struct error *error)
{
    *source = (struct replay_source){.plugins = source->plugins};
    return recorded_open(&source->recorded, path, error) && read_front(source, error) && read_back(source, error);
}

void replay_source_close(struct replay_source *source)
{
    recorded_close(&source->recorded);
    string_pool_destroy(&source->pool);
    json_decref(source->result);
    source->result = NULL;
}

/* --- comparing --------------------------------------------------------------------------------------------------- */

/* Where two values differ: the path from the root, and what both say. */
struct comparison {
    char path[256];
    size_t used;
    char *difference;
    size_t size;
};

static bool tell(const struct comparison *comparison, const json_t *recorded, const json_t *replayed)
{
    char *one = json_dumps(recorded, JSON_ENCODE_ANY | RESULT_JSON_FLAGS);
    char *other = json_dumps(replayed, JSON_ENCODE_ANY | RESULT_JSON_FLAGS);
    snprintf(comparison->difference, comparison->size, "%s: recorded %.80s, replayed %.80s", comparison->path,
             one == NULL ? "nothing" : one, other == NULL ? "nothing" : other);
    free(one);
    free(other);
    return false;
}

static bool same(struct comparison *comparison, const json_t *recorded, const json_t *replayed);

static bool same_at(struct comparison *comparison, const char *key, size_t place, const json_t *recorded,
                    const json_t *replayed)
{
    size_t used = comparison->used;
    size_t room = sizeof comparison->path - used;
    int size = key != NULL ? snprintf(comparison->path + used, room, "%s%s", used > 0 ? "." : "", key)
                           : snprintf(comparison->path + used, room, "[%zu]", place);
    comparison->used = used + ((size_t)size < room ? (size_t)size : room - 1);
    bool is_same = same(comparison, recorded, replayed);
    comparison->used = used;
    comparison->path[used] = '\0';
    return is_same;
}

/* Means are sums of reals, and their last digits depend on the order in which journals were read. */
static bool same_but_for_rounding(const struct comparison *comparison, const json_t *recorded, const json_t *replayed)
{
    static const char *const rounded[] = {".mean", ".mean_ci95", ".sd"};
    const double difference = fabs(json_number_value(recorded) - json_number_value(replayed));
    for (size_t i = 0; i < sizeof rounded / sizeof *rounded; i++) {
        const size_t size = strlen(rounded[i]);
        if (comparison->used >= size && strcmp(comparison->path + comparison->used - size, rounded[i]) == 0) {
            return json_is_number(recorded) && json_is_number(replayed) &&
                   difference <= 1 + 1e-9 * json_number_value(recorded);
        }
    }
    return false;
}

static bool same(struct comparison *comparison, const json_t *recorded, const json_t *replayed)
{
    if (json_equal(recorded, replayed) || same_but_for_rounding(comparison, recorded, replayed)) {
        return true;
    }
    if (json_is_object(recorded) && json_is_object(replayed)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)recorded, key, value)
        {
            if (!same_at(comparison, key, 0, value, json_object_get(replayed, key))) {
                return false;
            }
        }
        if (json_object_size(recorded) == json_object_size(replayed)) {
            return true; /* each part but for rounding */
        }
    } else if (json_is_array(recorded) && json_array_size(recorded) == json_array_size(replayed)) {
        for (size_t i = 0; i < json_array_size(recorded); i++) {
            if (!same_at(comparison, NULL, i, json_array_get(recorded, i), json_array_get(replayed, i))) {
                return false;
            }
        }
        return true;
    }
    return tell(comparison, recorded, replayed);
}

bool replay_agrees(const struct replay_source *source, const struct run_result *result, char *difference, size_t size)
{
    json_t *json = recorded_result(result);
    char *text = json_dumps(json, RESULT_JSON_FLAGS); /* as it was written, so that reals are rounded alike */
    json_t *replayed = text == NULL ? NULL : json_loads(text, 0, NULL);
    struct comparison comparison = {.difference = difference, .size = size};
    bool agrees = same(&comparison, source->result, replayed);
    free(text);
    json_decref(json);
    json_decref(replayed);
    return agrees;
}

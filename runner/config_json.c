#include "runner/config_json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/json_place.h"
#include "runner/network_value.h"
#include "runner/option_value.h"
#include "runner/resolve.h"
#include "runner/schedule_file.h"

#define MOST_BYTES (256u << 20) /* a run's own output is taken too; this is far above one of 10,000 replicas */

static json_t *ids_json(const struct scenario *scenario)
{
    if (!scenario->byzantine_ids_given) {
        return json_null();
    }
    json_t *ids = json_array();
    for (uint32_t i = 0; i < scenario->byzantine; i++) {
        json_array_append_new(ids, json_integer(scenario->byzantine_ids[i]));
    }
    return ids;
}

static json_t *regions_json(const struct scenario *scenario)
{
    const char *names = scenario->region_names;
    char name[LATENCY_NAME_SIZE];
    json_t *regions = json_array();
    while (regions_next(&names, name, sizeof name)) {
        json_array_append_new(regions, json_string(name));
    }
    return regions;
}

static json_t *text_json(enum option_id id, const struct scenario *scenario)
{
    char text[OPTION_TEXT_SIZE];
    option_write(id, scenario, text);
    return text[0] == '\0' ? json_null() : json_string(text);
}

json_t *config_json_value(enum option_id id, const struct scenario *scenario)
{
    if (id == OPT_BEHAVIOR_PLUGIN && scenario->plugin_paths == NULL) {
        return json_null();
    }
    if (id == OPT_SCHEDULE) {
        return scenario->schedule == NULL ? json_null() : schedule_json(scenario->schedule);
    }
    if (option_is_off(id, scenario)) {
        return json_null();
    }
    switch (option_at(id)->type) {
    case OPTION_FLAG:
        return json_boolean(option_integer(id, scenario) != 0);
    case OPTION_COUNT32:
    case OPTION_COUNT64:
    case OPTION_DURATION:
    case OPTION_RATE:
        return json_integer((json_int_t)option_integer(id, scenario));
    case OPTION_SHARE:
    case OPTION_NUMBER:
        return json_real(option_real(id, scenario));
    case OPTION_IDS:
        return ids_json(scenario);
    case OPTION_MATRIX:
        return scenario->placement.matrix == NULL ? json_null() : matrix_json(scenario->placement.matrix);
    case OPTION_REGIONS:
        return scenario->placement.matrix == NULL ? json_null() : regions_json(scenario);
    default:
        return text_json(id, scenario);
    }
}

json_t *config_json(const struct scenario *scenario)
{
    json_t *config = json_object();
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        if (option_at(id)->scenario) {
            char key[OPTION_KEY_SIZE];
            option_key(id, key);
            json_object_set_new(config, key, config_json_value(id, scenario));
        }
    }
    return config;
}

/* A file's text while it is being read. */
struct source {
    const char *path;
    const char *text;
    bool is_output; /* a run's output: the options are in its `config` */
    bool is_grid;   /* a sweep's output: several values of some of them beside it */
    struct settings *settings;
    struct string_pool *pool;
    const struct plugin_set *plugins; /* that it names itself */
};

static bool read_file(const char *path, char **text, struct error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return error_set(error, "--config: cannot read '%.200s': %s", path, strerror(errno));
    }
    size_t size = 0;
    size_t room = 1u << 16;
    char *bytes = malloc(room);
    while (bytes != NULL && size < MOST_BYTES) {
        size_t got = fread(bytes + size, 1, room - size - 1, file);
        size += got;
        if (got == 0) {
            break;
        }
        if (size + 1 == room) {
            char *more = realloc(bytes, room *= 2);
            bytes = more == NULL ? (free(bytes), NULL) : more;
        }
    }
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    if (bytes == NULL || failed || size >= MOST_BYTES) {
        free(bytes);
        return error_set(error, "--config: cannot read '%.200s': %s", path,
                         failed ? strerror(why) : "it is larger than 256 MiB");
    }
    bytes[size] = '\0';
    *text = bytes;
    return true;
}

static const struct json_place whole = {.parent = NULL};
static const struct json_place config_of_output = {.parent = &whole, .key = "config"};

static struct json_place place_of(const struct source *source, const char *key)
{
    bool in_config = source->is_output && strcmp(key, "config") != 0 && strcmp(key, "schema") != 0;
    return (struct json_place){.parent = in_config ? &config_of_output : &whole, .key = key};
}

static bool key_error(const struct source *source, const char *key, const char *what, struct error *error)
{
    unsigned line;
    unsigned column;
    struct json_place place = place_of(source, key);
    json_line_column(source->text, json_key(source->text, &place), &line, &column);
    return error_set(error, "%.200s: line %u, column %u: \"%.60s\": %s", source->path, line, column, key, what);
}

/* A schedule within the file, as it is written there, so that what is wrong in it can be told by its place. */
static void take_schedule(const struct source *source, const char *key)
{
    unsigned line;
    unsigned column;
    struct json_place place = place_of(source, key);
    const char *begin = json_begin(source->text, &place);
    size_t size = (size_t)(json_end(begin) - begin);
    char *text = strndup(begin, size);
    if (text == NULL) {
        abort();
    }
    json_line_column(source->text, begin, &line, &column);
    schedule_library_quote(source->settings->schedules, text, source->path, line, column);
    settings_set(source->settings, OPT_SCHEDULE, string_pool_add(source->pool, text), SOURCE_CONFIG);
    free(text);
}

static bool ids_text(const json_t *ids, char *text)
{
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        if (!json_is_integer(id) || json_integer_value(id) < 0 || used + 32 > OPTION_TEXT_SIZE) {
            return false;
        }
        used += (size_t)snprintf(text + used, OPTION_TEXT_SIZE - used, "%s%lld", i == 0 ? "" : ",",
                                 (long long)json_integer_value(id));
    }
    return used > 0;
}

static bool regions_text(const json_t *regions, char *text)
{
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(regions); i++) {
        const char *name = json_string_value(json_array_get(regions, i));
        if (name == NULL || !latency_name_is_good(name) || used + LATENCY_NAME_SIZE > OPTION_TEXT_SIZE) {
            return false;
        }
        used += (size_t)snprintf(text + used, OPTION_TEXT_SIZE - used, "%s%s", i == 0 ? "" : ",", name);
    }
    return used > 0;
}

/* The value as the command line would have it. False if its type is wrong; `*wanted` says what is right. */
static bool value_text(enum option_id id, const json_t *value, char *text, const char **wanted)
{
    switch (option_at(id)->type) {
    case OPTION_FLAG:
        *wanted = "true or false is allowed";
        snprintf(text, OPTION_TEXT_SIZE, "%s", json_is_true(value) ? "on" : "off");
        return json_is_boolean(value);
    case OPTION_COUNT32:
    case OPTION_COUNT64:
        *wanted = "a whole number is allowed";
        snprintf(text, OPTION_TEXT_SIZE, "%lld", (long long)json_integer_value(value));
        return json_is_integer(value);
    case OPTION_DURATION:
        *wanted = "a whole number of nanoseconds is allowed";
        snprintf(text, OPTION_TEXT_SIZE, "%lldns", (long long)json_integer_value(value));
        return json_is_integer(value);
    case OPTION_SHARE:
    case OPTION_NUMBER:
        *wanted = "a number is allowed";
        if (json_is_number(value) && json_number_value(value) >= 0) {
            real_text(json_number_value(value), text);
            return true;
        }
        return false;
    case OPTION_RATE:
        *wanted = "a whole number of bits a second or null is allowed";
        snprintf(text, OPTION_TEXT_SIZE, "%lldbit", (long long)json_integer_value(value));
        return json_is_integer(value);
    case OPTION_REGIONS:
        *wanted = "an array of names or null is allowed";
        return json_is_array(value) && regions_text(value, text);
    case OPTION_IDS:
        *wanted = "an array of ids or null is allowed";
        return json_is_array(value) && ids_text(value, text);
    default:
        *wanted = "a string is allowed";
        snprintf(text, OPTION_TEXT_SIZE, "%s", json_is_string(value) ? json_string_value(value) : "");
        return json_is_string(value) && strlen(json_string_value(value)) < OPTION_TEXT_SIZE;
    }
}

/* A matrix: its name on the command line, after it has been read. */
static bool matrix_text(const json_t *value, char *text, struct string_pool *pool, struct error *error)
{
    const char *name = json_string_value(value);
    if (name == NULL) {
        name = matrices_take_json(&pool->matrices, value, error);
    } else if (!matrices_load(&pool->matrices, name, error)) {
        name = NULL;
    }
    snprintf(text, OPTION_TEXT_SIZE, "%s", name == NULL ? "" : name);
    return name != NULL;
}

static bool take_value(const struct source *source, const char *key, const json_t *value, struct error *error)
{
    struct settings *settings = source->settings;
    enum option_id id = option_find_key(key);
    if (id == OPTION_COUNT) {
        return key_error(source, key, "there is no option of that name", error);
    }
    const struct option *option = option_at(id);
    char text[OPTION_TEXT_SIZE];
    const char *wanted = "";
    if (json_is_null(value)) {
        if (option->off != NULL) {
            settings_set(settings, id, option->off, SOURCE_CONFIG);
        } else if (option->initial != NULL || option->derived == NULL) {
            return key_error(source, key, "null is not allowed", error);
        }
        return true; /* null of a derived option: not set */
    }
    if (id == OPT_SCHEDULE && json_is_object(value)) {
        take_schedule(source, key);
        return true;
    }
    struct error why;
    if (option->type == OPTION_MATRIX) {
        if (!matrix_text(value, text, source->pool, &why)) {
            return key_error(source, key, why.text, error);
        }
    } else if (!value_text(id, value, text, &wanted)) {
        return key_error(source, key, wanted, error);
    }
    struct scenario scratch = {.plugins = source->plugins};
    if (!option_read(id, text, &scratch, &why)) {
        return key_error(source, key, why.text, error);
    }
    settings_set(settings, id, string_pool_add(source->pool, text), SOURCE_CONFIG);
    return true;
}

static bool same_scenario(const struct scenario *a, const struct scenario *b)
{
    json_t *left = config_json(a);
    json_t *right = config_json(b);
    bool same = json_equal(left, right) != 0;
    json_decref(left);
    json_decref(right);
    return same;
}

/* Forgets each derived value without which the config alone means the same. */
static bool keep_derived(const char *path, struct settings *settings, struct error *error)
{
    struct settings full = *settings;
    struct scenario meant;
    if (!settings_has(&full, OPT_SEED)) {
        settings_set(&full, OPT_SEED, "0", SOURCE_CONFIG);
    }
    struct error why;
    if (!scenario_resolve(&full, &meant, &why)) {
        return error_set(error, "%.150s: %.300s", path, why.text);
    }
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        bool who = id == OPT_BYZANTINE || id == OPT_BYZANTINE_IDS; /* told apart from "as many as named" already */
        if (!option_is_derived(id) || who || !settings_has(&full, id)) {
            continue;
        }
        struct settings without = full;
        struct scenario same;
        settings_clear(&without, id);
        if (scenario_resolve(&without, &same, &why) && same_scenario(&meant, &same)) {
            full = without;
            settings_clear(settings, id);
        }
    }
    return true;
}

/* Before the others: they may name behaviours that it brings. */
static bool take_plugins(struct source *source, const json_t *object, struct error *error)
{
    const char *key = "behavior_plugin";
    const json_t *value = json_object_get(object, key);
    struct error why;
    if (value != NULL && !take_value(source, key, value, error)) {
        return false;
    }
    return settings_find_plugins(source->settings, &source->plugins, &why) || key_error(source, key, why.text, error);
}

/* The axes of a sweep's output, in their order. */
static bool take_grid(struct source *source, const json_t *root, struct error *error)
{
    json_t *grid = json_object_get(root, CONFIG_GRID);
    const char *name;
    json_t *value;
    bool varies = json_array_size(json_object_get(root, "varies")) > 0;
    if (json_object_get(root, "cells_digest") != NULL || (varies && !json_is_object(grid))) {
        return error_set(error,
                         "--config '%.200s' belongs to a sweep, and its config lacks what varies: give the command "
                         "that its table or its .state file shows",
                         source->path);
    }
    json_object_foreach(grid, name, value)
    {
        enum option_id id = option_find(name, strlen(name), FOR_SWEEP);
        struct error why;
        if (id == OPTION_COUNT || !option_at(id)->scenario || json_string_value(value) == NULL) {
            return error_set(error, "%.200s: \"" CONFIG_GRID "\": '%.60s' is no option that can vary", source->path,
                             name);
        }
        const char *text = string_pool_add(source->pool, json_string_value(value));
        if (id == OPT_LATENCY_MATRIX && !matrices_load(&source->pool->matrices, text, &why)) {
            return error_set(error, "%.200s: %.300s", source->path, why.text);
        }
        settings_set(source->settings, id, text, SOURCE_CONFIG);
        source->is_grid = true;
    }
    return true;
}

static bool take_object(struct source *source, json_t *root, struct error *error)
{
    if (!json_is_object(root)) {
        return error_set(error, "%.200s: line 1, column 1: an object {...} is allowed", source->path);
    }
    json_t *config = json_object_get(root, "config");
    const json_t *schema = json_object_get(root, "schema");
    if (schema != NULL && json_integer_value(schema) != 1) {
        return key_error(source, "schema", "only schema 1 is known", error);
    }
    if (config != NULL && !json_is_object(config)) {
        return key_error(source, "config", "an object {...} is allowed", error);
    }
    source->is_output = config != NULL;
    const char *key;
    json_t *value;
    if (!take_plugins(source, config != NULL ? config : root, error)) {
        return false;
    }
    json_object_foreach(config != NULL ? config : root, key, value)
    {
        bool is_schema = config == NULL && strcmp(key, "schema") == 0;
        bool is_drawn = strcmp(key, CONFIG_DRAWN_IDS) == 0;
        if (!is_schema && !is_drawn && !take_value(source, key, value, error)) {
            return false;
        }
    }
    return config == NULL || take_grid(source, root, error);
}

bool config_json_read(const char *path, const char *text, struct settings *settings, struct string_pool *pool,
                      struct error *error)
{
    struct source source = {.path = path, .text = text, .settings = settings, .pool = pool};
    string_pool_lend(pool, settings);
    json_error_t syntax;
    json_t *root = json_loads(source.text, JSON_REJECT_DUPLICATES, &syntax);
    bool taken = false;
    if (root == NULL) {
        error_set(error, "%.200s: line %d, column %d: %s", path, syntax.line, syntax.column, syntax.text);
    } else {
        settings->config_path = string_pool_add(pool, path);
        taken = take_object(&source, root, error) &&
                (source.is_grid || keep_derived(path, settings, error)); /* each cell is told all that they share */
    }
    json_decref(root);
    return taken;
}

bool config_json_load(const char *path, struct settings *settings, struct string_pool *pool, struct error *error)
{
    char *text = NULL;
    if (!read_file(path, &text, error)) {
        return false;
    }
    assert(text != NULL);
    bool taken = config_json_read(path, text, settings, pool, error);
    free(text);
    return taken;
}

#include "runner/settings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void settings_set(struct settings *settings, enum option_id id, const char *text, enum setting_source source)
{
    assert(text != NULL && source != SOURCE_NONE);
    settings->text[id] = text;
    settings->source[id] = source;
    settings->order[id] = ++settings->given;
}

void settings_clear(struct settings *settings, enum option_id id)
{
    settings->text[id] = NULL;
    settings->source[id] = SOURCE_NONE;
}

static bool names_ids(const struct settings *settings)
{
    return settings_has(settings, OPT_BEHAVIOR) && strchr(settings->text[OPT_BEHAVIOR], ':') != NULL;
}

void settings_overlay(struct settings *base, const struct settings *upper)
{
    bool says_who = settings_has(upper, OPT_BYZANTINE) || settings_has(upper, OPT_BYZANTINE_IDS) || names_ids(upper);
    if (says_who) {
        settings_clear(base, OPT_BYZANTINE);
        settings_clear(base, OPT_BYZANTINE_IDS);
        if (names_ids(base)) {
            settings_clear(base, OPT_BEHAVIOR);
        }
    }
    /* in the order in which they were given, which decides which axis of a sweep is the outer one */
    for (uint16_t place = 1; place <= upper->given; place++) {
        for (unsigned id = 0; id < OPTION_COUNT; id++) {
            if (upper->order[id] == place && upper->text[id] != NULL) {
                settings_set(base, (enum option_id)id, upper->text[id], upper->source[id]);
            }
        }
    }
    if (upper->matrices != NULL) {
        base->matrices = upper->matrices;
    }
    if (upper->config_path != NULL) {
        base->config_path = upper->config_path;
    }
    if (upper->schedules != NULL) {
        base->schedules = upper->schedules;
        base->plugins = upper->plugins;
    }
    if (upper->files != NULL) {
        base->files = upper->files;
        base->file_count = upper->file_count;
    }
}

bool settings_find_plugins(const struct settings *settings, const struct plugin_set **plugins, struct error *error)
{
    const char *paths = settings->text[OPT_BEHAVIOR_PLUGIN];
    *plugins = NULL;
    if (paths == NULL || strcmp(paths, "none") == 0) {
        return true;
    }
    assert(settings->plugins != NULL);
    struct error why;
    *plugins = plugin_library_find(settings->plugins, paths, &why);
    return *plugins != NULL || error_set(error, "--behavior-plugin: %s", why.text);
}

/* Where the reading of argv stands. */
struct reader {
    int argc;
    char **argv;
    int next;
    unsigned command;
};

static bool take(struct settings *settings, struct reader *reader, enum option_id id, const char *written,
                 const char *value, struct error *error)
{
    if (settings_has(settings, id)) {
        return error_set(error, "%s is given twice", written);
    }
    if (option_at(id)->type == OPTION_FLAG) {
        value = value == NULL ? "on" : value;
    } else if (value == NULL && reader->next < reader->argc) {
        value = reader->argv[reader->next++];
    }
    if (value == NULL || value[0] == '\0') {
        return error_set(error, "%s needs a value: %s", written, option_at(id)->argument);
    }
    settings_set(settings, id, value, SOURCE_COMMAND_LINE);
    return true;
}

static bool take_long(struct settings *settings, struct reader *reader, const char *argument, struct error *error)
{
    const char *name = argument + 2;
    size_t size = strcspn(name, "=");
    enum option_id id = option_find(name, size, reader->command);
    if (id == OPTION_COUNT) {
        char unknown[64];
        snprintf(unknown, sizeof unknown, "%.*s", (int)(size < 60 ? size : 60), name);
        const char *nearest = option_nearest(unknown, reader->command);
        return nearest == NULL ? error_set(error, "there is no option --%s", unknown)
                               : error_set(error, "there is no option --%s; did you mean --%s?", unknown, nearest);
    }
    char written[64];
    snprintf(written, sizeof written, "--%s", option_at(id)->name);
    return take(settings, reader, id, written, name[size] == '=' ? name + size + 1 : NULL, error);
}

static bool take_letter(struct settings *settings, struct reader *reader, const char *argument, struct error *error)
{
    char written[3] = {'-', argument[1], '\0'};
    enum option_id id = option_find_letter(argument[1], reader->command);
    if (id == OPTION_COUNT) {
        return error_set(error, "there is no option '%.60s'", argument);
    }
    if (option_at(id)->type == OPTION_FLAG && argument[2] != '\0') {
        return error_set(error, "'%.60s': letters cannot be joined; write -%c by itself", argument, argument[1]);
    }
    return take(settings, reader, id, written, argument[2] != '\0' ? argument + 2 : NULL, error);
}

/* Moves the argument, which belongs to no option, to the front of the tail that keeps them in order. */
static void take_file(struct settings *settings, struct reader *reader, char *argument)
{
    settings->files = reader->argv;
    settings->files[settings->file_count++] = argument;
}

bool settings_parse(struct settings *settings, int argc, char **argv, unsigned command, bool *help, struct error *error)
{
    struct reader reader = {.argc = argc, .argv = argv, .command = command};
    bool options_end = false;
    while (reader.next < argc) {
        char *argument = argv[reader.next++];
        bool right = true;
        if (options_end || argument[0] != '-' || argument[1] == '\0') {
            take_file(settings, &reader, argument);
        } else if (strcmp(argument, "--") == 0) {
            options_end = true;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            *help = true;
            return true;
        } else if (argument[1] == '-') {
            right = take_long(settings, &reader, argument, error);
        } else {
            right = take_letter(settings, &reader, argument, error);
        }
        if (!right) {
            return false;
        }
    }
    if (settings->file_count > 0 && (command & (FOR_REPLAY | FOR_BENCH)) == 0 && !settings_has(settings, OPT_MERGE)) {
        return error_set(error, "'%.100s' belongs to no option; all arguments are options that begin with --",
                         settings->files[0]);
    }
    return true;
}

void settings_name(const struct settings *settings, enum option_id id, char *name, size_t size)
{
    const char *text = settings->text[id] == NULL ? "" : settings->text[id];
    switch (settings->source[id]) {
    case SOURCE_PRESET:
        snprintf(name, size, "--%s '%.100s' of preset %.40s", option_at(id)->name, text, settings->text[OPT_PRESET]);
        break;
    case SOURCE_CONFIG: {
        char key[OPTION_KEY_SIZE];
        option_key(id, key);
        snprintf(name, size, "%.100s: \"%s\" (%.100s)", settings->config_path, key, text);
        break;
    }
    default:
        snprintf(name, size, "--%s '%.100s'", option_at(id)->name, text);
    }
}

const char *string_pool_add(struct string_pool *pool, const char *text)
{
    char **strings = realloc(pool->strings, (pool->count + 1) * sizeof *strings);
    char *copy = strdup(text);
    if (strings == NULL || copy == NULL) {
        abort();
    }
    pool->strings = strings;
    pool->strings[pool->count++] = copy;
    return copy;
}

void string_pool_lend(struct string_pool *pool, struct settings *settings)
{
    if (pool->schedules == NULL) {
        pool->schedules = schedule_library_create();
    }
    if (pool->plugins == NULL) {
        pool->plugins = plugin_library_create();
    }
    settings->schedules = pool->schedules;
    settings->plugins = pool->plugins;
}

void string_pool_destroy(struct string_pool *pool)
{
    schedule_library_destroy(pool->schedules);
    plugin_library_destroy(pool->plugins);
    for (size_t i = 0; i < pool->count; i++) {
        free(pool->strings[i]);
    }
    free(pool->strings);
    matrices_destroy(&pool->matrices);
    *pool = (struct string_pool){0};
}

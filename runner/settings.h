/* What the user has set: a text for each option, and where it came from. Layers lie on each other: preset, then
 * --config FILE, then the command line; what no layer sets has its default (resolve.h). One thread. */
#ifndef PBFT_RUNNER_SETTINGS_H
#define PBFT_RUNNER_SETTINGS_H

#include "runner/matrices.h"
#include "runner/options.h"
#include "runner/plugin_library.h"
#include "runner/schedule_library.h"

enum setting_source {
    SOURCE_NONE, /* not set */
    SOURCE_PRESET,
    SOURCE_CONFIG,
    SOURCE_COMMAND_LINE,
    SOURCE_DRAWN /* the seed, where none was given */
};

/* Texts are borrowed: from argv, a preset's table, a grid, or a string_pool. Copy by assignment. */
struct settings {
    const char *text[OPTION_COUNT]; /* NULL = not set */
    enum setting_source source[OPTION_COUNT];
    uint16_t order[OPTION_COUNT]; /* place in the order in which they were given, from 1 */
    uint16_t given;
    const char *config_path;            /* of SOURCE_CONFIG, or NULL */
    const struct matrices *matrices;    /* that --latency-matrix may name, or NULL; borrowed */
    struct schedule_library *schedules; /* where --schedule is looked up; borrowed from a string_pool, or NULL */
    struct plugin_library *plugins;     /* where --behavior-plugin is, likewise */
    char **files;                       /* arguments that belong to no option: tail of argv */
    int file_count;
};

void settings_set(struct settings *settings, enum option_id id, const char *text, enum setting_source source);
void settings_clear(struct settings *settings, enum option_id id);

static inline bool settings_has(const struct settings *settings, enum option_id id)
{
    return settings->text[id] != NULL;
}

/* Lays `upper` over `base`. Who misbehaves is one matter told by several options: an upper layer's --byzantine takes
 * away a lower layer's --byzantine-ids, and so on. */
void settings_overlay(struct settings *base, const struct settings *upper);

/* Reads the command line behind the command's name into `settings` (empty before). `*help` becomes true at --help,
 * which ends the reading. False with a sentence at the first argument that is wrong. */
bool settings_parse(struct settings *settings, int argc, char **argv, unsigned command, bool *help,
                    struct error *error);

/* What --behavior-plugin names; `*plugins` becomes NULL where it is not given. False with a sentence. */
bool settings_find_plugins(const struct settings *settings, const struct plugin_set **plugins, struct error *error);

/* How to speak of an option in an error: "--drop '1.5'", with its origin if that is not the command line. */
void settings_name(const struct settings *settings, enum option_id id, char *name, size_t size);

/* Texts that outlive the function that made them, and the matrices, schedules and plugins that some of them name.
 * Start from {0}. Aborts if memory is lacking. */
struct string_pool {
    char **strings;
    size_t count;
    struct matrices matrices;
    struct schedule_library *schedules; /* when first asked for */
    struct plugin_library *plugins;     /* likewise */
};
const char *string_pool_add(struct string_pool *pool, const char *text);
/* Where the settings look up schedules and plugins from now on: libraries that the pool owns. */
void string_pool_lend(struct string_pool *pool, struct settings *settings);
void string_pool_destroy(struct string_pool *pool);

#endif

#include "runner/plugin_library.h"

#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "faults/plugin.h"

#define NAME_MOST 40
#define BEHAVIORS_MOST 256

struct plugin_library {
    pthread_mutex_t lock; /* over all that follows; a set never moves */
    struct plugin_set **sets;
    size_t set_count;
    void **handles; /* of dlopen() */
    size_t handle_count;
};

static void *or_abort(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

struct plugin_library *plugin_library_create(void)
{
    struct plugin_library *library = or_abort(calloc(1, sizeof *library));
    pthread_mutex_init(&library->lock, NULL);
    return library;
}

static void set_destroy(struct plugin_set *set)
{
    free(set->paths);
    free(set->behaviors);
    free(set);
}

void plugin_library_destroy(struct plugin_library *library)
{
    if (library == NULL) {
        return;
    }
    for (size_t i = 0; i < library->set_count; i++) {
        set_destroy(library->sets[i]);
    }
    for (size_t i = 0; i < library->handle_count; i++) {
        dlclose(library->handles[i]);
    }
    free(library->sets);
    free(library->handles);
    pthread_mutex_destroy(&library->lock);
    free(library);
}

/* --- what a file must be --- */

static bool is_name(const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '-') {
            return false;
        }
    }
    return size > 0 && size <= NAME_MOST;
}

static bool add_behavior(struct plugin_set *set, const char *path, const struct pbft_behavior *plugin,
                         struct error *error)
{
    if (!is_name(plugin->name)) {
        return error_set(error,
                         "%.200s: '%.60s' is no name of a behaviour: 1 to %d letters, digits and '-' are allowed", path,
                         plugin->name, NAME_MOST);
    }
    if (plugin_behavior_find(set, plugin->name) != NULL) {
        return error_set(error, "%.200s: there is a behaviour '%s' already", path, plugin->name);
    }
    if (set->count == BEHAVIORS_MOST) {
        return error_set(error, "%.200s: more than %d behaviours", path, BEHAVIORS_MOST);
    }
    set->behaviors = or_abort(realloc(set->behaviors, (set->count + 1) * sizeof *set->behaviors));
    set->behaviors[set->count++] = (struct behavior){
        .name = plugin->name,
        .summary = plugin->summary == NULL ? "" : plugin->summary,
        .create = plugin_create,
        .plugin = plugin,
    };
    return true;
}

/* `library` keeps the handle from now on. */
static void *load(struct plugin_library *library, const char *path, struct error *error)
{
    char *with_slash = or_abort(
        malloc(strlen(path) + 3)); /* a name without one would be looked for in system folders */
    strcpy(with_slash, strchr(path, '/') == NULL ? "./" : "");
    strcat(with_slash, path);
    void *handle = dlopen(with_slash, RTLD_NOW | RTLD_LOCAL);
    free(with_slash);
    if (handle == NULL) {
        error_set(error, "cannot load '%.200s': %.200s", path, dlerror());
        return NULL;
    }
    library->handles = or_abort(realloc(library->handles, (library->handle_count + 1) * sizeof *library->handles));
    library->handles[library->handle_count++] = handle;
    return handle;
}

static bool add_file(struct plugin_library *library, struct plugin_set *set, const char *path, struct error *error)
{
    void *handle = load(library, path, error);
    if (handle == NULL) {
        return false;
    }
    const struct pbft_behavior_plugin *plugin = dlsym(handle, "pbft_behavior_plugin");
    if (plugin == NULL) {
        return error_set(error, "'%.200s' defines no pbft_behavior_plugin; faults/pbft_behavior.h says what it must be",
                         path);
    }
    if (plugin->version != PBFT_BEHAVIOR_VERSION) {
        return error_set(error, "'%.200s' was made for version %u of pbft_behavior.h; this program knows version %u",
                         path, plugin->version, PBFT_BEHAVIOR_VERSION);
    }
    if (plugin->behaviors == NULL || plugin->behaviors[0].name == NULL) {
        return error_set(error, "'%.200s' describes no behaviour", path);
    }
    for (const struct pbft_behavior *behavior = plugin->behaviors; behavior->name != NULL; behavior++) {
        if (!add_behavior(set, path, behavior, error)) {
            return false;
        }
    }
    return true;
}

static struct plugin_set *open_set(struct plugin_library *library, const char *paths, struct error *error)
{
    struct plugin_set *set = or_abort(calloc(1, sizeof *set));
    set->paths = or_abort(strdup(paths));
    char *rest = or_abort(strdup(paths));
    char *position = rest;
    bool good = true;
    for (char *path; good && (path = strsep(&position, ":")) != NULL;) {
        good = path[0] != '\0' ? add_file(library, set, path, error)
                               : error_set(error, "an empty path; one, or several separated by ':', are allowed");
    }
    free(rest);
    if (!good) {
        set_destroy(set);
        return NULL;
    }
    library->sets = or_abort(realloc(library->sets, (library->set_count + 1) * sizeof *library->sets));
    library->sets[library->set_count++] = set;
    return set;
}

/* --- as others see it --- */

const struct plugin_set *plugin_library_find(struct plugin_library *library, const char *paths, struct error *error)
{
    pthread_mutex_lock(&library->lock);
    struct plugin_set *set = NULL;
    for (size_t i = 0; i < library->set_count && set == NULL; i++) {
        set = strcmp(library->sets[i]->paths, paths) == 0 ? library->sets[i] : NULL;
    }
    if (set == NULL) {
        set = open_set(library, paths, error);
    }
    pthread_mutex_unlock(&library->lock);
    return set;
}

const struct behavior *plugin_behavior_find(const struct plugin_set *plugins, const char *name)
{
    const struct behavior *found = behavior_find(name);
    for (size_t i = 0; plugins != NULL && i < plugins->count && found == NULL; i++) {
        found = strcmp(plugins->behaviors[i].name, name) == 0 ? &plugins->behaviors[i] : NULL;
    }
    return found;
}

/* The behaviours that --behavior-plugin names: shared objects, each loaded once, and kept for as long as a scenario may
 * point to what they describe (faults/pbft_behavior.h). Any thread. */
#ifndef PBFT_RUNNER_PLUGIN_LIBRARY_H
#define PBFT_RUNNER_PLUGIN_LIBRARY_H

#include "faults/behavior.h"
#include "net/error.h"

/* What one value of --behavior-plugin gives. */
struct plugin_set {
    char *paths; /* as given: one, or several separated by ':' */
    struct behavior *behaviors;
    size_t count;
};

struct plugin_library;

/* Never NULL: aborts if memory is lacking. */
struct plugin_library *plugin_library_create(void);
/* Unloads them: nothing of them may be in use any more. Takes NULL too. */
void plugin_library_destroy(struct plugin_library *library);

/* Owned by the library. NULL with a sentence: a file that cannot be loaded, is no plugin, is one for another version of
 * the interface, or has a behaviour without what it needs, or with a name that is taken. */
const struct plugin_set *plugin_library_find(struct plugin_library *library, const char *paths, struct error *error);

/* A built-in behaviour, or one of `plugins` (which may be NULL); NULL if there is none of that name. */
const struct behavior *plugin_behavior_find(const struct plugin_set *plugins, const char *name);

#endif

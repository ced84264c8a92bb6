/* The JSON `config` object: every option of a scenario as resolved, written from the option table and read back
 * through it. Times are integers of ns; what is switched off is null. One thread. */
#ifndef PBFT_RUNNER_CONFIG_JSON_H
#define PBFT_RUNNER_CONFIG_JSON_H

#include <jansson.h>

#include "runner/settings.h"

/* Beside the options of a run's output: for each run the ids that were drawn. No option: not read back, for the seed
 * draws them again. */
#define CONFIG_DRAWN_IDS "byzantine_ids_drawn"

/* Beside the config of a sweep's output: what varies, an object of texts as the command line has them. */
#define CONFIG_GRID "grid"

/* A new reference; never NULL. */
json_t *config_json(const struct scenario *scenario);
/* One option's value, the same as in the object. */
json_t *config_json_value(enum option_id id, const struct scenario *scenario);

/* Reads a config object, or the `config` of a run's output, into `settings` as SOURCE_CONFIG; texts live in `pool`.
 * An unknown key, a wrong type, a bad value: false with file, line and column. A derived value that is the default
 * anyway stays derived, so that `--config FILE --nodes 7` has the quorum of 7. */
/* The same from a text that is in memory; `path` names it in sentences. */
bool config_json_read(const char *path, const char *text, struct settings *settings, struct string_pool *pool,
                      struct error *error);
bool config_json_load(const char *path, struct settings *settings, struct string_pool *pool, struct error *error);

#endif

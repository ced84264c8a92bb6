/* From settings to a scenario: values read, defaults filled in, and what does not go together refused. Pure. */
#ifndef PBFT_RUNNER_RESOLVE_H
#define PBFT_RUNNER_RESOLVE_H

#include "runner/settings.h"

/* Each setting must be a single value, and the seed must be set. False with a sentence that names the option, its
 * value, and what is allowed; `scenario` is then undefined. */
bool scenario_resolve(const struct settings *settings, struct scenario *scenario, struct error *error);

/* The first step alone: given values, and defaults that do not depend on other options. What others derive is zero. */
bool scenario_read(const struct settings *settings, struct scenario *scenario, struct error *error);
/* The last step alone: whether all of it goes together. */
bool scenario_check(const struct scenario *scenario, struct error *error);

/* Whether two scenarios are the same, option by option. */
bool scenario_same(const struct scenario *a, const struct scenario *b);

/* Whether the option's default depends on other options. */
bool option_is_derived(enum option_id id);

/* Whether each option of the command line has a meaning here: what only threads have needs a scenario with
 * `real_clock`, and a behavior needs somebody who misbehaves. Explicit defaults are no error. False with a sentence. */
bool settings_check_meaning(const struct settings *settings, bool real_clock, struct error *error);

#endif

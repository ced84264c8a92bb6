/* A run's result and a summary as JSON (schema 1). New references, never NULL. Everything outside `host` is a function
 * of the arguments under the virtual clock: keys in a fixed order, times whole ns. */
#ifndef PBFT_RUNNER_RESULT_JSON_H
#define PBFT_RUNNER_RESULT_JSON_H

#include <jansson.h>

#include "runner/summary.h"

#define RESULT_SCHEMA 1
/* How all JSON is written: reals in 15 digits, which every option's value keeps. */
#define RESULT_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* `command` shows a violation again. `partial`: the run was interrupted. */
json_t *result_json(const struct run_result *result, const char *command, bool partial);
/* Adds `replicas` and `digests` of the witnesses, `holders`: for each of them the correct replicas (with ids below 64)
 * that say the same, and `requests`: the first request of what they hold, or null where that is not known. */
void witnesses_json(json_t *object, const struct violation *violation);
json_t *summary_json(const struct summary *summary);

#endif

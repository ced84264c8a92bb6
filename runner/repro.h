/* How a generated scenario can be had again: as one command, with its schedule in a file. */
#ifndef PBFT_RUNNER_REPRO_H
#define PBFT_RUNNER_REPRO_H

#include "runner/plan.h"
#include "runner/words.h"

/* The options that make up the scenario, as short as they can be: what a default says anyway is left out. `command` is
 * "run" or "explore"; `expect` the word for --expect, or NULL. A schedule of the plan's own stands in the command as
 * JSON; if it is too long for that, it is written to the file `path`. False with a sentence if that failed. */
bool repro_command(const struct plan *plan, const char *command, const char *path, const char *expect,
                   char text[COMMAND_SIZE], struct error *error);

#endif

/* From a command line to settings: what argv says, over --config FILE, over --preset. */
#ifndef PBFT_RUNNER_COMMAND_LINE_H
#define PBFT_RUNNER_COMMAND_LINE_H

#include "runner/settings.h"

/* Reads all three layers into `settings` (empty before) for `command`, an enum option_command. `argv` begins behind
 * the command's name. `*help` becomes true at --help, and then nothing else counts. Texts of the config file live in
 * `pool`. False with a sentence. */
bool settings_load(struct settings *settings, int argc, char **argv, unsigned command, bool *help,
                   struct string_pool *pool, struct error *error);

#endif

/* `pbft replay FILE`: executes a recorded run again and says whether it came to the same. */
#ifndef PBFT_RUNNER_REPLAY_H
#define PBFT_RUNNER_REPLAY_H

#include "runner/record.h"
#include "runner/replay_view.h"

/* The command; `argv` begins with its name. Returns the exit code. */
int replay_command(int argc, char **argv);

/* Replays what `record` holds behind record_end(), only to draw it: how `run --trace` comes to its picture. `plugins`:
 * of the run's scenario. `view` is planned; it is opened and closed here. False with a sentence. */
bool replay_draw(const struct record *record, const char *plugins, struct replay_view *view,
                 const atomic_int *interrupted, struct error *error);

#endif

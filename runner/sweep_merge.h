/* `pbft sweep --merge FILE... -o FILE`: the finished shards of a sweep become the file that one sweep would have
 * written, byte for byte. */
#ifndef PBFT_RUNNER_SWEEP_MERGE_H
#define PBFT_RUNNER_SWEEP_MERGE_H

#include "runner/settings.h"

/* `settings` are the command line's, with --merge among them. Returns the exit code. */
int sweep_merge(const struct settings *settings);

#endif

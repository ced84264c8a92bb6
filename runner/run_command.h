/* `pbft run`: one scenario, --repeat times. */
#ifndef PBFT_RUNNER_RUN_COMMAND_H
#define PBFT_RUNNER_RUN_COMMAND_H

/* `argv[0]` is the command's own name. Returns the exit code. */
int run_command(int argc, char **argv);

#endif

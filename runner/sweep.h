/* `pbft sweep`: a grid of scenarios, a row a cell. */
#ifndef PBFT_RUNNER_SWEEP_H
#define PBFT_RUNNER_SWEEP_H

/* `argv[0]` is the command's own name. Returns the exit code. */
int sweep_command(int argc, char **argv);

#endif

/* The command `pbft explore`. */
#ifndef PBFT_RUNNER_EXPLORE_H
#define PBFT_RUNNER_EXPLORE_H

/* `argv[0]` is the command's name. Returns the exit code. */
int explore_command(int argc, char **argv);

#endif

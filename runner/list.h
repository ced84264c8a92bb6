/* `pbft list`: what there is to choose from, each with one line. */
#ifndef PBFT_RUNNER_LIST_H
#define PBFT_RUNNER_LIST_H

/* `argv[0]` is the command's own name. Returns the exit code. */
int list_command(int argc, char **argv);

#endif

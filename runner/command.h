/* From the command line to the command. */
#ifndef PBFT_RUNNER_COMMAND_H
#define PBFT_RUNNER_COMMAND_H

/* main()'s arguments; returns the exit code. */
int command_main(int argc, char **argv);

#endif

/* `pbft --version`: what this binary is made of. */
#ifndef PBFT_RUNNER_VERSION_H
#define PBFT_RUNNER_VERSION_H

/* Prints to standard output; returns the exit code. */
int version_print(void);

#endif

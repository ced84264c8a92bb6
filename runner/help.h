/* --help, made from the option table. */
#ifndef PBFT_RUNNER_HELP_H
#define PBFT_RUNNER_HELP_H

/* Prints the help of a command ("run", "sweep", with its enum option_command) to standard output; "" is the help of
 * pbft itself. Returns the exit code. */
int help_print(const char *command, unsigned commands);

#endif

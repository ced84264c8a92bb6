/* How `pbft` ends, and how it says why. */
#ifndef PBFT_RUNNER_EXIT_CODE_H
#define PBFT_RUNNER_EXIT_CODE_H

#include "net/error.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_RUNTIME = 1,      /* something could not be done, or is an error of our own */
    EXIT_UNEXPECTED = 2,   /* --expect not met */
    EXIT_VIOLATION = 3,    /* safety violated */
    EXIT_USAGE = 64,       /* the command line is wrong */
    EXIT_INTERRUPTED = 130 /* by the user; what was finished is saved */
};

/* Print the sentence to standard error, the first with where help is; return EXIT_USAGE and EXIT_RUNTIME. `command`
 * is "run", or "" before there is one. */
int fail_usage(const char *command, const struct error *error);
int fail_runtime(const char *command, const struct error *error);

struct output;
/* Completes what only informs people (a help, a list), and returns the exit code. A reader that has read enough and
 * left (`pbft list | head -1`) is no error. */
int end_page(const char *command, struct output *output);

#endif

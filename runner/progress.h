/* A progress line on standard error with the time left, where that is a terminal. One thread. */
#ifndef PBFT_RUNNER_PROGRESS_H
#define PBFT_RUNNER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool shown; /* whether there is a terminal, and the user wants it */
    bool dirty; /* whether a line stands there */
    uint64_t start_ns, shown_ns;
    size_t at_start; /* how many were done already */
};

void progress_start(struct progress *progress, bool wanted, size_t done);
/* Shows `done` of `total`, and what is being done; not more often than eyes and terminals can follow. */
void progress_show(struct progress *progress, size_t done, size_t total, const char *what);
/* Takes the line away; call before anything else is printed. */
void progress_clear(struct progress *progress);

/* "0:42", "12:07", "3:05:10". */
void progress_clock(double seconds, char text[24]);

#endif

/* What the user should know about runs beside their results. */
#ifndef PBFT_RUNNER_NOTES_H
#define PBFT_RUNNER_NOTES_H

#include "runner/summary.h"

/* Of how many runs it is true. */
struct notes {
    uint64_t runs;
    uint64_t overloaded;      /* the host set the latency */
    uint64_t empty;           /* no misbehaviour took effect (I15) */
    uint64_t idle;            /* a partition or a link rule of the schedule did not */
    uint64_t primary_stopped; /* a primary misbehaved, and stayed */
};

struct notes notes_of(const struct summary *summary);
void notes_add(struct notes *notes, const struct notes *more);
/* To standard error, a line each. */
void notes_print(const struct notes *notes);

/* False with a sentence if the result shows an error of the emulator itself (I12, I13), or the checker gave up. */
bool result_is_sound(const struct run_result *result, const char *command, struct error *error);

#endif

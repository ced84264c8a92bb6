/* What the user should know about runs beside their results. */
#ifndef PBFT_RUNNER_NOTES_H
#define PBFT_RUNNER_NOTES_H

#include "runner/summary.h"

/* Prints to standard error, a line each: the host set the latency; no configured fault fired; a primary misbehaved. */
void notes_print(uint64_t runs, uint64_t overloaded, uint64_t empty, uint64_t primary_stopped);

/* False with a sentence if the result shows an error of the emulator itself (I12, I13). */
bool result_is_sound(const struct run_result *result, const char *command, struct error *error);

#endif

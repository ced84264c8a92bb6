/* Where results go: standard output or a file, with every failure to write noticed (full disk, closed pipe) and told
 * in a sentence. A regular file is written beside its place and renamed when it is complete, so that nobody finds half
 * of it; devices, pipes and symbolic links are written directly. One thread. */
#ifndef PBFT_RUNNER_OUTPUT_H
#define PBFT_RUNNER_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "net/error.h"

struct output {
    FILE *file;
    const char *name; /* for sentences; borrowed */
    char *temporary;  /* renamed to `name` by output_close(); NULL when writing in place */
    int failure;      /* errno of the first write that failed, or 0 */
};

/* Makes the directories that the file at `path` lies in, where they are missing. The next three do it themselves.
 * Returns false with a sentence if it cannot be done. */
bool output_make_directory(const char *path, struct error *error);
/* Whether a file could be opened at `path` now, as far as can be told without touching the file. Returns false with a
 * sentence. */
bool output_may_open(const char *path, struct error *error);

/* `path` NULL is standard output. False with a sentence if it cannot be written. */
bool output_open(struct output *output, const char *path, struct error *error);
/* Opens a file, made if need be, to write in place, and keeps every other process that does so out. What it holds
 * stays until output_keep(). */
bool output_lock(struct output *output, const char *path, struct error *error);
/* Cuts the file off behind its first `bytes`, and goes on there. */
bool output_keep(struct output *output, uint64_t bytes, struct error *error);

void output_print(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_write(struct output *output, const char *bytes, size_t size);
/* Hands everything to the system. False with a sentence if anything written so far failed. */
bool output_flush(struct output *output, struct error *error);
/* Completes and closes. False with a sentence if anything failed; the file then is as it was before (where it is
 * written in place: as far as it got). */
bool output_close(struct output *output, struct error *error);
/* Closes and leaves the file as it was before. */
void output_abandon(struct output *output);

/* Gives closed standard streams a place that refuses to be written, so that no file of ours takes their number. */
void output_guard_standard_streams(void);

#endif

/* The latency matrices that a command line and a --config FILE name: read once, before anything runs, so that cells of
 * a sweep and repetitions cannot find a file changed. One thread; afterwards immutable, any thread. */
#ifndef PBFT_RUNNER_MATRICES_H
#define PBFT_RUNNER_MATRICES_H

#include <jansson.h>

#include "runner/scenario.h"

/* Start from {0}. */
struct matrices {
    struct latency_matrix **items;
    size_t count;
};

void matrices_destroy(struct matrices *matrices);

/* Reads what the value of --latency-matrix names: a built-in matrix or a file's path; in a sweep several of them,
 * separated by commas, and perhaps "none". False with a sentence: for a table with file, line and column. */
bool matrices_load(struct matrices *matrices, const char *text, struct error *error);
/* Takes one from the JSON that matrix_json() writes; its name. NULL with what is allowed. */
const char *matrices_take_json(struct matrices *matrices, const json_t *json, struct error *error);

/* The one read last under that name, or NULL. */
const struct latency_matrix *matrices_find(const struct matrices *matrices, const char *name);

/* A new reference: the name of a built-in matrix, else {"name", "regions": [..], "delays_ns": [[..]..]}. */
json_t *matrix_json(const struct latency_matrix *matrix);

/* All that did not come with the program, and back: for who has to go on without the files. The others are there
 * afterwards, too. */
json_t *matrices_json(const struct matrices *matrices);
bool matrices_take_all(struct matrices *matrices, const json_t *array, struct error *error);

#endif

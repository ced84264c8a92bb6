/* What a file of rows was made with: FILE.state beside FILE, in JSON. From it an interrupted sweep goes on, shards are
 * put together, and pictures get their titles (`config`: the options that all cells share). One thread. */
#ifndef PBFT_RUNNER_SWEEP_STATE_H
#define PBFT_RUNNER_SWEEP_STATE_H

#include "runner/report.h"
#include "runner/shard.h"

/* What decides the rows of a file. */
struct sweep_state {
    char cells_digest[DIGEST_TEXT_SIZE]; /* of every cell's options, as resolved, in order */
    char seed[24];
    struct shard shard;
    enum report_format format; /* CSV or JSONL */
    json_t *options;           /* the texts that the grid is made of, by option name in order; owned */
    json_t *matrices;          /* that the texts may name; an array; owned */
    json_t *command;           /* a string: does the whole sweep again; owned */
};

/* The state of a sweep over `grid`. Release with sweep_state_destroy(). */
void sweep_state_make(struct sweep_state *state, const struct report_head *head, struct shard shard,
                      enum report_format format);
void sweep_state_destroy(struct sweep_state *state);

/* Reads FILE.state of the data file `path`. *found is false, and all is well, if there is none. */
bool sweep_state_read(const char *path, struct sweep_state *state, bool *found, struct error *error);
bool sweep_state_write(const char *path, const struct sweep_state *state, const struct report_head *head,
                       struct error *error);

/* False with what differs, if rows of `theirs` cannot stand in the file of `ours`. */
bool sweep_state_same(const struct sweep_state *ours, const struct sweep_state *theirs, const char *path,
                      struct error *error);

/* The state's options as settings; texts live in `pool`. False if they are no options of ours. */
bool sweep_state_settings(const struct sweep_state *state, struct settings *settings, struct string_pool *pool,
                          struct error *error);

#endif

/* Runs the cells of a grid, one repetition after the other or several at once, and hands them over in the grid's order
 * whatever order they end in. The caller's thread gets every call-back. */
#ifndef PBFT_RUNNER_CELLS_H
#define PBFT_RUNNER_CELLS_H

#include <stdatomic.h>

#include "runner/notes.h"
#include "runner/row.h"
#include "runner/shard.h"

/* What a cell came to. */
struct cell_outcome {
    struct row row;
    struct notes notes;
};

struct cells_plan {
    const struct grid *grid;
    struct shard shard;
    size_t first;  /* place in the shard: those before it are done already */
    bool host;     /* rows have what the host measured */
    unsigned jobs; /* threads; 1 = on the caller's own */
    const atomic_int *interrupted;
    /* The repetition whose outcome is needed next, in order; with one job it runs now. May be NULL. */
    void (*awaiting)(void *context, size_t place, uint32_t repetition);
    /* A cell that is done; the row is the caller's for the call. False ends the sweep. */
    bool (*done)(void *context, size_t place, const struct cell_outcome *outcome);
    void *context;
};

enum cells_end { CELLS_ALL, CELLS_STOPPED /* by `done` */, CELLS_INTERRUPTED, CELLS_FAILED };

/* Runs all cells from `first` on. With CELLS_FAILED, `error` says why. Nothing runs any more when it returns. */
enum cells_end cells_run(const struct cells_plan *plan, struct error *error);

#endif

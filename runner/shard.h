/* Shares of a grid: shard i of N has the cells k with k mod N = i - 1, so that slow corners are spread. Pure. */
#ifndef PBFT_RUNNER_SHARD_H
#define PBFT_RUNNER_SHARD_H

#include <stddef.h>

#include "net/error.h"

struct shard {
    size_t index, count; /* 1 <= index <= count; 1 of 1 is the whole grid */
};

/* Reads "2/8"; false with what is allowed. */
bool shard_parse(const char *text, struct shard *shard, struct error *error);
/* How many of `cells` it has. */
size_t shard_size(struct shard shard, size_t cells);
/* The cell at `place` of its own. */
size_t shard_cell(struct shard shard, size_t place);

#endif

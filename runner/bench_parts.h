/* The parts of `pbft bench`, each measured beside its ceiling. Each adds rows to the session; false with a sentence if
 * it could not be measured. They return early, and true, when the user interrupts. */
#ifndef PBFT_RUNNER_BENCH_PARTS_H
#define PBFT_RUNNER_BENCH_PARTS_H

#include "runner/bench_session.h"

/* Handing entries over between two cores, and on one. Ceiling: blocks of plain memory between the same threads. */
bool bench_ring(struct bench *bench, struct error *error);
/* Counting votes from a stream in memory. Ceiling: a bare bitset over the same stream. */
bool bench_votes(struct bench *bench, struct error *error);
/* The timing wheel. Ceiling: writing the same entries one behind the other, and reading them. */
bool bench_wheel(struct bench *bench, struct error *error);
/* The virtual clock with real replicas and the checker, and with nodes that only count. Ceiling: the queue alone and
 * the vote alone. */
bool bench_virtual(struct bench *bench, struct error *error);
/* Replicas on threads, without delay, closed loop. Ceiling: handing over, scheduling and counting alone, on as many
 * cores. */
bool bench_cluster(struct bench *bench, struct error *error);
/* Creating, starting and stopping clusters. Ceiling: as many threads that do nothing. */
bool bench_start(struct bench *bench, struct error *error);
/* The allocator that is linked against the C library's, in processes of their own. */
bool bench_allocator(struct bench *bench, struct error *error);

#endif

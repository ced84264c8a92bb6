/* Votes in memory, for counting them alone: a window of sequence numbers, all of whose PREPAREs and COMMITs come in
 * random order. One thread. */
#ifndef PBFT_RUNNER_BENCH_VOTES_H
#define PBFT_RUNNER_BENCH_VOTES_H

#include <stdbool.h>
#include <stdint.h>

struct vote_stream;

/* NULL if memory is lacking. */
struct vote_stream *vote_stream_create(uint32_t replicas, uint64_t seed);
void vote_stream_destroy(struct vote_stream *stream);

/* Count for about `time_ns`; ns a vote, of CPU time. The first with the replicas' log (core/log.h), the second with
 * nothing but a bitset and a count. `context` is the stream. */
double vote_stream_log_ns(void *context, uint64_t time_ns);
double vote_stream_bare_ns(void *context, uint64_t time_ns);

#endif

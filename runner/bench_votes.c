#include "runner/bench_votes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "net/clock.h"
#include "runner/bench_parts.h"

#define WINDOW 256u
#define PIPELINE 64u

struct ballot {
    uint64_t tag;
    uint32_t offset; /* sequence number - low - 1 */
    uint16_t sender;
    uint8_t phase;
};

struct vote_stream {
    struct log log;
    struct digest digests[WINDOW];
    struct ballot *ballots;
    uint32_t count;
    uint32_t words; /* of a bare bitset */
    uint64_t *bare; /* by phase and offset */
    uint32_t bare_counts[2 * WINDOW];
};

/* Everybody prepares but the primary, 0, whose pre-prepare counts for it; everybody commits. */
static void write_ballots(struct vote_stream *stream, uint32_t replicas, uint64_t seed)
{
    uint64_t state = seed;
    for (uint32_t offset = 0; offset < WINDOW; offset++) {
        stream->digests[offset] = (struct digest){{bench_draw(&state) + UINT64_C(1), offset}};
        for (uint32_t place = 1; place < 2 * replicas; place++) {
            const uint8_t phase = place < replicas ? PHASE_PREPARE : PHASE_COMMIT;
            stream->ballots[stream->count++] = (struct ballot){
                .tag = bench_draw(&state),
                .offset = offset,
                .sender = (uint16_t)(place % replicas),
                .phase = phase,
            };
        }
    }
    for (uint32_t left = stream->count; left > 1; left--) { /* Fisher and Yates */
        const uint32_t other = bench_draw_below(&state, left);
        const struct ballot ballot = stream->ballots[left - 1];
        stream->ballots[left - 1] = stream->ballots[other];
        stream->ballots[other] = ballot;
    }
}

struct vote_stream *vote_stream_create(uint32_t replicas, uint64_t seed)
{
    assert(replicas > 1 && replicas <= MAX_REPLICAS);
    struct vote_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return NULL;
    }
    stream->words = (replicas + 63) / 64;
    stream->ballots = malloc((size_t)WINDOW * 2 * replicas * sizeof *stream->ballots);
    stream->bare = malloc((size_t)2 * WINDOW * stream->words * sizeof *stream->bare);
    if (stream->ballots == NULL || stream->bare == NULL ||
        !log_create(&stream->log, replicas, WINDOW, PIPELINE, AUTH_NONE)) {
        vote_stream_destroy(stream);
        return NULL;
    }
    write_ballots(stream, replicas, seed);
    return stream;
}

void vote_stream_destroy(struct vote_stream *stream)
{
    if (stream != NULL) {
        log_destroy(&stream->log);
        free(stream->ballots);
        free(stream->bare);
        free(stream);
    }
}

/* A new window, all of its pre-prepares accepted. */
static void open_window(struct vote_stream *stream)
{
    log_advance(&stream->log, stream->log.low + WINDOW);
    for (uint32_t offset = 0; offset < WINDOW; offset++) {
        log_open(&stream->log, stream->log.low + 1 + offset, 0, stream->digests[offset], 0, (union vote_auth){.tag = 1},
                 NULL);
    }
}

static uint32_t count_in_log(struct vote_stream *stream)
{
    uint32_t counted = 0;
    const sequence_number first = stream->log.low + 1;
    for (uint32_t i = 0; i < stream->count; i++) {
        const struct ballot *ballot = &stream->ballots[i];
        counted += log_vote(&stream->log, (enum phase)ballot->phase, first + ballot->offset, 0,
                            stream->digests[ballot->offset], ballot->sender,
                            (union vote_auth){.tag = ballot->tag}) == REJECT_NONE;
    }
    return counted;
}

static uint32_t count_bare(struct vote_stream *stream)
{
    uint32_t counted = 0;
    for (uint32_t i = 0; i < stream->count; i++) {
        const struct ballot *ballot = &stream->ballots[i];
        const uint32_t set = 2 * ballot->offset + ballot->phase;
        uint64_t *word = &stream->bare[(size_t)set * stream->words + ballot->sender / 64];
        const uint64_t bit = UINT64_C(1) << ballot->sender % 64;
        if ((*word & bit) == 0) {
            *word |= bit;
            stream->bare_counts[set]++;
            counted++;
        }
    }
    return counted;
}

static double count_for(struct vote_stream *stream, uint64_t time_ns, bool bare)
{
    const uint64_t until_ns = host_now_ns() + time_ns;
    uint64_t votes = 0;
    struct stopwatch watch;
    stopwatch_reset(&watch);
    do {
        if (bare) {
            memset(stream->bare, 0, (size_t)2 * WINDOW * stream->words * sizeof *stream->bare);
            memset(stream->bare_counts, 0, sizeof stream->bare_counts);
        } else {
            open_window(stream);
        }
        stopwatch_start(&watch);
        const uint32_t counted = bare ? count_bare(stream) : count_in_log(stream);
        stopwatch_stop(&watch);
        assert(counted == stream->count);
        votes += counted;
    } while (host_now_ns() < until_ns);
    return (double)watch.total_ns / (double)votes;
}

double vote_stream_log_ns(void *context, uint64_t time_ns)
{
    return count_for(context, time_ns, false);
}

double vote_stream_bare_ns(void *context, uint64_t time_ns)
{
    return count_for(context, time_ns, true);
}

bool bench_votes(struct bench *bench, struct error *error)
{
    static const uint32_t sizes[] = {4, 16, 64, 256, 1024};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !bench_was_interrupted(bench); i++) {
        struct vote_stream *stream = vote_stream_create(sizes[i], sizes[i]);
        if (stream == NULL) {
            return error_set(error, "out of memory for the votes of %u replicas", sizes[i]);
        }
        struct bench_row row = {.part = "votes", .quantity = "vote", .unit = "ns", .sense = BENCH_COST};
        bench_case_number(&row.where, "nodes", sizes[i]);
        bench_compare(bench, row, vote_stream_log_ns, vote_stream_bare_ns, stream);
        vote_stream_destroy(stream);
    }
    return true;
}

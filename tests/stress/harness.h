/* What the stress programs share: a plain main() that ends with 0 or says what went wrong, options with sane values,
 * and a sink that counts. */
#ifndef PBFT_TESTS_STRESS_HARNESS_H
#define PBFT_TESTS_STRESS_HARNESS_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/payload.h"
#include "net/driver.h"

#define CHECK(condition, ...)                                                             \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                                 \
            fputc('\n', stderr);                                                          \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

/* Ends the run when `wanted` entries of `kind` were read. */
struct counting_sink {
    uint8_t kind;
    uint64_t wanted, seen, proposed, entries;
};

static inline void counting_consume(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    struct counting_sink *sink = context;
    for (size_t i = 0; i < count; i++) {
        CHECK(entries[i].node == node, "entry of node %u in the journal of %u", entries[i].node, node);
        sink->seen += entries[i].kind == sink->kind;
        sink->entries++;
        sink->proposed += entries[i].kind == JOURNAL_PROPOSED;
        if (journal_payload(&entries[i]) != NULL) {
            payload_drop(journal_payload(&entries[i]));
        }
    }
}

static inline bool counting_finished(void *context)
{
    const struct counting_sink *sink = context;
    return sink->seen >= sink->wanted;
}

static inline struct driver_options harness_options(struct node **nodes, uint32_t replicas, uint32_t node_count,
                                                    struct counting_sink *sink)
{
    return (struct driver_options){
        .nodes = nodes,
        .replicas = replicas,
        .node_count = node_count,
        .links = {.seed = 7, .replicas = replicas, .gst_ns = TIME_NEVER_NS},
        .deadline_ns = UINT64_C(60000000000),
        .stall_ns = TIME_NEVER_NS,
        .window = 256,
        .time_scale = 1.0,
        .delay_lines = 1,
        .sink = {.consume = counting_consume, .finished = counting_finished, .context = sink},
    };
}

static inline void check_books(const struct driver_report *report)
{
    const struct message_counts *m = &report->messages;
    CHECK(m->sent + m->duplicated == m->delivered + m->dropped + m->discarded,
          "sent %" PRIu64 " + duplicated %" PRIu64 " = delivered %" PRIu64 " + dropped %" PRIu64
          " + discarded %" PRIu64,
          m->sent, m->duplicated, m->delivered, m->dropped, m->discarded);
}

/* The `index`-th argument as a number, or `otherwise`. */
static inline uint64_t argument(int argc, char **argv, int index, uint64_t otherwise)
{
    return index < argc ? strtoull(argv[index], NULL, 10) : otherwise;
}

#endif

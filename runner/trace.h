/* Pictures of a run, made from its replay: who sent what to whom and when it came, what each node did about it.
 *
 *     .svg     a space-time diagram: a line for each node, time to the right, an arrow for each message
 *     .json    Chrome's trace event format, for ui.perfetto.dev and chrome://tracing
 *     .shiviz  a log with vector clocks, for ShiViz
 *
 * An interval that holds more than people (or the tools) can look at is cut off, and says so. One thread. */
#ifndef PBFT_RUNNER_TRACE_H
#define PBFT_RUNNER_TRACE_H

#include "net/replay.h"
#include "runner/output.h"
#include "runner/scenario.h"

enum trace_format { TRACE_SVG, TRACE_JSON, TRACE_SHIVIZ };

/* A message that was put out within the interval. */
struct trace_send {
    uint64_t sent_ns, number;
    node_id from, to;       /* `to` may be TO_ALL_REPLICAS */
    struct message message; /* without payload */
    uint64_t arrived;       /* a bit for each of the first 64 replicas that it came to; of one destination: bit 0 */
};

/* A message that came within the interval, or was under way at its ends. */
struct trace_arrow {
    uint64_t sent_ns, arrived_ns;
    node_id from, to;
    struct message message;
    uint64_t step;   /* at `to`: place in `steps`, or UINT64_MAX if that lies outside */
    uint64_t number; /* of from's messages */
};

struct trace_step {
    uint64_t now_ns;
    uint64_t next_ns; /* of the node's next step, or TIME_NEVER_NS; known when all is gathered */
    node_id node;
    enum event_kind kind;
    size_t arrow;                    /* EVENT_MESSAGE: what came */
    size_t first_send, send_count;   /* in `sends` */
    size_t first_entry, entry_count; /* in `entries` */
};

/* An array that grows. */
struct trace_list {
    void *items;
    size_t count, room;
};

struct trace {
    enum trace_format format;
    struct output output;
    const struct scenario *scenario;
    uint64_t from_ns, until_ns; /* shown; until_ns moves when it is cut off */
    uint64_t first_ns, last_ns; /* of what there is */
    node_id node;               /* NO_NODE: all; else only what it had part in */
    bool any, cut, out_of_memory;
    struct trace_list steps, sends, arrows, entries;
    struct trace_list *sends_of; /* by node: places in `sends` */
    uint32_t nodes;
};

/* By the file's ending. False with a sentence. */
bool trace_format_of(const char *path, enum trace_format *format, struct error *error);

bool trace_open(struct trace *trace, const char *path, const struct scenario *scenario, uint64_t from_ns,
                uint64_t until_ns, node_id node, struct error *error);
void trace_step(struct trace *trace, const struct replayed_step *step);
/* Draws, and completes the file. False with a sentence. Says on standard error what was left out. */
bool trace_close(struct trace *trace, struct error *error);
/* Leaves the file as it was before. Also on one that was never opened, or is closed. */
void trace_abandon(struct trace *trace);

#define TRACE_AT(list, type, index) (&((type *)(list).items)[index])

/* The pictures. */
void trace_svg(struct trace *trace);
void trace_json(struct trace *trace);
void trace_shiviz(struct trace *trace);

#endif

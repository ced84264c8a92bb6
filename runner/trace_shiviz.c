/* A log as ShiViz reads it (https://bestchai.bitbucket.io/shiviz): two lines an event, the node with its vector clock,
 * then what happened. Its parser wants the expression that stands in the first line.
 *
 * A clock counts the steps that a node has shown; what came from before the interval carries none. */
#include <stdlib.h>
#include <string.h>

#include "runner/step_words.h"
#include "runner/trace.h"

struct clocks {
    uint32_t nodes;
    uint32_t *of;    /* by node: its clock, `nodes` counts */
    uint32_t **sent; /* by send: its sender's clock as it left, or NULL; a step's sends share it */
};

static void write_name(struct trace *trace, node_id node)
{
    char words[NODE_WORDS_SIZE];
    node_words(trace->scenario, node, words);
    *strchr(words, ' ') = '_';
    output_print(&trace->output, "%s", words);
}

static void merge(uint32_t *clock, const uint32_t *other, uint32_t nodes)
{
    for (uint32_t i = 0; i < nodes; i++) {
        clock[i] = clock[i] > other[i] ? clock[i] : other[i];
    }
}

/* The send that an arrow is the end of, or SIZE_MAX. */
static size_t send_of(const struct trace *trace, const struct trace_arrow *arrow)
{
    const struct trace_list *places = &trace->sends_of[arrow->from];
    if (places->count == 0) {
        return SIZE_MAX;
    }
    const uint64_t first = TRACE_AT(trace->sends, struct trace_send, *TRACE_AT(*places, size_t, 0))->number;
    return arrow->number < first || arrow->number - first >= places->count
               ? SIZE_MAX
               : *TRACE_AT(*places, size_t, arrow->number - first);
}

static void write_clock(struct trace *trace, const uint32_t *clock)
{
    const char *separator = "";
    output_print(&trace->output, " {");
    for (node_id node = 0; node < trace->nodes; node++) {
        if (clock[node] > 0) {
            output_print(&trace->output, "%s\"", separator);
            write_name(trace, node);
            output_print(&trace->output, "\":%u", clock[node]);
            separator = ",";
        }
    }
    output_print(&trace->output, "}\n");
}

static void write_what(struct trace *trace, const struct trace_step *step)
{
    char words[MESSAGE_WORDS_SIZE];
    if (step->arrow != SIZE_MAX) {
        message_words(&TRACE_AT(trace->arrows, struct trace_arrow, step->arrow)->message, words);
        output_print(&trace->output, "got %s", words);
    } else {
        output_print(&trace->output, "%s", step->kind == EVENT_START ? "start" : "timer");
    }
    for (size_t i = 0; i < step->send_count; i++) {
        message_words(&TRACE_AT(trace->sends, struct trace_send, step->first_send + i)->message, words);
        output_print(&trace->output, "; sends %s", words);
    }
    for (size_t i = 0; i < step->entry_count; i++) {
        char mark[ENTRY_WORDS_SIZE];
        entry_words(TRACE_AT(trace->entries, struct journal_entry, step->first_entry + i), mark);
        output_print(&trace->output, mark[0] == '\0' ? "%s" : "; %s", mark);
    }
    output_print(&trace->output, " (%.6f ms)\n", (double)step->now_ns * 1e-6);
}

/* False if memory is lacking. */
static bool write_step(struct trace *trace, struct clocks *clocks, const struct trace_step *step)
{
    uint32_t *clock = &clocks->of[(size_t)step->node * clocks->nodes];
    if (step->arrow != SIZE_MAX) {
        const size_t send = send_of(trace, TRACE_AT(trace->arrows, struct trace_arrow, step->arrow));
        if (send != SIZE_MAX && clocks->sent[send] != NULL) {
            merge(clock, clocks->sent[send], clocks->nodes);
        }
    }
    clock[step->node]++;
    if (step->send_count > 0) {
        uint32_t *copy = malloc(clocks->nodes * sizeof *copy);
        if (copy == NULL) {
            return false;
        }
        memcpy(copy, clock, clocks->nodes * sizeof *copy);
        for (size_t i = 0; i < step->send_count; i++) {
            clocks->sent[step->first_send + i] = copy;
        }
    }
    write_name(trace, step->node);
    write_clock(trace, clock);
    write_what(trace, step);
    return true;
}

void trace_shiviz(struct trace *trace)
{
    struct clocks clocks = {
        .nodes = trace->nodes,
        .of = calloc((size_t)trace->nodes * trace->nodes, sizeof *clocks.of),
        .sent = calloc(trace->sends.count + 1, sizeof *clocks.sent),
    };
    bool enough = clocks.of != NULL && clocks.sent != NULL;
    output_print(&trace->output, "(?<host>\\S+) (?<clock>\\{.*\\})\\n(?<event>.*)\n\n");
    for (size_t i = 0; enough && i < trace->steps.count; i++) {
        const struct trace_step *step = TRACE_AT(trace->steps, struct trace_step, i);
        enough = write_step(trace, &clocks, step);
    }
    trace->out_of_memory = !enough;
    for (size_t i = 0; clocks.sent != NULL && i < trace->sends.count; i++) {
        if (i + 1 == trace->sends.count || clocks.sent[i + 1] != clocks.sent[i]) {
            free(clocks.sent[i]);
        }
    }
    free(clocks.sent);
    free(clocks.of);
}

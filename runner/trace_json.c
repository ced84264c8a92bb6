/* Chrome's trace event format (the JSON object format), as ui.perfetto.dev opens it: a track for each node, a slice for
 * each step, an arrow for each message, an instant for what is worth a mark. Times in us with ns behind the point. */
#include "runner/step_words.h"
#include "runner/trace.h"

/* A slice must have a width to be seen; it ends before the node's next step begins. */
#define SLICE_NS 2000u

struct writer {
    struct trace *trace;
    struct output *output;
    size_t written;
};

static void begin(struct writer *writer, const char *phase, uint64_t time_ns, node_id node)
{
    output_print(writer->output, "%s{\"ph\":\"%s\",\"pid\":1,\"tid\":%u,\"ts\":%llu.%03llu",
                 writer->written++ == 0 ? "\n" : ",\n", phase, node, (unsigned long long)(time_ns / 1000),
                 (unsigned long long)(time_ns % 1000));
}

static void name_tracks(struct writer *writer)
{
    const struct trace *trace = writer->trace;
    output_print(writer->output, "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"pbft\"}}");
    writer->written++;
    for (node_id node = 0; node < trace->nodes - 1; node++) {
        char words[NODE_WORDS_SIZE];
        node_words(trace->scenario, node, words);
        output_print(writer->output,
                     ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"%s\"}},\n"
                     "{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%u}}",
                     node, words, node, node);
    }
}

static void write_step(struct writer *writer, const struct trace_step *step)
{
    const uint64_t until_next_ns = step->next_ns - step->now_ns;
    const uint64_t width_ns = until_next_ns < SLICE_NS ? until_next_ns : SLICE_NS;
    const struct trace *trace = writer->trace;
    char words[MESSAGE_WORDS_SIZE] = "timer";
    begin(writer, "X", step->now_ns, step->node);
    output_print(writer->output, ",\"dur\":%llu.%03llu", (unsigned long long)(width_ns / 1000),
                 (unsigned long long)(width_ns % 1000));
    if (step->arrow != SIZE_MAX) {
        const struct trace_arrow *arrow = TRACE_AT(trace->arrows, struct trace_arrow, step->arrow);
        char type[TYPE_WORDS_SIZE];
        char from[NODE_WORDS_SIZE];
        type_words(arrow->message.type, type);
        message_words(&arrow->message, words);
        node_words(trace->scenario, arrow->from, from);
        output_print(writer->output, ",\"cat\":\"step\",\"name\":\"%s\",\"args\":{\"message\":\"%s\",\"from\":\"%s\"}}",
                     type, words, from);
    } else {
        output_print(writer->output, ",\"cat\":\"step\",\"name\":\"%s\"}", step->kind == EVENT_START ? "start" : words);
    }
    for (size_t i = 0; i < step->entry_count; i++) {
        char mark[ENTRY_WORDS_SIZE];
        entry_words(TRACE_AT(trace->entries, struct journal_entry, step->first_entry + i), mark);
        if (mark[0] != '\0') {
            begin(writer, "i", step->now_ns, step->node);
            output_print(writer->output, ",\"s\":\"t\",\"cat\":\"mark\",\"name\":\"%s\"}", mark);
        }
    }
}

/* An arrow ties the slice in which the message left to the one in which it came; both must be there. */
static void write_flow(struct writer *writer, const struct trace_arrow *arrow, size_t place)
{
    char type[TYPE_WORDS_SIZE];
    if (arrow->step == UINT64_MAX || arrow->sent_ns < writer->trace->first_ns) {
        return;
    }
    type_words(arrow->message.type, type);
    begin(writer, "s", arrow->sent_ns, arrow->from);
    output_print(writer->output, ",\"cat\":\"%s\",\"name\":\"%s\",\"id\":%zu}", type, type, place);
    begin(writer, "f", arrow->arrived_ns, arrow->to);
    output_print(writer->output, ",\"bp\":\"e\",\"cat\":\"%s\",\"name\":\"%s\",\"id\":%zu}", type, type, place);
}

void trace_json(struct trace *trace)
{
    struct writer writer = {.trace = trace, .output = &trace->output};
    output_print(&trace->output, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    name_tracks(&writer);
    for (size_t i = 0; i < trace->steps.count; i++) {
        write_step(&writer, TRACE_AT(trace->steps, struct trace_step, i));
    }
    for (size_t i = 0; i < trace->arrows.count; i++) {
        write_flow(&writer, TRACE_AT(trace->arrows, struct trace_arrow, i), i);
    }
    output_print(&trace->output, "\n]}\n");
}

#include "runner/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What each kind of picture holds, in arrows or, where that is more, steps. */
static const size_t most[] = {[TRACE_SVG] = 6000, [TRACE_JSON] = 500000, [TRACE_SHIVIZ] = 20000};
#define ARRIVED_NODES 64u
#define MOST_REPLICAS 256u /* that a picture has lines for */

bool trace_format_of(const char *path, enum trace_format *format, struct error *error)
{
    static const char *const endings[] = {[TRACE_SVG] = ".svg", [TRACE_JSON] = ".json", [TRACE_SHIVIZ] = ".shiviz"};
    const char *dot = strrchr(path, '.');
    for (unsigned i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++) {
        if (strcmp(dot, endings[i]) == 0) {
            *format = (enum trace_format)i;
            return true;
        }
    }
    return error_set(error, "--trace '%.200s': a file that ends in .svg, .json or .shiviz is allowed", path);
}

bool trace_open(struct trace *trace, const char *path, const struct scenario *scenario, uint64_t from_ns,
                uint64_t until_ns, node_id node, struct error *error)
{
    *trace = (struct trace){
        .format = trace->format,
        .scenario = scenario,
        .from_ns = from_ns,
        .until_ns = until_ns,
        .node = node,
        .nodes = scenario->nodes + scenario->clients + 1,
    };
    if (scenario->nodes > MOST_REPLICAS) {
        return error_set(error, "--trace '%.200s': at most %u replicas can be drawn, the run has %u", path,
                         MOST_REPLICAS, scenario->nodes);
    }
    trace->sends_of = calloc(trace->nodes, sizeof *trace->sends_of);
    if (trace->sends_of == NULL) {
        return error_set(error, "not enough memory for the trace");
    }
    return output_open(&trace->output, path, error);
}

static void release(struct trace *trace)
{
    for (uint32_t i = 0; trace->sends_of != NULL && i < trace->nodes; i++) {
        free(trace->sends_of[i].items);
    }
    free(trace->sends_of);
    free(trace->steps.items);
    free(trace->sends.items);
    free(trace->arrows.items);
    free(trace->entries.items);
    *trace = (struct trace){.format = trace->format};
}

void trace_abandon(struct trace *trace)
{
    if (trace->output.file != NULL) {
        output_abandon(&trace->output);
    }
    release(trace);
}

/* --- gathering --------------------------------------------------------------------------------------------------- */

static void *append(struct trace *trace, struct trace_list *list, size_t size)
{
    if (list->count == list->room) {
        const size_t room = list->room == 0 ? 256 : 2 * list->room;
        void *items = realloc(list->items, room * size);
        if (items == NULL) {
            trace->out_of_memory = true;
            return NULL;
        }
        list->items = items;
        list->room = room;
    }
    return (char *)list->items + list->count++ * size;
}

static struct trace_send *find_send(struct trace *trace, node_id from, uint64_t number)
{
    const struct trace_list *places = &trace->sends_of[from];
    if (places->count == 0) {
        return NULL;
    }
    const uint64_t first = TRACE_AT(trace->sends, struct trace_send, *TRACE_AT(*places, size_t, 0))->number;
    return number < first || number - first >= places->count
               ? NULL
               : TRACE_AT(trace->sends, struct trace_send, *TRACE_AT(*places, size_t, number - first));
}

/* That it came is known also of what comes when the interval is over. */
static void mark_arrived(struct trace *trace, const struct replayed_step *step)
{
    struct trace_send *send = find_send(trace, step->event->from, step->number);
    if (send != NULL) {
        const uint32_t bit = send->to == TO_ALL_REPLICAS ? step->node : 0;
        send->arrived |= bit < ARRIVED_NODES ? UINT64_C(1) << bit : 0;
    }
}

static bool concerns(const struct trace *trace, node_id one, node_id other)
{
    return trace->node == NO_NODE || trace->node == one || trace->node == other;
}

/* Whether the step is to be seen: its node is, or it got or put out something from or for that node. */
static bool is_seen(const struct trace *trace, const struct replayed_step *step)
{
    bool seen = trace->node == NO_NODE || trace->node == step->node || trace->node == step->event->from;
    for (size_t i = 0; !seen && i < step->message_count; i++) {
        const node_id to = step->messages[i].to;
        seen = to == trace->node || (to == TO_ALL_REPLICAS && trace->node < trace->scenario->nodes);
    }
    return seen;
}

/* `place`: of the step in the trace, or UINT64_MAX. */
static void add_arrow(struct trace *trace, const struct replayed_step *step, uint64_t place)
{
    const struct message *message = step->event->message;
    struct trace_arrow *arrow = append(trace, &trace->arrows, sizeof *arrow);
    if (arrow != NULL) {
        *arrow = (struct trace_arrow){
            .sent_ns = message->sent_ns,
            .arrived_ns = step->event->now_ns,
            .from = step->event->from,
            .to = step->node,
            .message = *message,
            .step = place,
            .number = step->number,
        };
        arrow->message.payload = NULL;
    }
}

static void add_sends(struct trace *trace, const struct replayed_step *step)
{
    for (size_t i = 0; i < step->message_count; i++) {
        size_t *place = append(trace, &trace->sends_of[step->node], sizeof *place);
        struct trace_send *send = append(trace, &trace->sends, sizeof *send);
        if (place == NULL || send == NULL) {
            return;
        }
        *place = trace->sends.count - 1;
        *send = (struct trace_send){
            .sent_ns = step->event->now_ns,
            .number = step->first_number + i,
            .from = step->node,
            .to = step->messages[i].to,
            .message = step->messages[i],
        };
    }
}

static void add_step(struct trace *trace, const struct replayed_step *step)
{
    struct trace_step *added = append(trace, &trace->steps, sizeof *added);
    if (added == NULL) {
        return;
    }
    *added = (struct trace_step){
        .now_ns = step->event->now_ns,
        .node = step->node,
        .kind = step->event->kind,
        .arrow = SIZE_MAX,
        .first_send = trace->sends.count,
        .first_entry = trace->entries.count,
    };
    if (step->event->kind == EVENT_MESSAGE) {
        added->arrow = trace->arrows.count;
        add_arrow(trace, step, trace->steps.count - 1);
    }
    add_sends(trace, step);
    added->send_count = trace->sends.count - added->first_send;
    for (size_t i = 0; i < step->entry_count; i++) {
        struct journal_entry *entry = append(trace, &trace->entries, sizeof *entry);
        if (entry != NULL) {
            *entry = step->entries[i];
            entry->time_ns = step->event->now_ns;
        }
    }
    added->entry_count = trace->entries.count - added->first_entry;
}

/* Cut off once more than fits would have to be shown. */
static void cut_off(struct trace *trace, uint64_t now_ns)
{
    if (trace->arrows.count >= most[trace->format] || trace->steps.count >= 4 * most[trace->format] ||
        (trace->format == TRACE_SHIVIZ && trace->steps.count >= most[trace->format])) {
        trace->cut = true;
        trace->until_ns = now_ns;
    }
}

void trace_step(struct trace *trace, const struct replayed_step *step)
{
    const uint64_t now_ns = step->event->now_ns;
    const bool is_message = step->event->kind == EVENT_MESSAGE;
    if (trace->out_of_memory) {
        return;
    }
    if (is_message) {
        mark_arrived(trace, step);
    }
    if (now_ns >= trace->from_ns && now_ns < trace->until_ns && is_seen(trace, step)) {
        trace->first_ns = trace->any ? trace->first_ns : now_ns;
        trace->any = true;
        trace->last_ns = now_ns > trace->last_ns ? now_ns : trace->last_ns;
        add_step(trace, step);
        cut_off(trace, now_ns);
    } else if (now_ns >= trace->until_ns && is_message && trace->arrows.count < 2 * most[trace->format] &&
               step->event->message->sent_ns < trace->until_ns && concerns(trace, step->node, step->event->from)) {
        add_arrow(trace, step, UINT64_MAX); /* still under way at the end */
    }
}

/* --- the end ----------------------------------------------------------------------------------------------------- */

static void say_cut(const struct trace *trace)
{
    fprintf(stderr,
            "pbft: '%s' shows only %.3fms to %.3fms, %zu messages, for more would not be readable: of a recorded run "
            "(run --record FILE) pbft replay FILE --from T --until T --trace draws any interval\n",
            trace->output.name, (double)trace->from_ns * 1e-6, (double)trace->until_ns * 1e-6, trace->arrows.count);
}

/* Tells each step when its node's next one is. */
static void find_next_steps(struct trace *trace)
{
    uint64_t *next_ns = malloc(trace->nodes * sizeof *next_ns);
    trace->out_of_memory = trace->out_of_memory || next_ns == NULL;
    for (uint32_t node = 0; next_ns != NULL && node < trace->nodes; node++) {
        next_ns[node] = TIME_NEVER_NS;
    }
    for (size_t i = trace->steps.count; next_ns != NULL && i > 0; i--) {
        struct trace_step *step = TRACE_AT(trace->steps, struct trace_step, i - 1);
        step->next_ns = next_ns[step->node];
        next_ns[step->node] = step->now_ns;
    }
    free(next_ns);
}

bool trace_close(struct trace *trace, struct error *error)
{
    find_next_steps(trace);
    if (trace->out_of_memory) {
        trace_abandon(trace);
        return error_set(error, "not enough memory for the trace: a shorter interval (--from, --until) takes less");
    }
    if (trace->cut) {
        say_cut(trace);
    }
    if (trace->steps.count == 0) {
        fprintf(stderr, "pbft: '%s': nothing happens in this interval\n", trace->output.name);
    }
    void (*const draw[])(struct trace *) = {
        [TRACE_SVG] = trace_svg, [TRACE_JSON] = trace_json, [TRACE_SHIVIZ] = trace_shiviz};
    draw[trace->format](trace);
    if (trace->out_of_memory) {
        trace_abandon(trace);
        return error_set(error, "not enough memory to draw the trace");
    }
    const bool written = output_close(&trace->output, error);
    release(trace);
    return written;
}

/* A space-time diagram: a line for each node, time to the right, an arrow for each message, coloured by its type. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/draw.h"
#include "runner/step_words.h"
#include "runner/trace.h"
#include "runner/words.h"

#define WIDTH 1600.0
#define LEFT 170.0
#define RIGHT 40.0
#define TOP 132.0
#define BOTTOM 64.0
#define ROW_MOST 92.0
#define ROW_LEAST 26.0
#define ROWS_HEIGHT 900.0
#define OWN_CLIENTS 4u       /* more clients than these share the last line */
#define MANY_ARROWS 400u     /* from here on thin ones ... */
#define CROWDED_ARROWS 2000u /* ... and without heads and words */
#define LABEL_WIDTH 17.0

struct svg {
    struct trace *trace;
    struct output *output;
    uint64_t start_ns, end_ns;
    double row_height, height;
    uint32_t client_rows, rows;
    bool *misbehaving;
    double *last_label; /* by row: where the last number stands */
    size_t arrows;      /* drawn */
};

static const char *const colors[MESSAGE_TYPES] = {
    [MESSAGE_NONE] = "#8a8f98",     [MESSAGE_PRE_PREPARE] = "#0b61a4", [MESSAGE_PREPARE] = "#2aa876",
    [MESSAGE_COMMIT] = "#e08e0b",   [MESSAGE_CHECKPOINT] = "#8a8f98",  [MESSAGE_VIEW_CHANGE] = "#d1372b",
    [MESSAGE_NEW_VIEW] = "#b0399a", [MESSAGE_FETCH] = "#7a5c3d",       [MESSAGE_BATCH] = "#7a5c3d",
    [MESSAGE_DECISION] = "#7a5c3d", [MESSAGE_STATE] = "#7a5c3d",       [MESSAGE_REQUEST] = "#3d4652",
    [MESSAGE_REPLY] = "#7b8ba1",
};

static uint8_t type_of(const struct message *message)
{
    return message->type < MESSAGE_TYPES ? message->type : MESSAGE_NONE;
}

static double x_of(const struct svg *svg, uint64_t time_ns)
{
    const double passed = (double)time_ns - (double)svg->start_ns;
    return LEFT + passed / (double)(svg->end_ns - svg->start_ns) * (WIDTH - LEFT - RIGHT);
}

/* Clients above, replicas below them. */
static uint32_t row_of(const struct svg *svg, node_id node)
{
    if (node < svg->trace->scenario->nodes) {
        return svg->client_rows + node;
    }
    const uint32_t client = node - svg->trace->scenario->nodes;
    return client < svg->client_rows ? client : svg->client_rows - 1;
}

static double y_of(const struct svg *svg, node_id node)
{
    return TOP + (row_of(svg, node) + 0.5) * svg->row_height;
}

static void write_text(const struct svg *svg, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *escaped = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
        if (escaped != NULL) {
            output_print(svg->output, "%s", escaped);
        } else {
            output_write(svg->output, text, 1);
        }
    }
}

/* --- the frame --------------------------------------------------------------------------------------------------- */

static void write_head(const struct svg *svg)
{
    output_print(svg->output,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                 "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"#22272e\">\n"
                 "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n<defs>\n",
                 WIDTH, svg->height, WIDTH, svg->height);
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        output_print(svg->output,
                     "<marker id=\"a%u\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" "
                     "markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0,1 L8,4 L0,7 z\" "
                     "fill=\"%s\"/></marker>\n",
                     type, colors[type]);
    }
    output_print(svg->output, "</defs>\n");
}

static void write_title(const struct svg *svg)
{
    const struct trace *trace = svg->trace;
    char words[SCENARIO_WORDS_SIZE];
    scenario_words(trace->scenario, NULL, words);
    if (strlen(words) > 225) {
        strcpy(words + 222, "...");
    }
    output_print(svg->output, "<text x=\"24\" y=\"34\" font-size=\"19\" font-weight=\"bold\">Messages over time");
    if (trace->node != NO_NODE) {
        char name[NODE_WORDS_SIZE];
        node_words(trace->scenario, trace->node, name);
        output_print(svg->output, ", those of %s", name);
    }
    output_print(svg->output, "</text>\n<text x=\"24\" y=\"56\" fill=\"#5b6470\">");
    write_text(svg, words);
    output_print(svg->output, "; seed %llu", (unsigned long long)trace->scenario->seed);
    if (trace->cut) {
        output_print(svg->output, " &#8212; <tspan fill=\"#d1372b\">cut off after %zu messages</tspan>", svg->arrows);
    }
    output_print(svg->output, "</text>\n");
}

/* A tick every 1, 2 or 5 of a power of ten. */
static void write_axis(const struct svg *svg)
{
    const double span = (double)(svg->end_ns - svg->start_ns);
    const double floor_y = svg->height - BOTTOM;
    double step = pow(10, floor(log10(span / 8)));
    step *= span / step > 40 ? 5 : span / step > 16 ? 2 : 1;
    const double unit = span >= 2e9 ? 1e9 : span >= 2e6 ? 1e6 : span >= 2e3 ? 1e3 : 1;
    const char *name = unit > 5e8 ? "s" : unit > 5e5 ? "ms" : unit > 5e2 ? "us" : "ns";
    for (double tick = ceil((double)svg->start_ns / step) * step; tick <= (double)svg->end_ns; tick += step) {
        const double x = LEFT + (tick - (double)svg->start_ns) / span * (WIDTH - LEFT - RIGHT);
        output_print(svg->output,
                     "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#e7eaee\"/>"
                     "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#5b6470\">%.10g</text>\n",
                     x, TOP, x, floor_y + 6, x, floor_y + 24, tick / unit);
    }
    output_print(svg->output,
                 "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#5b6470\">emulated time, %s</text>\n",
                 (LEFT + WIDTH - RIGHT) / 2, floor_y + 46, name);
}

static void write_row(const struct svg *svg, node_id node, const char *name, const char *below, const char *color)
{
    const double y = y_of(svg, node);
    output_print(svg->output,
                 "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"1.4\"%s/>"
                 "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" fill=\"%s\">",
                 LEFT, y, WIDTH - RIGHT, y, color, below != NULL ? " stroke-dasharray=\"5 3\"" : "", LEFT - 14,
                 below != NULL && svg->row_height > 34 ? y - 2 : y + 4.5, below != NULL ? "#d1372b" : "#22272e");
    write_text(svg, name);
    output_print(svg->output, "</text>\n");
    if (below != NULL && svg->row_height > 34) {
        output_print(svg->output, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" font-size=\"11\" fill=\"#d1372b\">",
                     LEFT - 14, y + 13);
        write_text(svg, below);
        output_print(svg->output, "</text>\n");
    }
}

static void write_rows(const struct svg *svg)
{
    const struct scenario *scenario = svg->trace->scenario;
    char name[NODE_WORDS_SIZE];
    for (uint32_t row = 0; row < svg->client_rows; row++) {
        const node_id client = scenario->nodes + row;
        node_words(scenario, client, name);
        if (row + 1 == svg->client_rows && scenario->clients > svg->client_rows) {
            snprintf(name, sizeof name, "clients %u to %u", client, scenario->nodes + scenario->clients - 1);
        }
        write_row(svg, client, name, NULL, "#c9d1da");
    }
    for (node_id id = 0; id < scenario->nodes; id++) {
        node_words(scenario, id, name);
        const struct behavior *behavior = svg->misbehaving[id] ? scenario_behavior_of(scenario, id) : NULL;
        write_row(svg, id, name, behavior == NULL ? NULL : behavior->name, behavior == NULL ? "#59636e" : "#d1372b");
    }
}

/* --- messages ---------------------------------------------------------------------------------------------------- */

/* Within the picture: a message that is under way at an edge is drawn up to it. */
static void write_arrow(struct svg *svg, const struct trace_arrow *arrow)
{
    const uint8_t type = type_of(&arrow->message);
    double x1 = x_of(svg, arrow->sent_ns), y1 = y_of(svg, arrow->from);
    double x2 = x_of(svg, arrow->arrived_ns), y2 = y_of(svg, arrow->to);
    const bool leaves = x2 > WIDTH - RIGHT;
    if (x1 < LEFT) {
        y1 += (y2 - y1) * (LEFT - x1) / (x2 - x1);
        x1 = LEFT;
    }
    if (leaves) {
        y2 = y1 + (y2 - y1) * (WIDTH - RIGHT - x1) / (x2 - x1);
        x2 = WIDTH - RIGHT;
    }
    const size_t count = svg->trace->arrows.count;
    output_print(svg->output, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"%s%s", x1, y1, x2, y2,
                 colors[type], type == MESSAGE_REPLY ? " stroke-dasharray=\"4 3\"" : "",
                 arrow->message.attempt > 0 ? " stroke-dasharray=\"1.5 2\"" : "");
    if (count > CROWDED_ARROWS) {
        output_print(svg->output, "/>\n");
        return;
    }
    char words[MESSAGE_WORDS_SIZE];
    message_words(&arrow->message, words);
    if (!leaves) {
        output_print(svg->output, " marker-end=\"url(#a%u)\"", type);
    }
    output_print(svg->output, "><title>%s, %u to %u, sent %.6f ms, came %.6f ms</title></line>\n", words, arrow->from,
                 arrow->to, (double)arrow->sent_ns * 1e-6, (double)arrow->arrived_ns * 1e-6);
}

static bool is_drawn(const struct svg *svg, const struct trace_arrow *arrow)
{
    const node_id node = svg->trace->node;
    return node == NO_NODE || node == arrow->from || node == arrow->to;
}

static void write_arrows(struct svg *svg)
{
    const size_t count = svg->trace->arrows.count;
    output_print(svg->output, "<g fill=\"none\" stroke-width=\"%s\" stroke-opacity=\"%s\">\n",
                 count > CROWDED_ARROWS ? "0.5"
                 : count > MANY_ARROWS  ? "0.9"
                                        : "1.3",
                 count > CROWDED_ARROWS ? "0.45"
                 : count > MANY_ARROWS  ? "0.7"
                                        : "0.9");
    for (size_t i = 0; i < count; i++) {
        const struct trace_arrow *arrow = TRACE_AT(svg->trace->arrows, struct trace_arrow, i);
        if (is_drawn(svg, arrow)) {
            write_arrow(svg, arrow);
            svg->arrows++;
        }
    }
    output_print(svg->output, "</g>\n");
}

/* A stub that ends in a cross: where it was lost nobody knows. */
static void write_lost(const struct svg *svg, const struct trace_send *send, node_id to)
{
    const char *color = colors[type_of(&send->message)];
    const double x1 = x_of(svg, send->sent_ns), y1 = y_of(svg, send->from);
    const double up = y_of(svg, to) < y1 ? -1 : 1;
    const double x2 = x1 + 0.16 * svg->row_height, y2 = y1 + up * 0.32 * svg->row_height;
    output_print(svg->output,
                 "<g stroke=\"%s\"><title>%u to %u: never came</title><path d=\"M%.1f,%.1f L%.1f,%.1f\" "
                 "stroke-width=\"0.9\"/><path d=\"M%.1f,%.1f l7,7 m0,-7 l-7,7\" stroke-width=\"1.7\"/></g>\n",
                 color, send->from, to, x1, y1, x2, y2, x2 - 3.5, y2 - 3.5);
}

static size_t write_losses(const struct svg *svg)
{
    const struct trace *trace = svg->trace;
    const uint32_t replicas = trace->scenario->nodes < 64 ? trace->scenario->nodes : 64;
    size_t lost = 0;
    for (size_t i = 0; i < trace->sends.count; i++) {
        const struct trace_send *send = TRACE_AT(trace->sends, struct trace_send, i);
        const bool to_all = send->to == TO_ALL_REPLICAS;
        const node_id first = to_all ? 0 : send->to;
        const node_id last = to_all ? replicas - 1 : send->to;
        for (node_id to = first; to <= last && to < trace->nodes; to++) {
            const bool came = (send->arrived >> (to_all ? to : 0) & 1) != 0;
            if (!came && to != send->from &&
                (trace->node == NO_NODE || trace->node == to || trace->node == send->from)) {
                write_lost(svg, send, to);
                lost++;
            }
        }
    }
    return lost;
}

/* --- what nodes did ---------------------------------------------------------------------------------------------- */

static void write_number(const struct svg *svg, node_id node, double x, uint64_t number, const char *color)
{
    double *last = &svg->last_label[row_of(svg, node)];
    if (x - *last < LABEL_WIDTH || svg->row_height < 34) {
        return;
    }
    *last = x;
    output_print(svg->output,
                 "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"10.5\" fill=\"%s\" stroke=\"#ffffff\" "
                 "stroke-width=\"2.5\" paint-order=\"stroke\">%llu</text>",
                 x, y_of(svg, node) - 7.5, color, (unsigned long long)number);
}

/* From leaving a view to the next one, or to the end of the picture. */
static void write_view_change(const struct svg *svg, size_t place)
{
    const struct trace *trace = svg->trace;
    const struct journal_entry *entry = TRACE_AT(trace->entries, struct journal_entry, place);
    double end_x = WIDTH - RIGHT;
    for (size_t i = place + 1; i < trace->entries.count; i++) {
        const struct journal_entry *later = TRACE_AT(trace->entries, struct journal_entry, i);
        if (later->node == entry->node && (later->kind == JOURNAL_NEW_VIEW || later->kind == JOURNAL_VIEW_CHANGE)) {
            end_x = x_of(svg, later->time_ns);
            break;
        }
    }
    const double x = x_of(svg, entry->time_ns), y = y_of(svg, entry->node);
    output_print(
        svg->output,
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\" rx=\"3\" fill=\"#d1372b\" fill-opacity=\"0.20\">"
        "<title>replica %u asks for view %u</title></rect>\n",
        x, y - 7, end_x > x + 1 ? end_x - x : 1, entry->node, entry->view);
}

static void write_new_view(const struct svg *svg, const struct journal_entry *entry)
{
    const double x = x_of(svg, entry->time_ns), y = y_of(svg, entry->node);
    output_print(svg->output,
                 "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#b0399a\" stroke-width=\"2.5\"/>"
                 "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" font-weight=\"bold\" fill=\"#b0399a\">view %u</text>\n",
                 x, y - 12, x, y + 12, x + 4, y + 16, entry->view);
}

static void write_dot(const struct svg *svg, node_id node, uint64_t time_ns, const char *shape)
{
    output_print(svg->output, "<circle cx=\"%.1f\" cy=\"%.1f\" %s/>", x_of(svg, time_ns), y_of(svg, node), shape);
}

#define DOT_COMMITTED "r=\"3.2\" fill=\"#ffffff\" stroke=\"#1f6f43\" stroke-width=\"1.5\""
#define DOT_EXECUTED "r=\"3.6\" fill=\"#1f6f43\""
#define DOT_SUBMITTED "r=\"3\" fill=\"#3d4652\""
#define DOT_ACCEPTED "r=\"4\" fill=\"#ffffff\" stroke=\"#0b61a4\" stroke-width=\"2\""

static void write_executed(const struct svg *svg, const struct journal_entry *entry)
{
    if (entry->committed_ns >= svg->start_ns && entry->committed_ns < entry->time_ns &&
        (entry->flags & JOURNAL_FLAG_FETCHED) == 0) {
        write_dot(svg, entry->node, entry->committed_ns, DOT_COMMITTED);
    }
    write_dot(svg, entry->node, entry->time_ns, DOT_EXECUTED);
    write_number(svg, entry->node, x_of(svg, entry->time_ns), entry->sequence, "#1f6f43");
    output_print(svg->output, "\n");
}

static void write_entry(const struct svg *svg, const struct journal_entry *entry)
{
    const double x = x_of(svg, entry->time_ns), y = y_of(svg, entry->node);
    switch (entry->kind) {
    case JOURNAL_EXECUTED:
        write_executed(svg, entry);
        break;
    case JOURNAL_STABLE:
    case JOURNAL_TRANSFERRED:
        output_print(
            svg->output,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"><title>checkpoint %llu</title></rect>\n",
            x - 3.5, y + 5, entry->kind == JOURNAL_STABLE ? "#8a8f98" : "#7a5c3d", (unsigned long long)entry->sequence);
        break;
    case JOURNAL_NEW_VIEW:
        write_new_view(svg, entry);
        break;
    case JOURNAL_SUBMITTED:
        write_dot(svg, entry->node, entry->time_ns, DOT_SUBMITTED);
        write_number(svg, entry->node, x, entry->timestamp, "#3d4652");
        break;
    case JOURNAL_ACCEPTED:
        write_dot(svg, entry->node, entry->time_ns, DOT_ACCEPTED);
        break;
    default:
        break;
    }
}

static void write_entries(const struct svg *svg)
{
    for (size_t i = 0; i < svg->trace->entries.count; i++) {
        write_entry(svg, TRACE_AT(svg->trace->entries, struct journal_entry, i));
    }
    output_print(svg->output, "\n");
}

static void write_view_changes(const struct svg *svg)
{
    for (size_t i = 0; i < svg->trace->entries.count; i++) {
        if (TRACE_AT(svg->trace->entries, struct journal_entry, i)->kind == JOURNAL_VIEW_CHANGE) {
            write_view_change(svg, i);
        }
    }
}

/* --- the legend -------------------------------------------------------------------------------------------------- */

static void write_key(const struct svg *svg, double *x, double y, const char *drawing, const char *words)
{
    output_print(svg->output, "<g transform=\"translate(%.1f,%.1f)\">%s<text x=\"34\" y=\"4.5\">", *x, y, drawing);
    write_text(svg, words);
    output_print(svg->output, "</text></g>\n");
    *x += 34 + 7.9 * (double)strlen(words) + 14;
}

static void write_types(const struct svg *svg)
{
    size_t counts[MESSAGE_TYPES] = {0};
    double x = 24;
    for (size_t i = 0; i < svg->trace->arrows.count; i++) {
        const struct trace_arrow *arrow = TRACE_AT(svg->trace->arrows, struct trace_arrow, i);
        counts[type_of(&arrow->message)] += is_drawn(svg, arrow);
    }
    for (unsigned type = 0; type < MESSAGE_TYPES; type++) {
        char drawing[256];
        char words[TYPE_WORDS_SIZE + 24];
        char name[TYPE_WORDS_SIZE];
        if (counts[type] == 0) {
            continue;
        }
        type_words((uint8_t)type, name);
        snprintf(words, sizeof words, "%s %zu", name, counts[type]);
        snprintf(drawing, sizeof drawing,
                 "<line x1=\"0\" y1=\"0\" x2=\"27\" y2=\"0\" stroke=\"%s\" stroke-width=\"2\" "
                 "marker-end=\"url(#a%u)\"%s/>",
                 colors[type], type, type == MESSAGE_REPLY ? " stroke-dasharray=\"4 3\"" : "");
        write_key(svg, &x, 80, drawing, words);
    }
}

static void write_marks(const struct svg *svg, size_t lost)
{
    double x = 24;
    char words[64];
    write_key(svg, &x, 104, "<circle cx=\"20\" " DOT_COMMITTED "/>", "committed-local");
    write_key(svg, &x, 104, "<circle cx=\"20\" " DOT_EXECUTED "/>", "executed (sequence number)");
    write_key(svg, &x, 104, "<circle cx=\"20\" " DOT_SUBMITTED "/>", "request submitted");
    write_key(svg, &x, 104, "<circle cx=\"20\" " DOT_ACCEPTED "/>", "reply accepted");
    write_key(svg, &x, 104,
              "<rect x=\"2\" y=\"-7\" width=\"26\" height=\"14\" rx=\"3\" fill=\"#d1372b\" fill-opacity=\"0.2\"/>",
              "between views");
    write_key(svg, &x, 104, "<rect x=\"17\" y=\"-3.5\" width=\"7\" height=\"7\" fill=\"#8a8f98\"/>",
              "checkpoint stable");
    if (lost > 0) {
        snprintf(words, sizeof words, "never came (lost, or the run ended) %zu", lost);
        write_key(svg, &x, 104, "<path d=\"M16,-4 l8,8 m0,-8 l-8,8\" stroke=\"#22272e\" stroke-width=\"1.7\"/>", words);
    }
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static void lay_out(struct svg *svg)
{
    const struct trace *trace = svg->trace;
    const struct scenario *scenario = trace->scenario;
    svg->client_rows = scenario->clients < OWN_CLIENTS ? scenario->clients : OWN_CLIENTS;
    svg->rows = svg->client_rows + scenario->nodes;
    svg->row_height = fmax(ROW_LEAST, fmin(ROW_MOST, ROWS_HEIGHT / svg->rows));
    svg->height = TOP + svg->rows * svg->row_height + BOTTOM;
    svg->start_ns = trace->from_ns > 0 ? trace->from_ns : trace->first_ns;
    svg->end_ns = trace->until_ns < TIME_NEVER_NS && !trace->cut ? trace->until_ns : trace->last_ns;
    if (svg->end_ns <= svg->start_ns) {
        svg->end_ns = svg->start_ns + 1;
    }
}

void trace_svg(struct trace *trace)
{
    struct svg svg = {.trace = trace, .output = &trace->output};
    lay_out(&svg);
    svg.misbehaving = calloc(trace->scenario->nodes, sizeof *svg.misbehaving);
    svg.last_label = calloc(svg.rows, sizeof *svg.last_label);
    if (svg.misbehaving != NULL && svg.last_label != NULL) {
        scenario_draw_byzantine(trace->scenario, 0, svg.misbehaving);
        write_head(&svg);
        write_axis(&svg);
        write_rows(&svg);
        write_view_changes(&svg);
        write_arrows(&svg);
        const size_t lost = write_losses(&svg);
        write_entries(&svg);
        write_types(&svg);
        write_marks(&svg, lost);
        write_title(&svg);
        output_print(&trace->output, "</svg>\n");
    } else {
        trace->out_of_memory = true;
    }
    free(svg.misbehaving);
    free(svg.last_label);
}

#include "runner/plot_request.h"

#include <stdlib.h>
#include <string.h>

#include "runner/plot_series.h"

struct quantity {
    const char *name, *brief, *meaning;
};

static const struct quantity quantities[] = {
    {"commit_latency", "request to execution by all", "request until the last correct replica executed it"},
    {"request_latency", "request to reply", "request until its client accepted the reply"},
    {"decision_latency_first", "first replica commits", "pre-prepare until the first correct replica committed"},
    {"decision_latency_median", "half commit", "pre-prepare until half of the correct replicas committed"},
    {"decision_latency_quorum", "quorum commits", "pre-prepare until a quorum committed"},
    {"decision_latency_all", "all correct commit", "pre-prepare until the last correct replica committed"},
    {NULL, NULL, NULL},
};

static const struct quantity *find_quantity(const char *name)
{
    for (size_t i = 0; quantities[i].name != NULL; i++) {
        if (strcmp(quantities[i].name, name) == 0) {
            return &quantities[i];
        }
    }
    return NULL;
}

const char *quantity_at(size_t index)
{
    return quantities[index].name;
}

const char *quantity_meaning(const char *quantity)
{
    const struct quantity *found = find_quantity(quantity);
    return found != NULL ? found->meaning : NULL;
}

const char *quantity_short(const char *quantity)
{
    const struct quantity *found = find_quantity(quantity);
    return found != NULL ? found->brief : NULL;
}

#define LINE_SIZE 512
#define LINE_WIDTH 72 /* what stays readable under the title */

/* How the scenario's lines show an option. */
struct shown {
    const char *option, *before, *after;
    const char *unless; /* the value that goes without saying */
};

static const struct shown shown_options[] = {
    {"nodes", "n = ", "", NULL},
    {"byzantine", "", " misbehaving", "0"},
    {"byzantine_ids", "misbehaving: ", "", NULL},
    {"behavior", "behaviour ", "", NULL},
    {"latency_matrix", "latencies of ", "", NULL},
    {"delay", "delay ", "", NULL},
    {"bandwidth_bps", "uplinks ", "", NULL},
    {"drop", "drop ", "", "0"},
    {"client_drop", "clients' drop ", "", "0"},
    {"duplicate", "duplicate ", "", "0"},
    {"reorder", "reorder ", "", "0"},
    {"gst_ns", "GST ", "", NULL},
    {"schedule", "schedule ", "", NULL},
    {"requests", "", " requests", "1"},
    {"clients", "", " clients", "1"},
    {"rate", "", " requests a second", NULL},
    {"batch", "batch ", "", "1"},
    {"auth", "auth ", "", "none"},
    {"view_timeout", "view timeout ", "", NULL}, /* these three only if --where chose one */
    {"client_timeout", "client timeout ", "", NULL},
    {"retransmit", "resends after ", "", NULL},
    {"pipeline", "pipeline ", "", "64"},
    {"payload", "payload ", "", "16"},
    {"clock", "", " clock", NULL},
    {"repeat", "", " runs each", "1"},
    {"seed", "seed ", "", NULL},
};

static bool varies(const struct plot_input *input, const char *option)
{
    return plot_table_find(&input->table, option) < input->table.options;
}

/* The option's words, or "" if it varies, is not known, or goes without saying. */
static void show_option(const struct plot_input *input, const struct shown *shown, char *words, size_t size)
{
    char value[128];
    plot_input_option(input, shown->option, value, sizeof value);
    char *end;
    double number = strtod(value, &end);
    bool is_number = end != value && *end == '\0';
    char count[32];
    plot_input_option(input, "byzantine", count, sizeof count);
    bool nobody = strcmp(shown->option, "behavior") == 0 && strcmp(count, "0") == 0 && !varies(input, "byzantine");
    bool unsaid = shown->unless != NULL &&
                  (is_number ? number >= strtod(shown->unless, NULL) && number <= strtod(shown->unless, NULL)
                             : strcmp(value, shown->unless) == 0);
    *words = '\0';
    if (nobody || *value == '\0' || unsaid || varies(input, shown->option)) {
        return;
    }
    if (is_number && strcmp(shown->option, "seed") != 0) { /* seeds may have more digits than a double */
        plot_number_text(shown->option, number, value, sizeof value);
    }
    snprintf(words, size, "%s%s%s", shown->before, value, shown->after);
}

/* Without a config, the table at least says how many runs a cell has. */
static void show_repeats(const struct plot_table *table, char *words, size_t size)
{
    size_t column = plot_table_find(table, "repeats");
    const char *repeats = table->rows > 0 ? plot_table_cell(table, 0, column) : NULL;
    for (size_t row = 1; repeats != NULL && row < table->rows; row++) {
        const char *other = plot_table_cell(table, row, column);
        repeats = other != NULL && strcmp(other, repeats) == 0 ? repeats : NULL;
    }
    if (repeats != NULL) {
        snprintf(words, size, "%s runs each", repeats);
    }
}

void plot_titles(const struct plot_request *request, struct gnuplot *plot, const char *title)
{
    char lines[2][LINE_SIZE] = {"", ""};
    size_t line = 0;
    for (size_t i = 0; i < sizeof shown_options / sizeof *shown_options; i++) {
        char words[192];
        show_option(request->input, &shown_options[i], words, sizeof words);
        if (*words == '\0') {
            continue;
        }
        size_t length = strlen(lines[line]);
        if (length > 0 && length + strlen(words) > LINE_WIDTH && line == 0) {
            line = 1;
            length = 0;
        }
        snprintf(lines[line] + length, LINE_SIZE - length, "%s%s", length > 0 ? "  ·  " : "", words);
    }
    if (request->input->config == NULL) {
        show_repeats(&request->input->table, lines[0], LINE_SIZE);
    }
    gnuplot_text(plot, "title_text", request->title != NULL ? request->title : title);
    gnuplot_text(plot, "scenario_1", lines[0]);
    gnuplot_text(plot, "scenario_2", lines[1]);
}

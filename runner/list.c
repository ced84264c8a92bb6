#include "runner/list.h"

#include <string.h>

#include "faults/behavior.h"
#include "net/latency_table.h"
#include "runner/builtin_matrix.h"
#include "runner/exit_code.h"
#include "runner/output.h"
#include "runner/plugin_library.h"
#include "runner/presets.h"

static void print_item(struct output *output, const char *name, const char *summary)
{
    output_print(output, "  %-26s %s\n", name, summary);
}

static void list_behaviors(struct output *output)
{
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        const struct behavior *behavior = behavior_at(i);
        output_print(output, "  %-26s %s", behavior->name, behavior->summary);
        for (size_t j = 0; j < MOST_PARAMETERS && behavior->parameters[j].name != NULL; j++) {
            const struct behavior_parameter *parameter = &behavior->parameters[j];
            output_print(output, "%s%s=%s: %s [%s]", j == 0 ? "; (" : ", ", parameter->name,
                         parameter->is_time ? "T" : "N", parameter->help, parameter->initial);
        }
        output_print(output, "%s\n", behavior->parameters[0].name == NULL ? "" : ")");
    }
}

static void list_delays(struct output *output)
{
    print_item(output, "none", "at once");
    print_item(output, "fixed:10ms", "always the same");
    print_item(output, "uniform:5ms..35ms", "each time between the two as likely");
    print_item(output, "normal:250ms,50ms", "mean and standard deviation; below zero reads as zero");
    print_item(output, "exponential:10ms", "mean");
    print_item(output, "lognormal:10ms,0.5", "median, and the logarithm's standard deviation");
    print_item(output, "pareto:5ms,2.5", "least, and alpha: the smaller, the heavier the tail");
}

static void list_processing(struct output *output)
{
    print_item(output, "none", "no time");
    print_item(output, "fixed:5us", "for each message received; or any other of the distributions above");
    print_item(output, "auth",
               "what the chosen --auth costs: Ed25519 36 us to sign, 112 us to verify, a keyed hash 62 ns,");
    print_item(output, "", "hashing contents 259 ns and 2.5 ns for each byte beyond 64");
    print_item(output, "auth+fixed:5us", "both");
}

static void list_presets(struct output *output)
{
    for (size_t i = 0; preset_at(i) != NULL; i++) {
        const struct preset *preset = preset_at(i);
        print_item(output, preset->name, preset->summary);
        output_print(output, "  %-26s", "");
        for (size_t option = 0; option < preset->option_count; option++) {
            output_print(output, " --%s %s", option_at(preset->options[option].id)->name, preset->options[option].text);
        }
        output_print(output, "\n");
    }
}

/* The comments of its table, which say where the figures come from. */
static void print_source(struct output *output, const char *table)
{
    while (*table == '#') {
        size_t length = strcspn(table, "\n");
        output_print(output, "      %.*s\n", (int)(length - 1 - (table[1] == ' ')), table + 1 + (table[1] == ' '));
        table += length + (table[length] == '\n');
    }
}

static void list_matrices(struct output *output)
{
    for (const struct builtin_matrix *builtin = builtin_matrices; builtin->name != NULL; builtin++) {
        char names[200] = "";
        struct error error;
        struct latency_matrix *matrix = latency_parse(builtin->table, builtin->name, &error);
        if (matrix != NULL) {
            latency_names_text(matrix, names, sizeof names);
        }
        print_item(output, builtin->name, names);
        print_source(output, builtin->table);
        latency_matrix_destroy(matrix);
    }
}

static const struct {
    const char *name;
    const char *title;
    void (*list)(struct output *output);
} sections[] = {
    {"behaviors", "What misbehaving replicas do (--behavior)", list_behaviors},
    {"delays", "Delay distributions (--delay, --client-delay, --processing)", list_delays},
    {"matrices", "Latency matrices (--latency-matrix): one-way delays between regions", list_matrices},
    {"processing", "Time that a replica needs (--processing), under the virtual clock", list_processing},
    {"presets", "Presets (--preset)", list_presets},
};
#define SECTIONS (sizeof sections / sizeof *sections)

static void print_help(struct output *output)
{
    output_print(output, "Usage: pbft list [behaviors|delays|matrices|processing|presets]\n"
                         "       pbft list --behavior-plugin FILE.so\n"
                         "Shows what there is to choose from; or the behaviours that a shared object brings "
                         "(faults/pbft_behavior.h).\n");
}

static bool print_section(struct output *output, const char *name)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        if (strcmp(sections[i].name, name) == 0) {
            sections[i].list(output);
            return true;
        }
    }
    return false;
}

static int list_plugin(struct output *output, const char *paths)
{
    struct error error, why;
    struct plugin_library *library = plugin_library_create();
    const struct plugin_set *plugins = plugin_library_find(library, paths, &why);
    for (size_t i = 0; plugins != NULL && i < plugins->count; i++) {
        print_item(output, plugins->behaviors[i].name, plugins->behaviors[i].summary);
    }
    bool found = plugins != NULL;
    plugin_library_destroy(library);
    if (!found) {
        error_set(&error, "--behavior-plugin: %s", why.text);
        return fail_usage("list", &error);
    }
    return end_page("list", output);
}

int list_command(int argc, char **argv)
{
    struct output output;
    struct error error;
    output_open(&output, NULL, &error);
    if (argc == 3 && strcmp(argv[1], "--behavior-plugin") == 0) {
        return list_plugin(&output, argv[2]);
    }
    if (argc > 2) {
        error_set(&error, "one of behaviors, delays, matrices, processing, presets is allowed, or nothing for all");
        return fail_usage("list", &error);
    }
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help(&output);
    } else if (argc == 2 && !print_section(&output, argv[1])) {
        error_set(&error, "there is no list '%.60s'; there are: behaviors, delays, matrices, processing, presets",
                  argv[1]);
        return fail_usage("list", &error);
    }
    for (size_t i = 0; argc == 1 && i < SECTIONS; i++) {
        output_print(&output, "%s%s:\n", i == 0 ? "" : "\n", sections[i].title);
        sections[i].list(&output);
    }
    return end_page("list", &output);
}

#include "runner/command.h"

#include <sodium/core.h>
#include <stddef.h>
#include <string.h>

#include "runner/bench.h"
#include "runner/exit_code.h"
#include "runner/explore.h"
#include "runner/help.h"
#include "runner/list.h"
#include "runner/output.h"
#include "runner/plot.h"
#include "runner/replay.h"
#include "runner/run_command.h"
#include "runner/signals.h"
#include "runner/sweep.h"
#include "runner/version.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", run_command},     {"sweep", sweep_command}, {"explore", explore_command}, {"replay", replay_command},
    {"bench", bench_command}, {"plot", plot_command},   {"list", list_command},
};

static bool asks_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_version(const char *word)
{
    return strcmp(word, "version") == 0 || strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0;
}

/* `pbft help COMMAND` is `pbft COMMAND --help`. */
static int help_for(char **argv)
{
    static char dashes[] = "--help";
    char *words[] = {argv[2], dashes, NULL};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(words[0], commands[i].name) == 0) {
            return commands[i].run(2, words);
        }
    }
    struct error error;
    error_set(&error, "there is no command '%.60s'; there are: run, sweep, explore, replay, bench, plot, list",
              words[0]);
    return fail_usage("", &error);
}

int command_main(int argc, char **argv)
{
    struct error error;
    output_guard_standard_streams();
    signals_ignore_broken_pipes();
    if (sodium_init() < 0) { /* looks which instructions the processor has */
        error_set(&error, "libsodium cannot be used here");
        return fail_runtime("", &error);
    }
    if (argc < 2) {
        error_set(&error, "a command is missing; there are: run, sweep, explore, replay, bench, plot, list");
        return fail_usage("", &error);
    }
    const char *name = argv[1];
    if (asks_help(name)) {
        return argc > 2 ? help_for(argv) : help_print("", 0);
    }
    if (asks_version(name)) {
        return version_print();
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            if (argc == 3 && (strcmp(argv[2], "--version") == 0 || strcmp(argv[2], "-V") == 0)) {
                return version_print();
            }
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    error_set(&error, "there is no %s '%.60s'; there are: run, sweep, explore, replay, bench, plot, list",
              name[0] == '-' ? "option" : "command", name);
    return fail_usage("", &error);
}

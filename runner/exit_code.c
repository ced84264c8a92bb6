#include "runner/exit_code.h"

#include <errno.h>
#include <stdio.h>

#include "runner/output.h"

static void say(const char *command, const struct error *error)
{
    fprintf(stderr, "pbft%s%s: %s\n", command[0] == '\0' ? "" : " ", command, error->text);
}

int fail_usage(const char *command, const struct error *error)
{
    say(command, error);
    fprintf(stderr, "Try 'pbft%s%s --help'.\n", command[0] == '\0' ? "" : " ", command);
    return EXIT_USAGE;
}

int fail_runtime(const char *command, const struct error *error)
{
    say(command, error);
    return EXIT_RUNTIME;
}

int end_page(const char *command, struct output *output)
{
    struct error error;
    if (output_close(output, &error) || output->failure == EPIPE) {
        return EXIT_DONE;
    }
    return fail_runtime(command, &error);
}

#include "runner/help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/exit_code.h"
#include "runner/generate.h"
#include "runner/options.h"
#include "runner/output.h"

#define USUAL_WIDTH 100
#define LEAST_WIDTH 60
#define MOST_WIDTH 200
#define COLUMN 32 /* where explanations begin */

static const char top[] =
    "Usage: pbft COMMAND [OPTION]...\n"
    "An in-memory emulator of Practical Byzantine Fault Tolerance: replicas on threads, or under a virtual clock.\n"
    "\n"
    "Commands:\n"
    "  run      one scenario, as often as --repeat says\n"
    "  sweep    a grid of scenarios: options take lists (4,7,10) and ranges (0..6, 0%..20%:5%)\n"
    "  replay   a run that was recorded (run --record FILE), executed again event by event\n"
    "  explore  many random fault scenarios under the virtual clock, up to the first that breaks something\n"
    "  bench    how fast the parts are, each beside its ceiling, and how close the whole comes\n"
    "  plot     pictures from a sweep's, a run's or a benchmark's output\n"
    "  list     what there is to choose from: behaviors, delays, matrices, processing, presets\n"
    "\n"
    "  pbft COMMAND --help    the command's options\n"
    "  pbft --version         version, compiler, sanitizer, allocator and libraries\n"
    "\n"
    "Exit codes: 0 done, 1 runtime error, 2 --expect not met, 3 safety violated, 64 usage error,\n"
    "130 interrupted (what was finished is saved).\n"
    "\n"
    "Try: pbft run --nodes 4\n"
    "     pbft sweep --preset article -o article.csv\n";

static const char run_top[] =
    "Usage: pbft run [OPTION]...\n"
    "Runs one scenario, --repeat times, and says whether it was safe and live, how long it took, and what it cost.\n";

static const char replay_top[] =
    "Usage: pbft replay FILE [OPTION]...\n"
    "Executes a run that `pbft run --record FILE` has recorded again, event by event in one thread, whatever clock it\n"
    "ran by, and says whether it came to the same. Prints, steps through or draws any part of it.\n";

static const char replay_end[] =
    "\nTimes need a unit (500us, 10ms, 2s).\n"
    "Exit codes: 0 done and the same, 1 the recording is damaged or the run came to something else,\n"
    "2 --expect not met, 3 safety violated (unless --expect violation), 64 usage error, 130 interrupted.\n";

static const char run_end[] =
    "\nTimes need a unit (500us, 10ms, 2s), shares are 5% or 0.05, counts take k, M and G (10k).\n"
    "Exit codes: 0 done, 1 runtime error, 2 --expect not met, 3 safety violated (unless --expect violation),\n"
    "64 usage error, 130 interrupted (what was finished is printed and says that it is partial).\n";

static const char sweep_top[] =
    "Usage: pbft sweep [OPTION]...\n"
    "       pbft sweep --merge FILE... -o FILE\n"
    "Runs a grid of scenarios: every option that describes the scenario takes one value, a list (4,7,10) or a range\n"
    "(0..6, 1..10:3, 0%..20%:5%, 10ms..50ms:10ms). The grid is the cross product, the first option given varies\n"
    "slowest. Values that have commas themselves are separated by ';' (quote it). All cells use the same seeds.\n"
    "\n"
    "With -o FILE.csv or FILE.jsonl every finished cell is in the file at once; the same command goes on behind the\n"
    "last one after an interruption. FILE.state beside it remembers the options. Latencies are over the runs that\n"
    "were safe and live.\n";

static const char sweep_end[] =
    "\nTimes need a unit (500us, 10ms, 2s), shares are 5% or 0.05, counts take k, M and G (10k).\n"
    "Exit codes: 0 done (a cell whose safety was violated is a result), 1 runtime error, 2 --expect not met,\n"
    "64 usage error, 130 interrupted (finished cells are kept).\n";

static const char explore_top[] =
    "Usage: pbft explore [OPTION]...\n"
    "Runs random scenarios under the virtual clock on all cores, each made from its seed: sizes, misbehaviours, faults "
    "of\n"
    "the network, timers, load. First there is chaos, which must be safe; from --gst on the network is reliable, and "
    "every\n"
    "request must be executed within f+2 views. At the first scenario that breaks this it stops, makes it as small as "
    "it\n"
    "can, and prints one command that shows it again. At the end it says what was covered.\n"
    "\n"
    "An option that is given holds for every scenario; with several values (4,7,10 or 4..13) each scenario draws one.\n"
    "What is not given is drawn. --byzantine also takes f (the most that n replicas tolerate) and 2q-n (the fewest "
    "that\n"
    "can break agreement), alone or in a range; it is 0..f unless given.\n";

static const char explore_end[] =
    "\nTimes need a unit (500us, 10ms, 2s), shares are 5% or 0.05, counts take k, M and G (10k).\n"
    "Exit codes: 0 done and nothing found, or found what --expect violation wants; 1 runtime error, also a campaign "
    "in\n"
    "which a behaviour never took effect; 2 --expect not met; 3 a violation; 64 usage error; 130 interrupted.\n";

static const char bench_top[] =
    "Usage: pbft bench PART... [OPTION]...\n"
    "Measures parts of the program, repeatedly, each beside a ceiling that is measured in the same run.\n"
    "\n"
    "  ring         an entry handed over between two cores, and on one       | blocks of plain memory\n"
    "  votes        a vote counted from a stream in memory, 4 to 1024 nodes   | a bare bitset\n"
    "  delay-line   an entry in and out of the wheel, 1k to 10M in flight     | the same entries in a row\n"
    "  virtual      the virtual clock: real replicas, and nodes that count    | its queue and the vote alone\n"
    "  cluster      replicas on threads, no delay, closed loop                | the parts alone, on all cores\n"
    "  start        creating, starting and stopping replicas' threads         | threads that do nothing\n"
    "  allocator    cluster and virtual under jemalloc and under glibc's malloc\n"
    "  all          all of these, in three to four minutes\n"
    "\n"
    "A scenario's options are for virtual, cluster and start, and take lists and ranges as in a sweep; --nodes has\n"
    "several values by default, --delay is none for cluster and start; cluster chooses what is in flight.\n"
    "pbft plot draws what --format json writes.\n";

static const char bench_end[] =
    "\nTimes need a unit (500us, 10ms, 2s), shares are 5% or 0.05, counts take k, M and G (10k).\n"
    "Parts that work in one thread are measured in its CPU time, what runs on several cores in real time.\n"
    "Exit codes: 0 done, 1 runtime error, 64 usage error, 130 interrupted (what was finished is printed).\n";

static const struct {
    const char *command, *top, *end;
} pages[] = {
    {"run", run_top, run_end},          {"sweep", sweep_top, sweep_end}, {"explore", explore_top, explore_end},
    {"replay", replay_top, replay_end}, {"bench", bench_top, bench_end},
};

/* Columns of a line: as the shell's COLUMNS says, within reason. */
static size_t width(void)
{
    const char *text = getenv("COLUMNS");
    unsigned long columns = text == NULL ? 0 : strtoul(text, NULL, 10);
    return columns == 0            ? USUAL_WIDTH
           : columns < LEAST_WIDTH ? LEAST_WIDTH
           : columns > MOST_WIDTH  ? MOST_WIDTH
                                   : columns;
}

/* Prints `text` from column COLUMN on, wrapped; the line stands at `at` already. */
static void print_wrapped(struct output *output, const char *text, size_t at)
{
    const size_t last = width();
    size_t column = at;
    if (at + 2 > COLUMN) {
        output_print(output, "\n");
        column = 0;
    }
    output_print(output, "%*s", (int)(COLUMN - column), "");
    column = COLUMN;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column + 1 + word > last && column > COLUMN) {
            output_print(output, "\n%*s", COLUMN, "");
            column = COLUMN;
        }
        output_print(output, "%s%.*s", column > COLUMN ? " " : "", (int)word, text);
        column += word + (column > COLUMN);
        text += word + strspn(text + word, " ");
    }
    output_print(output, "\n");
}

static const char *default_words(enum option_id id, unsigned commands)
{
    const struct option *option = option_at(id);
    if (commands == FOR_EXPLORE && (generate_draws(id) || id == OPT_CLOCK || id == OPT_BYZANTINE)) {
        return id == OPT_CLOCK ? "virtual" : id == OPT_BYZANTINE ? "0..f" : "drawn";
    }
    return option->initial != NULL ? option->initial : option->derived;
}

static void print_option(struct output *output, enum option_id id, unsigned commands)
{
    const struct option *option = option_at(id);
    char left[80];
    char right[600];
    char letter[8] = "    ";
    const char *initial = default_words(id, commands);
    if (option->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    }
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, option->name, option->argument == NULL ? "" : " ",
             option->argument == NULL ? "" : option->argument);
    bool says_default = initial != NULL && option->type != OPTION_FLAG;
    snprintf(right, sizeof right, "%s%s%s%s", option->help, says_default ? " [" : "", says_default ? initial : "",
             says_default ? "]" : "");
    output_print(output, "%s", left);
    print_wrapped(output, right, strlen(left));
}

static void print_groups(struct output *output, unsigned commands)
{
    for (unsigned group = 0; group < OPTION_GROUPS; group++) {
        bool titled = false;
        for (unsigned id = 0; id < OPTION_COUNT; id++) {
            const struct option *option = option_at((enum option_id)id);
            if (option->group != group || (option->commands & commands) == 0) {
                continue;
            }
            if (!titled) {
                output_print(output, "\n%s [default]:\n", option_group_title((enum option_group)group));
                titled = true;
            }
            print_option(output, (enum option_id)id, commands);
        }
    }
}

int help_print(const char *command, unsigned commands)
{
    struct output output;
    struct error error;
    output_open(&output, NULL, &error);
    if (command[0] == '\0') {
        output_print(&output, "%s", top);
    } else {
        size_t page = 0;
        while (strcmp(pages[page].command, command) != 0) {
            page++;
        }
        output_print(&output, "%s", pages[page].top);
        print_groups(&output, commands);
        output_print(&output, "%s", pages[page].end);
    }
    return end_page(command, &output);
}

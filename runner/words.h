/* Texts for people: times, counts and scenarios in words, and command lines that can be pasted. Pure functions. */
#ifndef PBFT_RUNNER_WORDS_H
#define PBFT_RUNNER_WORDS_H

#include "runner/settings.h"

/* "17 us", "71.5 ms", "2.30 s": three digits and a unit. */
#define TIME_WORDS_SIZE 32
void time_words(double ns, char text[TIME_WORDS_SIZE]);

/* "1 request", "12 requests" */
#define COUNT_WORDS_SIZE 64
void count_words(uint64_t count, const char *noun, char text[COUNT_WORDS_SIZE]);

/* The scenario in a sentence without its seed. `varies` (OPTION_COUNT flags, or NULL) leaves out what varies. */
#define SCENARIO_WORDS_SIZE 2048
void scenario_words(const struct scenario *scenario, const bool *varies, char text[SCENARIO_WORDS_SIZE]);

enum command_form {
    COMMAND_AGAIN,      /* everything that was given, and the seed */
    COMMAND_GRID,       /* the same in the order in which it was given, which is that of the axes; all seeds */
    COMMAND_SINGLE_RUN, /* one run with the seed given beside */
};

#define COMMAND_SIZE 16384
/* The command line `pbft COMMAND ...` for these settings, quoted for a shell. `also` (OPTION_COUNT flags, or NULL)
 * are options that are written although a preset set them: the axes of a sweep, in a cell. */
void command_text(const struct settings *settings, const char *command, enum command_form form, uint64_t seed,
                  const bool *also, char text[COMMAND_SIZE]);

#endif

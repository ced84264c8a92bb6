/* One misbehavior as --behavior writes it: `NAME`, or `NAME(key=value,...)`. Pure functions, any thread. */
#ifndef PBFT_RUNNER_BEHAVIOR_TEXT_H
#define PBFT_RUNNER_BEHAVIOR_TEXT_H

#include "runner/plugin_library.h"
#include "runner/scenario.h"

/* Long enough for any of them. */
#define BEHAVIOR_TEXT_SIZE 256

/* Looks the name up in the catalogue and in `plugins` (may be NULL). False with a sentence that names what is allowed.
 */
bool behavior_text_read(const char *text, const struct plugin_set *plugins, struct chosen_behavior *chosen,
                        struct error *error);
/* The text that behavior_text_read() reads back to the same; only the values that were given. */
void behavior_text_write(const struct chosen_behavior *chosen, char text[BEHAVIOR_TEXT_SIZE]);

/* How many bytes of `text` come before the first comma that stands outside parentheses. */
size_t behavior_text_part(const char *text);

/* The keys of a behavior, each with its default: "(at=T)"; empty where it has none. */
void behavior_parameters_text(const struct behavior *behavior, char text[BEHAVIOR_TEXT_SIZE]);

#endif

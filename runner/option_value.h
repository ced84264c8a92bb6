/* One option's value: from text into a field of a struct scenario, and back to the text that reads as the same value.
 * Strict: what is not wholly understood is refused. Sentences say what is allowed, not which option it was. Pure. */
#ifndef PBFT_RUNNER_OPTION_VALUE_H
#define PBFT_RUNNER_OPTION_VALUE_H

#include "runner/number_value.h"
#include "runner/options.h"

/* Reads `text` into the option's field. False with what is allowed; the field is then undefined. */
bool option_read(enum option_id id, const char *text, struct scenario *scenario, struct error *error);
/* The canonical text of the field; "off" words included. */
void option_write(enum option_id id, const struct scenario *scenario, char text[OPTION_TEXT_SIZE]);

/* Whether the field holds the value of the word that switches the option off. */
bool option_is_off(enum option_id id, const struct scenario *scenario);
/* Fields by their type's width, for whoever goes through the table. */
uint64_t option_integer(enum option_id id,
                        const struct scenario *scenario);               /* flags, counts, durations, rates, choices */
double option_real(enum option_id id, const struct scenario *scenario); /* shares, numbers */

#endif

/* `pbft plot --where OPTION=VALUE`: of a sweep over many options, the part in which some of them have one value. */
#ifndef PBFT_RUNNER_PLOT_WHERE_H
#define PBFT_RUNNER_PLOT_WHERE_H

#include "runner/plot_input.h"

/* Whether this is OPTION=VALUE at all. */
bool plot_where_is_one(const char *condition);

/* Keeps the rows in which the option has the value, as text or as the number that both mean (10% is 0.1). The option
 * no longer varies then, and stands in the config. `condition` is one. False with a sentence that says what there
 * is. */
bool plot_where(struct plot_input *input, const char *condition, struct error *error);

#endif

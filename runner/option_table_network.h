/* The part of the option table that is about the network, and what entries of the table are written with. Only
 * option_table.c asks for it. */
#ifndef PBFT_RUNNER_OPTION_TABLE_NETWORK_H
#define PBFT_RUNNER_OPTION_TABLE_NETWORK_H

#include "runner/options.h"

#define FIELD(member) .scenario = true, .offset = offsetof(struct scenario, member)
#define NS_PER_HOUR 3.6e12
#define MOST_NS (1e6 * NS_PER_HOUR) /* 114 years: sums of a few stay far below 2^64 */

/* The entry; its name is NULL if the option is none of the network. */
const struct option *network_option_at(enum option_id id);

#endif

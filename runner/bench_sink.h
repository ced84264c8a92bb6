/* What reads the journals of a part that is measured without the checker: nobody. One thread. */
#ifndef PBFT_RUNNER_BENCH_SINK_H
#define PBFT_RUNNER_BENCH_SINK_H

#include "net/driver.h"

/* Drops what comes, and awaits something for ever. */
struct journal_sink bench_sink(void);

#endif

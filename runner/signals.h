/* Interruption by the user. */
#ifndef PBFT_RUNNER_SIGNALS_H
#define PBFT_RUNNER_SIGNALS_H

#include <stdatomic.h>

/* From here on SIGINT, SIGTERM and SIGHUP set the flag that is returned, instead of ending the process; a second one
 * ends it. The flag lives as long as the process. Call once, on the main thread, before any other starts. */
const atomic_int *signals_catch(void);

/* Writing to a closed pipe fails with a code that is noticed, instead of ending the process. */
void signals_ignore_broken_pipes(void);

#endif

/* The primary's part: batches pending requests into pre-prepares (OSDI 1999, section 4.2 and 5.1.4 on batching). */
#ifndef PBFT_CORE_PROPOSE_H
#define PBFT_CORE_PROPOSE_H

#include "core/replica_internal.h"

/* Called at the end of a step: while this replica is the active primary, requests wait, and there is room in the
 * pipeline and the window, gives out sequence numbers. */
void propose_ready(const struct step *step);

#endif

/* Execution in order, without gaps, exactly once, and the replies (OSDI 1999, section 4.2; R12, R28). */
#ifndef PBFT_CORE_EXECUTE_H
#define PBFT_CORE_EXECUTE_H

#include "core/replica_internal.h"

/* Executes what is committed next, for as long as there is no gap; replies, and takes checkpoints. */
void execute_ready(const struct step *step);
/* Executes what is next and lies at or below h (R22): the log has no slot for it any more. `batch` as it was committed
 * in `view`, by a certificate that others gathered (R32), or NULL for a null request. */
void execute_behind(const struct step *step, view_number view, struct payload *batch);

/* Sends a client its last reply (R28). */
void execute_reply(const struct step *step, node_id client, uint16_t attempt);

#endif

/* Whether a NEW-VIEW rests on what it claims (OSDI 1999, section 4.4; R14, R15, R17 to R20, R30), read and judged by
 * code of the checker's own: only the formats, the keys and the hash are core's. What core found out about the contents
 * before is not asked for. Pure functions of their arguments. */
#ifndef PBFT_RUNNER_CHECKER_VIEW_PROOF_H
#define PBFT_RUNNER_CHECKER_VIEW_PROOF_H

#include "core/auth.h"
#include "core/config.h"
#include "core/payload.h"

/* Whether it opens `view`: q VIEW-CHANGEs for it by distinct authors, each its author's own, each with a proven stable
 * checkpoint and proven certificates within its window; and O is the primary's own and what V demands: the batch that V
 * proves prepared in the highest view for each sequence number from min-s to max-s, null where it proves none. Sets
 * `*out_of_memory` if memory is lacking. */
bool new_view_is_proven(const struct payload *new_view, view_number view, const struct protocol_config *protocol,
                        const struct keyring *keyring, bool *out_of_memory);

#endif

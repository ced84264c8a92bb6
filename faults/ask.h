/* VIEW-CHANGEs that misbehaving replicas make up. Each is signed by its author and nobody else (R30): the outbox tags
 * it, and what stands in it about others' votes is either genuine or to be found out. */
#ifndef PBFT_FAULTS_ASK_H
#define PBFT_FAULTS_ASK_H

#include "faults/wrap.h"

/* Broadcasts a valid VIEW-CHANGE for `view` that knows of nothing: h = 0 and an empty P. */
void ask_for_view(struct wrap *wrap, view_number view, struct outbox *outbox);

/* Sends contents as the VIEW-CHANGE of this replica for `view` with h = `stable`, to all; seals them and drops the
 * reference. */
void ask_with(struct wrap *wrap, view_number view, sequence_number stable, struct payload *contents,
              struct outbox *outbox);

#endif

/* Watches what a replica sends, from outside of it: a correct one never votes for two digests in one (view, sequence
 * number, phase), nor in a view below its VIEW-CHANGE (invariant I8; R13). The outbox asks it about every message.
 * Remembers a window's worth of votes. One owner, one thread. */
#ifndef PBFT_CORE_VOTE_WATCH_H
#define PBFT_CORE_VOTE_WATCH_H

#include "core/message.h"

struct vote_watch;

/* One for each of `replicas`, with logs of this window. NULL if memory is lacking. */
struct vote_watch *vote_watch_create(uint32_t replicas, uint32_t window);
void vote_watch_destroy(struct vote_watch *watch);

/* Takes note of a message about to leave; false if no correct replica could send it after those before. */
bool vote_watch_allows(struct vote_watch *watch, const struct message *message);

#endif

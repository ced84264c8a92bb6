/* Backups pass clients' requests on to the primary (R29; OSDI 1999, section 4.4). Steps of a replica. */
#ifndef PBFT_CORE_RELAY_H
#define PBFT_CORE_RELAY_H

#include "core/replica_internal.h"

/* What the client sent to this replica, if that is a backup in an active view. */
void relay_request(const struct step *step, const struct message *request);

/* On entering a view: the requests that are pending here by their clients' own word. The primary of this view may never
 * have heard of them, and clients wait ever longer before they ask again; this replica's timer does not. */
void relay_pending(const struct step *step);

#endif

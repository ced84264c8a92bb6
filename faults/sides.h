/* How a coalition divides the correct replicas, the same for each of its members and for the whole run (protocol.md,
 * Quorums): two sides as even as can be. Where agreement can be broken at all (b >= 2q-n) each side then has the q-b
 * that it takes; below that the larger one still has them at b = f, n = 3f+1, and the smaller one is left behind.
 * Also whom omitters leave out. Immutable once made. */
#ifndef PBFT_FAULTS_SIDES_H
#define PBFT_FAULTS_SIDES_H

#include "faults/behavior.h"

/* Writes the side of each replica, 0 or 1, into `side` (n flags): that of a correct replica is drawn from the seed,
 * that of a misbehaving one is 0. False if memory is lacking. */
bool sides_draw(const struct coalition *coalition, bool *side);

/* Marks in `victim` (n flags) the f correct replicas, or the one where f = 0, that are left out: no more, for the
 * others are to go on without them; and never all correct replicas. False if memory is lacking. */
bool victims_draw(const struct coalition *coalition, bool *victim);

#endif

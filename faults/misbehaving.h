/* What every misbehaving node begins with: how often its misbehaviour was really exercised. Written by the thread that
 * steps the node, read after that thread has been joined. */
#ifndef PBFT_FAULTS_MISBEHAVING_H
#define PBFT_FAULTS_MISBEHAVING_H

#include "core/node.h"

struct inner;

struct misbehaving {
    struct node node; /* first: a driver sees only this */
    uint64_t fired;
    const struct inner *inner; /* the correct replica that it wraps, whose state can be shown; or NULL */
};

#endif

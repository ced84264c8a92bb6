/* Quorum arithmetic for every n, not only 3f+1. Pure functions. Source: OSDI 1999, section 3 for f; Castro's thesis
 * for general n: two quorums of q share a correct replica if 2q - n > f. */
#ifndef PBFT_CORE_QUORUM_H
#define PBFT_CORE_QUORUM_H

#include "core/types.h"

/* f: the number of misbehaving replicas that n >= 1 tolerates, floor((n-1)/3). */
uint32_t quorum_faults(uint32_t n);
/* q: the size of a quorum, ceil((n+f+1)/2). */
uint32_t quorum_size(uint32_t n);
/* The size of a set that holds a correct replica: f+1. */
uint32_t quorum_weak(uint32_t n);
/* The smallest number of misbehaving replicas that can break agreement with quorums of q: 2q-n, or 0 when a partition
 * alone can. UINT32_MAX when fewer than two correct replicas would be left to disagree (2q-n > n-2). */
uint32_t quorum_breaking(uint32_t n, uint32_t q);
/* The smallest number of silent replicas that stops progress: n-q+1. */
uint32_t quorum_stalling(uint32_t n, uint32_t q);
/* The primary of a view: v mod n. */
static inline node_id primary_of(view_number view, uint32_t n)
{
    return view < n ? view : view % n;
}

#endif

/* Zeroed memory of which every replica of a cluster has a piece.
 *
 * There are two ways to it. Cleared by hand, its pages are touched, and those that an earlier cluster freed are used
 * again as they are. Or malloc has the system exchange what was freed for new pages: these cost nothing until they are
 * touched, but each exchange makes every core that runs the process forget its address translations. So what is small
 * in all replicas together is cleared by hand, and what many replicas or large windows would never touch is not. Any
 * thread. */
#ifndef PBFT_CORE_ZEROED_H
#define PBFT_CORE_ZEROED_H

#include <stddef.h>
#include <stdint.h>

/* `count` elements of `size` > 0 bytes, for one of `replicas`. NULL if memory is lacking. Release with free(). */
void *zeroed_of_each(uint32_t replicas, size_t count, size_t size);

#endif

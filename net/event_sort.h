/* The sort behind the event queue: 64-bit keys in nearly linear time, whatever their distribution. Pure functions. */
#ifndef PBFT_NET_EVENT_SORT_H
#define PBFT_NET_EVENT_SORT_H

#include "core/types.h"

/* Sorts the `count` keys of `from` into `to` by their value without the lowest `ignored_bits`, stably. `from` is used
 * as scratch memory; the two do not overlap. `count` is less than 2^32, `ignored_bits` less than 64. */
void event_sort(uint64_t *from, uint64_t *to, size_t count, unsigned ignored_bits);

#endif

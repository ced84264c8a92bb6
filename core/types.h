/* The protocol's scalar types and the constants every layer shares.
 *
 * Pure declarations; usable from any thread. Times are integers of nanoseconds of EMULATED time, counted from the
 * start of the run, and their names end in `_ns`. */
#ifndef PBFT_CORE_TYPES_H
#define PBFT_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Replicas are 0 .. n-1, clients n .. n+c-1; accomplice clients of misbehaving replicas follow them. */
typedef uint32_t node_id;
/* View v has primary v mod n (OSDI 1999, section 4). */
typedef uint32_t view_number;
/* The first request is ordered as 1; 0 means "nothing yet". */
typedef uint64_t sequence_number;

/* No replica gets this far; what claims to be beyond is refused, so that adding a window never wraps around. */
#define SEQUENCE_MOST (UINT64_C(1) << 62)

/* No deadline: a time that never comes. */
#define TIME_NEVER_NS UINT64_MAX

/* Destination of a broadcast: every replica but the sender. */
#define TO_ALL_REPLICAS UINT32_MAX
/* No node at all. */
#define NO_NODE (UINT32_MAX - 1)

/* Upper bounds that the representation rests on; larger values are refused where options are read. */
#define MAX_REPLICAS 16384u
#define MAX_CLIENTS 65536u

#define CACHE_LINE 64

#endif

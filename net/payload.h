/* Memory of payloads (core/payload.h has the rules of who holds what). Any thread may allocate, and whichever drops
 * the last reference frees. Used by both drivers for outbox_allocate(). */
#ifndef PBFT_NET_PAYLOAD_H
#define PBFT_NET_PAYLOAD_H

#include "core/payload.h"

/* One reference, contents undefined, not sealed. Never NULL: ends the process with a sentence when memory
 * is lacking, since a step cannot fail. */
struct payload *payload_allocate(uint32_t size);

#endif

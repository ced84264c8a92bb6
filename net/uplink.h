/* The bandwidth of a node's uplink: what the node sends leaves it one message behind another, each taking its size
 * divided by the rate; a broadcast is a transmission to each destination, in order of destination. There is no limit to
 * how much may wait, and none on what a node receives.
 *
 * When a message's turn comes is known as soon as it is handed over, so both drivers reckon it at the sending, with the
 * same integers. One uplink belongs to one thread. */
#ifndef PBFT_NET_UPLINK_H
#define PBFT_NET_UPLINK_H

#include "core/message.h"

struct uplink {
    uint64_t free_ns; /* when all that was handed over so far has left: free_ns + rest / rate, so that */
    uint64_t rest;    /* roundings do not add up */
};

/* Bytes that a message takes on a link, to each destination: what `messages.bytes` counts. */
static inline uint64_t message_bytes(const struct message *message)
{
    return sizeof *message + payload_travels(message->payload);
}

/* Hands over `copies` transmissions of `bytes` each at `now_ns`; returns when the first of them begins (rounded down).
 * `rate` in bits a second is above zero. Call it in the order of sending. */
uint64_t uplink_take(struct uplink *uplink, uint64_t rate, uint64_t now_ns, uint64_t bytes, uint64_t copies);

/* From the beginning of the first transmission to the end of the `nth`, counted from 1 (rounded up). */
uint64_t uplink_span_ns(uint64_t rate, uint64_t bytes, uint64_t nth);

/* The place of `to` among the transmissions of a broadcast to `replicas`, from 1; of any other message, 1. */
static inline uint64_t uplink_place(const struct message *message, node_id from, node_id to)
{
    if (message->to != TO_ALL_REPLICAS) {
        return 1;
    }
    return (uint64_t)to + (to < from);
}

#endif

/* What a replica computes about its own uplink, so that nothing is sent again before it can have left (R34). It follows
 * the configured rate and the replica's own messages only, so it needs no word from the driver. */
#ifndef PBFT_CORE_UPLINK_METER_H
#define PBFT_CORE_UPLINK_METER_H

#include "core/message.h"

struct uplink_meter {
    uint64_t rate;    /* bits a second; 0: no limit */
    uint64_t free_ns; /* when all that was put out so far has left, rounded down */
    uint64_t now_ns;  /* of the step */
    uint32_t others;  /* copies of a broadcast */
};

static inline void uplink_meter_put(struct uplink_meter *meter, const struct message *message)
{
    uint64_t copies = message->to == TO_ALL_REPLICAS ? meter->others : 1;
    double bits = 8.0 * (double)copies * (double)(sizeof *message + payload_travels(message->payload));
    uint64_t from_ns = meter->free_ns > meter->now_ns ? meter->free_ns : meter->now_ns;
    meter->free_ns = from_ns + (uint64_t)(1e9 * bits / (double)meter->rate);
}

#endif

#include "net/uplink.h"

#include <assert.h>

#define BITS_TIMES_NS UINT64_C(8000000000) /* of a byte at one bit a second */
#define LATEST_NS (TIME_NEVER_NS / 4)      /* leaves room for delays */

__extension__ typedef unsigned __int128 wide_uint;

uint64_t uplink_take(struct uplink *uplink, uint64_t rate, uint64_t now_ns, uint64_t bytes, uint64_t copies)
{
    assert(rate > 0);
    if (uplink->free_ns < now_ns) {
        *uplink = (struct uplink){.free_ns = now_ns};
    }
    uint64_t start_ns = uplink->free_ns;
    wide_uint busy = (wide_uint)bytes * copies * BITS_TIMES_NS + uplink->rest;
    wide_uint whole_ns = busy / rate;
    uplink->rest = (uint64_t)(busy % rate);
    uplink->free_ns = whole_ns < LATEST_NS - start_ns ? start_ns + (uint64_t)whole_ns : LATEST_NS;
    return start_ns;
}

uint64_t uplink_span_ns(uint64_t rate, uint64_t bytes, uint64_t nth)
{
    uint64_t units = bytes * nth;
    if (units <= (UINT64_MAX - rate) / BITS_TIMES_NS) {
        return (units * BITS_TIMES_NS + rate - 1) / rate;
    }
    wide_uint span_ns = ((wide_uint)units * BITS_TIMES_NS + rate - 1) / rate;
    return span_ns < LATEST_NS ? (uint64_t)span_ns : LATEST_NS;
}

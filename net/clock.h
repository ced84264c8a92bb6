/* The real clock, and emulated time as read off it. Emulated time starts at 0 when the run starts and runs `scale`
 * times slower than the host's. Immutable once the run has started; any thread. */
#ifndef PBFT_NET_CLOCK_H
#define PBFT_NET_CLOCK_H

#include "core/types.h"

struct run_clock {
    uint64_t origin_ns; /* host time of emulated 0 */
    double scale;       /* host ns in an emulated ns */
};

/* The host's monotonic clock. */
uint64_t host_now_ns(void);
/* CPU time of the calling thread. */
uint64_t host_thread_cpu_ns(void);

/* Never goes backwards as `host_ns` grows; 0 before the origin. */
uint64_t clock_emulated_ns(const struct run_clock *clock, uint64_t host_ns);
/* The host time at which emulated time has reached `emulated_ns`; TIME_NEVER_NS stays TIME_NEVER_NS. */
uint64_t clock_host_ns(const struct run_clock *clock, uint64_t emulated_ns);

#endif

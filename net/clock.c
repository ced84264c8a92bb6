#include "net/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t host_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t host_thread_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_emulated_ns(const struct run_clock *clock, uint64_t host_ns)
{
    if (host_ns <= clock->origin_ns) {
        return 0;
    }
    const uint64_t elapsed_ns = host_ns - clock->origin_ns;
    return clock->scale == 1.0 ? elapsed_ns : (uint64_t)((double)elapsed_ns / clock->scale);
}

uint64_t clock_host_ns(const struct run_clock *clock, uint64_t emulated_ns)
{
    if (emulated_ns == TIME_NEVER_NS) {
        return TIME_NEVER_NS;
    }
    if (clock->scale == 1.0) {
        return emulated_ns > TIME_NEVER_NS - clock->origin_ns ? TIME_NEVER_NS : clock->origin_ns + emulated_ns;
    }
    /* one more, so that what was rounded down here is not early when rounded down again on the way back */
    const double elapsed_ns = (double)emulated_ns * clock->scale + 1.0;
    return elapsed_ns >= 9e18 ? TIME_NEVER_NS : clock->origin_ns + (uint64_t)elapsed_ns;
}

/* Sleeping and waking, without locks and without a lost wake-up, and when to do so.
 *
 * A parker belongs to one thread, the only one that sleeps on it; any thread may wake it. The two sides store one thing
 * and look at another, so each needs a store-load fence between the two (a store buffer would otherwise let both miss
 * the other; no weaker order forbids it, on x86 either):
 *
 *     sleeper                            waker
 *     parker_announce(p)  (fence in it)  publish what is to be found
 *     look again for something to do     parker_fence()          once for however many parkers
 *     parker_sleep(p) or _cancel(p)      parker_wake(p)          for each
 */
#ifndef PBFT_NET_PARK_H
#define PBFT_NET_PARK_H

#include <stdatomic.h>

#include "core/types.h"

/* What a sleeper wants to be woken for. */
enum parker_state {
    PARKER_AWAKE = 0,
    PARKER_SLEEPING = 1,   /* anything */
    PARKER_URGENT_ONLY = 2 /* only what cannot wait until it wakes by itself */
};

struct parker {
    _Alignas(CACHE_LINE) _Atomic uint32_t state; /* enum parker_state; the futex word */
};

void parker_init(struct parker *parker);

/* The owner. */
void parker_announce(struct parker *parker, enum parker_state state);
void parker_cancel(struct parker *parker);
/* Returns when woken, at `until_ns` of the host's monotonic clock, or for no reason; the announcement is over then.
 * TIME_NEVER_NS: no limit. */
void parker_sleep(struct parker *parker, enum parker_state state, uint64_t until_ns);

/* Wakers. At most one of them makes the system call. */
void parker_fence(void);
void parker_wake(struct parker *parker, bool urgent);

/* Where many threads wait for one word. Any value but 0 opens it, for good. */
struct gate {
    _Atomic uint32_t word;
};

void gate_init(struct gate *gate);
void gate_open(struct gate *gate, uint32_t value);
/* Returns the value. What was done before gate_open() is visible. */
uint32_t gate_wait(struct gate *gate);

/* For a thread that has just started: bind it to a core (if `core` >= 0), exact timers, a name. */
void thread_prepare(const char *name, int core);
/* The cores that this process may use: their number, at least 1, and the `index`-th of them (modulo). */
uint32_t thread_core_count(void);
int thread_core(uint32_t index);

/* When to stop yielding and sleep. It adapts: a sleep that turned out short was not worth its wake-up, so more yields
 * are tried before the next; a long one means that there is little to do. One owner. */
struct idle {
    uint32_t yields; /* fruitless ones in a row */
    uint32_t limit;  /* then sleep */
};

void idle_init(struct idle *idle);
static inline void idle_worked(struct idle *idle)
{
    idle->yields = 0;
}
/* After a duty cycle without work: yields and returns false, or returns true when it is time to sleep. */
bool idle_wants_sleep(struct idle *idle);
void idle_slept(struct idle *idle, uint64_t slept_ns);

#endif

#include "net/park.h"

#include <ck_pr.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void parker_init(struct parker *parker)
{
    atomic_init(&parker->state, PARKER_AWAKE);
}

void parker_announce(struct parker *parker, enum parker_state state)
{
    /* relaxed: the fence orders it before the look that follows */
    atomic_store_explicit(&parker->state, (uint32_t)state, memory_order_relaxed);
    ck_pr_fence_store_load();
}

void parker_cancel(struct parker *parker)
{
    /* relaxed: a waker that still sees the announcement makes one call for nothing */
    atomic_store_explicit(&parker->state, PARKER_AWAKE, memory_order_relaxed);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns)
{
    struct timespec time = {(time_t)(until_ns / 1000000000u), (long)(until_ns % 1000000000u)};
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, until_ns == TIME_NEVER_NS ? NULL : &time, NULL,
            FUTEX_BITSET_MATCH_ANY);
}

void parker_sleep(struct parker *parker, enum parker_state state, uint64_t until_ns)
{
    futex_wait(&parker->state, (uint32_t)state, until_ns);
    parker_cancel(parker);
}

void parker_fence(void)
{
    /* what was published before it is visible to a sleeper whose announcement is not yet visible after it */
    ck_pr_fence_store_load();
}

void parker_wake(struct parker *parker, bool urgent)
{
    /* relaxed: what is to be found travels through the rings, with their own order; this is only a bell */
    const uint32_t state = atomic_load_explicit(&parker->state, memory_order_relaxed);
    if (state == PARKER_AWAKE || (state == PARKER_URGENT_ONLY && !urgent)) {
        return;
    }
    if (atomic_exchange_explicit(&parker->state, PARKER_AWAKE, memory_order_relaxed) != PARKER_AWAKE) {
        syscall(SYS_futex, &parker->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

void gate_init(struct gate *gate)
{
    atomic_init(&gate->word, 0);
}

void gate_open(struct gate *gate, uint32_t value)
{
    /* release: the run's clock and all that was built before it */
    atomic_store_explicit(&gate->word, value, memory_order_release);
    syscall(SYS_futex, &gate->word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

uint32_t gate_wait(struct gate *gate)
{
    uint32_t value;
    /* acquire: pairs with gate_open() */
    while ((value = atomic_load_explicit(&gate->word, memory_order_acquire)) == 0) {
        futex_wait(&gate->word, 0, TIME_NEVER_NS);
    }
    return value;
}

void thread_prepare(const char *name, int core)
{
    /* the default slack of 50 us would make each timed sleep that late */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    prctl(PR_SET_NAME, name, 0, 0, 0);
    if (core >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)core, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
}

uint32_t thread_core_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) {
        return (uint32_t)CPU_COUNT(&set);
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (uint32_t)online : 1;
}

int thread_core(uint32_t index)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) == 0) {
        return -1;
    }
    uint32_t wanted = index % (uint32_t)CPU_COUNT(&set);
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (CPU_ISSET((size_t)core, &set) && wanted-- == 0) {
            return core;
        }
    }
    return -1;
}

#define IDLE_LEAST 1u
#define IDLE_MOST 256u
/* A sleep and its wake-up cost both sides about 10 us in all; a yield 0.4 us alone, 2.5 us where others can run. */
#define IDLE_SHORT_NS 200000u

void idle_init(struct idle *idle)
{
    *idle = (struct idle){.yields = 0, .limit = 32};
}

bool idle_wants_sleep(struct idle *idle)
{
    if (idle->yields++ < idle->limit) {
        sched_yield();
        return false;
    }
    idle->yields = 0;
    return true;
}

void idle_slept(struct idle *idle, uint64_t slept_ns)
{
    if (slept_ns < IDLE_SHORT_NS) {
        idle->limit = idle->limit * 2 > IDLE_MOST ? IDLE_MOST : idle->limit * 2;
    } else {
        idle->limit = idle->limit / 2 < IDLE_LEAST ? IDLE_LEAST : idle->limit / 2;
    }
}

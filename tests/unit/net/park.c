#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

#include "net/clock.h"
#include "net/park.h"

#define LIMIT_NS UINT64_C(20000000000)

static struct parker parker;

static uint64_t in_ns(uint64_t ns)
{
    return host_now_ns() + ns;
}

Test(park, a_wake_between_announcing_and_sleeping_is_not_lost)
{
    parker_init(&parker);
    parker_announce(&parker, PARKER_SLEEPING);
    parker_wake(&parker, true);
    const uint64_t before_ns = host_now_ns();
    parker_sleep(&parker, PARKER_SLEEPING, in_ns(LIMIT_NS));
    cr_assert_lt(host_now_ns() - before_ns, LIMIT_NS / 2);
}

Test(park, nobody_rings_for_one_who_is_awake)
{
    parker_init(&parker);
    parker_wake(&parker, true);
    cr_assert_eq(parker.state, PARKER_AWAKE);
    parker_announce(&parker, PARKER_SLEEPING);
    cr_assert_eq(parker.state, PARKER_SLEEPING, "a wake for one who was awake leaves nothing behind");
}

Test(park, urgent_only_is_not_woken_by_less)
{
    parker_init(&parker);
    parker_announce(&parker, PARKER_URGENT_ONLY);
    parker_wake(&parker, false);
    cr_assert_eq(parker.state, PARKER_URGENT_ONLY);
    parker_wake(&parker, true);
    cr_assert_eq(parker.state, PARKER_AWAKE);
}

Test(park, sleeps_until_the_time_and_no_longer)
{
    parker_init(&parker);
    const uint64_t until_ns = in_ns(3000000);
    /* it may return for no reason, so try until the time has come */
    while (host_now_ns() < until_ns) {
        parker_announce(&parker, PARKER_SLEEPING);
        parker_sleep(&parker, PARKER_SLEEPING, until_ns);
    }
    cr_assert_lt(host_now_ns() - until_ns, LIMIT_NS);
    cr_assert_eq(parker.state, PARKER_AWAKE);
}

static void *sleep_once(void *argument)
{
    atomic_bool *found = argument;
    while (!atomic_load(found)) {
        parker_announce(&parker, PARKER_SLEEPING);
        if (atomic_load(found)) {
            parker_cancel(&parker);
            break;
        }
        parker_sleep(&parker, PARKER_SLEEPING, TIME_NEVER_NS);
    }
    return NULL;
}

Test(park, a_sleeper_without_a_time_comes_back_when_woken, .timeout = 30)
{
    parker_init(&parker);
    atomic_bool found = false;
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, sleep_once, &found), 0);
    while (atomic_load(&parker.state) != PARKER_SLEEPING) {
        sched_yield();
    }
    atomic_store(&found, true);
    parker_fence();
    parker_wake(&parker, true);
    pthread_join(thread, NULL);
}

struct entrance {
    struct gate gate;
    uint32_t made_before;
};

static void *pass_gate(void *argument)
{
    struct entrance *entrance = argument;
    const uint32_t value = gate_wait(&entrance->gate);
    return value == 2 && entrance->made_before == 5 ? argument : NULL;
}

Test(park, a_gate_lets_everybody_in_and_shows_what_was_made_before, .timeout = 30)
{
    struct entrance entrance;
    pthread_t threads[8];
    gate_init(&entrance.gate);
    for (int i = 0; i < 8; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, pass_gate, &entrance), 0);
    }
    entrance.made_before = 5;
    gate_open(&entrance.gate, 2);
    for (int i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        cr_assert_eq(result, &entrance);
    }
    cr_assert_eq(gate_wait(&entrance.gate), 2, "it stays open");
}

static uint32_t yields_before_sleep(struct idle *idle)
{
    uint32_t yields = 0;
    while (!idle_wants_sleep(idle)) {
        yields++;
    }
    return yields;
}

Test(park, short_sleeps_lead_to_more_yields_and_long_ones_to_fewer)
{
    struct idle idle;
    idle_init(&idle);
    const uint32_t first = yields_before_sleep(&idle);
    idle_slept(&idle, 1000);
    cr_assert_eq(yields_before_sleep(&idle), 2 * first);
    for (int i = 0; i < 20; i++) {
        idle_slept(&idle, 1000);
    }
    const uint32_t most = yields_before_sleep(&idle);
    cr_assert_leq(most, 256);
    for (int i = 0; i < 20; i++) {
        idle_slept(&idle, 5000000);
    }
    cr_assert_eq(yields_before_sleep(&idle), 1);
}

Test(park, work_starts_the_count_of_yields_again)
{
    struct idle idle;
    idle_init(&idle);
    const uint32_t limit = yields_before_sleep(&idle);
    for (uint32_t i = 0; i + 1 < limit; i++) {
        cr_assert_not(idle_wants_sleep(&idle));
    }
    idle_worked(&idle);
    cr_assert_eq(yields_before_sleep(&idle), limit);
}

Test(park, there_is_a_core_for_every_index)
{
    cr_assert_geq(thread_core_count(), 1);
    for (uint32_t i = 0; i < 3 * thread_core_count(); i++) {
        cr_assert_geq(thread_core(i), 0);
        cr_assert_eq(thread_core(i), thread_core(i + thread_core_count()));
    }
}

Test(park, emulated_time_runs_slower_by_the_scale_and_never_backwards)
{
    const struct run_clock clock = {.origin_ns = 1000, .scale = 3.5};
    cr_assert_eq(clock_emulated_ns(&clock, 0), 0);
    cr_assert_eq(clock_emulated_ns(&clock, 1000), 0);
    cr_assert_eq(clock_emulated_ns(&clock, 1000 + 7000), 2000);
    cr_assert_eq(clock_host_ns(&clock, TIME_NEVER_NS), TIME_NEVER_NS);
    cr_assert_eq(clock_host_ns(&clock, TIME_NEVER_NS - 5), TIME_NEVER_NS);
    uint64_t last_ns = 0;
    for (uint64_t host_ns = 0; host_ns < 20000; host_ns += 7) {
        const uint64_t now_ns = clock_emulated_ns(&clock, host_ns);
        cr_assert_geq(now_ns, last_ns);
        cr_assert_geq(clock_emulated_ns(&clock, clock_host_ns(&clock, now_ns)), now_ns, "one who waits is not early");
        last_ns = now_ns;
    }
}

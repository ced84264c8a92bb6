#include <criterion/criterion.h>
#include <stdlib.h>

#include "net/wheel.h"

static struct wheel wheel;

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Takes everything that is due; checks that none of it is early; returns how many. */
static uint64_t take(uint64_t now_ns)
{
    uint64_t taken = 0;
    uint32_t count;
    const struct wheel_entry *entries;
    while ((entries = wheel_expire(&wheel, now_ns, &count)) != NULL) {
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_leq(entries[i].due_ns, now_ns);
        }
        taken += count;
    }
    return taken;
}

Test(wheel, an_empty_wheel_has_nothing_due)
{
    cr_assert(wheel_init(&wheel, 100));
    cr_assert_eq(wheel_next_ns(&wheel), TIME_NEVER_NS);
    cr_assert_eq(take(UINT64_C(1000000000000)), 0);
    cr_assert_eq(take(TIME_NEVER_NS), 0);
    wheel_destroy(&wheel);
}

Test(wheel, an_entry_comes_out_at_the_first_tick_from_its_due_time_on)
{
    cr_assert(wheel_init(&wheel, 100));
    wheel_insert(&wheel, 3 * WHEEL_TICK_NS + 1, 7, 8);
    cr_assert_eq(wheel_room(&wheel), 99);
    cr_assert_eq(wheel_next_ns(&wheel), 4 * WHEEL_TICK_NS);
    cr_assert_eq(take(4 * WHEEL_TICK_NS - 1), 0);
    uint32_t count;
    const struct wheel_entry *entry = wheel_expire(&wheel, 4 * WHEEL_TICK_NS, &count);
    cr_assert_not_null(entry);
    cr_assert_eq(count, 1);
    cr_assert_eq(entry->slot, 7);
    cr_assert_eq(entry->agent, 8);
    cr_assert_eq(wheel_room(&wheel), 100);
    cr_assert_null(wheel_expire(&wheel, 4 * WHEEL_TICK_NS, &count));
    wheel_destroy(&wheel);
}

Test(wheel, what_is_due_already_comes_out_at_the_next_look)
{
    cr_assert(wheel_init(&wheel, 100));
    cr_assert_eq(take(1000 * WHEEL_TICK_NS), 0);
    wheel_insert(&wheel, 5, 1, 1);
    cr_assert_eq(take(1001 * WHEEL_TICK_NS), 1);
    wheel_destroy(&wheel);
}

/* Entries with one due time, put in from far and from near, so that some have moved down through every level. */
Test(wheel, one_tick_keeps_the_order_of_insertion_across_levels)
{
    static const uint64_t due_ns = UINT64_C(5000000000000); /* 83 minutes: the third level */
    static const uint64_t away_ns[] = {5000000000000, 80000000000, 60000000000, 1000000000, 70000000, 60000000, 20000};
    cr_assert(wheel_init(&wheel, 10000));
    uint32_t slot = 0;
    for (size_t i = 0; i < sizeof away_ns / sizeof away_ns[0]; i++) {
        cr_assert_eq(take(due_ns - away_ns[i]), 0);
        for (int k = 0; k < 40; k++) {
            wheel_insert(&wheel, due_ns, slot++, 0);
        }
    }
    uint32_t expected = 0;
    uint32_t count;
    const struct wheel_entry *entries;
    while ((entries = wheel_expire(&wheel, due_ns + WHEEL_TICK_NS, &count)) != NULL) {
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_eq(entries[i].slot, expected++);
        }
    }
    cr_assert_eq(expected, slot);
    wheel_destroy(&wheel);
}

Test(wheel, centuries_ahead_is_kept_and_can_be_taken_out_in_the_end)
{
    cr_assert(wheel_init(&wheel, 100));
    wheel_insert(&wheel, UINT64_C(1) << 62, 0, 0);
    wheel_insert(&wheel, TIME_NEVER_NS, 1, 0);
    wheel_insert(&wheel, UINT64_C(1) << 55, 2, 0);
    cr_assert_eq(take(UINT64_C(1) << 54), 0);
    cr_assert_eq(take(TIME_NEVER_NS), 3);
    cr_assert_eq(wheel_room(&wheel), 100);
    wheel_destroy(&wheel);
}

static uint64_t draw_delay(uint64_t *state)
{
    static const uint64_t scales_ns[] = {30000, 1000000, 35000000, 100000000, 10000000000, 200000000000};
    return next_random(state) % scales_ns[next_random(state) % 6];
}

/* Against the plain definition: at `now`, out are those whose due time lies in a tick that has begun, and no others. */
Test(wheel, at_every_moment_exactly_what_is_due_is_out)
{
    enum { TOTAL = 60000 };
    static uint64_t due_ns[TOTAL];
    static bool out[TOTAL];
    cr_assert(wheel_init(&wheel, TOTAL));
    uint64_t state = 1;
    uint64_t now_ns = 0;
    uint32_t inserted = 0;
    uint64_t left = 0;
    while (inserted < TOTAL || left > 0) {
        for (uint64_t burst = next_random(&state) % 60; burst > 0 && inserted < TOTAL; burst--) {
            due_ns[inserted] = now_ns + draw_delay(&state);
            wheel_insert(&wheel, due_ns[inserted], inserted, 0);
            inserted++;
            left++;
        }
        const uint64_t next_ns = wheel_next_ns(&wheel);
        now_ns += inserted < TOTAL ? next_random(&state) % 300000 : next_random(&state) % 3000000000;
        uint32_t count;
        const struct wheel_entry *entries;
        while ((entries = wheel_expire(&wheel, now_ns, &count)) != NULL) {
            cr_assert_leq(next_ns, now_ns, "something came out before the time that was foretold");
            for (uint32_t i = 0; i < count; i++) {
                cr_assert_eq(entries[i].due_ns, due_ns[entries[i].slot]);
                cr_assert_leq(entries[i].due_ns, now_ns);
                cr_assert_not(out[entries[i].slot]);
                out[entries[i].slot] = true;
                left--;
            }
        }
        for (uint32_t i = inserted > 300 ? inserted - 300 : 0; i < inserted; i++) {
            cr_assert(out[i] || due_ns[i] + 2 * WHEEL_TICK_NS > now_ns, "late by more than the wheel's tick");
        }
    }
    for (uint32_t i = 0; i < TOTAL; i++) {
        cr_assert(out[i]);
    }
    wheel_destroy(&wheel);
}

Test(wheel, full_to_its_capacity_and_empty_again_many_times)
{
    enum { CAPACITY = 20000 };
    cr_assert(wheel_init(&wheel, CAPACITY));
    uint64_t state = 5;
    uint64_t now_ns = 0;
    for (int round = 0; round < 20; round++) {
        for (uint32_t i = 0; i < CAPACITY; i++) {
            wheel_insert(&wheel, now_ns + draw_delay(&state), i, 0);
        }
        cr_assert_eq(wheel_room(&wheel), 0);
        now_ns += UINT64_C(300000000000);
        cr_assert_eq(take(now_ns), CAPACITY);
    }
    wheel_destroy(&wheel);
}

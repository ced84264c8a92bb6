/* Throughput: the time while the load is complete, and nothing else. */
#include <criterion/criterion.h>
#include <math.h>

#include "runner/window.h"

#define MS 1000000u

static struct window window;

static void expect_rate(double expected, uint64_t elapsed_ns)
{
    double rate = window_rate(&window, elapsed_ns);
    cr_assert(fabs(rate - expected) <= 1e-9 * expected, "%f, not %f", rate, expected);
}

/* One client, a request each 10 ms: 100 a second whatever the warm-up. */
Test(window, does_not_shrink_with_the_warm_up)
{
    for (uint64_t warmup = 0; warmup < 1000; warmup += 90) {
        window = (struct window){0};
        for (uint64_t i = 0; i < 1000; i++) {
            window_add(&window, 10 * MS * i, 10 * MS * (i + 1), i < warmup, i == 999);
        }
        expect_rate(100, 10000 * MS);
    }
}

/* Ten at once, each 10 ms. */
Test(window, counts_bursts_as_often_as_they_take_time)
{
    for (uint64_t i = 0; i < 1000; i++) {
        window_add(&window, i / 10 * 10 * MS, (i / 10 + 1) * 10 * MS, i < 500, i >= 990);
    }
    expect_rate(1000, 1000 * MS);
}

Test(window, ends_when_the_first_client_is_done)
{
    for (uint64_t i = 0; i < 100; i++) {
        window_add(&window, 10 * MS * i, 10 * MS * (i + 1), false, i == 99);
    }
    for (uint64_t i = 0; i < 50; i++) { /* another, half as fast, and alone from 1 s on */
        window_add(&window, 40 * MS * i, 40 * MS * (i + 1), false, i == 49);
    }
    double rate = window_rate(&window, 2000 * MS);
    cr_assert(rate > 124 && rate < 126.3, "%f", rate);
}

/* Nobody is done: the load lasts until the run ends, although nothing is answered any more. */
Test(window, lasts_while_requests_wait)
{
    for (uint64_t i = 0; i < 11; i++) {
        window_add(&window, 10 * MS * i, 10 * MS * (i + 1), false, false);
    }
    expect_rate(10 / 0.99, 1000 * MS);
}

Test(window, of_a_single_acceptance_begins_with_its_sending)
{
    cr_assert(window_rate(&window, 5000 * MS) == 0);
    window_add(&window, 5 * MS, 105 * MS, false, true);
    expect_rate(10, 5000 * MS);
}

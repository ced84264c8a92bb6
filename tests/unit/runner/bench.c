/* What the benchmark makes of its samples, and that each way of measuring does the work that it claims: the product's
 * own asserts in it compare what came out with what went in. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "runner/bench_counting.h"
#include "runner/bench_queue.h"
#include "runner/bench_relay.h"
#include "runner/bench_report.h"
#include "runner/bench_votes.h"

#define MS UINT64_C(1000000)

static struct bench_row row_of(enum bench_sense sense, double value, double ceiling)
{
    return (struct bench_row){
        .sense = sense,
        .value = {.median = value, .min = value, .max = value, .count = 1},
        .ceiling = {.median = ceiling, .min = ceiling, .max = ceiling, .count = ceiling > 0},
    };
}

Test(ratio, is_the_share_of_the_ceiling_that_was_reached)
{
    struct bench_row cost = row_of(BENCH_COST, 8, 2);
    cr_assert_float_eq(bench_row_ratio(&cost), 0.25, 1e-12, "four times the cost is a quarter");
    struct bench_row rate = row_of(BENCH_RATE, 50, 200);
    cr_assert_float_eq(bench_row_ratio(&rate), 0.25, 1e-12, "a quarter of the rate");
}

Test(ratio, is_none_without_a_ceiling)
{
    struct bench_row row = row_of(BENCH_RATE, 50, 0);
    cr_assert(isnan(bench_row_ratio(&row)));
}

Test(values, have_three_digits_and_their_unit)
{
    static const struct {
        double value;
        const char *unit, *text;
    } cases[] = {
        {3.14159, "ns", "3.14 ns"},  {26.14, "ns", "26.1 ns"},
        {149.2, "ns", "149 ns"},     {2650, "ns", "2.65 us"},
        {234.4e6, "1/s", "234 M/s"}, {2.4e6, "1/s", "2.40 M/s"},
        {950, "1/s", "950 /s"},      {999.9e3, "1/s", "1.00 M/s"},
        {58.23, "KiB", "58.2 KiB"},  {0, "1", "0"},
        {0.25, "1", "0.250"},        {12, "ms", "12.0 ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[BENCH_VALUE_SIZE];
        bench_value_words(cases[i].value, cases[i].unit, text);
        cr_assert(strcmp(text, cases[i].text) == 0, "%g %s: '%s'", cases[i].value, cases[i].unit, text);
    }
}

Test(notes, are_told_once)
{
    struct bench_rows rows = {0};
    bench_rows_note(&rows, "%s", "a");
    bench_rows_note(&rows, "%s", "b");
    bench_rows_note(&rows, "%s", "a");
    cr_assert(rows.note_count == 2);
    bench_rows_destroy(&rows);
}

static double always_two(void *context, uint64_t time_ns)
{
    (void)time_ns;
    ++*(int *)context;
    return 2;
}

static double always_one(void *context, uint64_t time_ns)
{
    (void)time_ns;
    *(int *)context += 100;
    return 1;
}

Test(comparing, repeats_both_as_often_and_keeps_one_row)
{
    struct bench bench = {.plan = {.repeat = 7, .time_ns = MS}};
    int calls = 0;
    bench_compare(&bench, (struct bench_row){.sense = BENCH_COST}, always_two, always_one, &calls);
    cr_assert(calls == 707);
    cr_assert(bench.rows.count == 1);
    cr_assert(bench.rows.rows[0].value.count == 7 && bench.rows.rows[0].ceiling.count == 7);
    cr_assert_float_eq(bench_row_ratio(&bench.rows.rows[0]), 0.5, 1e-12);
    bench_rows_destroy(&bench.rows);
}

Test(comparing, adds_nothing_when_the_user_interrupts)
{
    const atomic_int interrupted = 1;
    struct bench bench = {.plan = {.repeat = 7, .time_ns = MS}, .interrupted = &interrupted};
    int calls = 0;
    bench_compare(&bench, (struct bench_row){.sense = BENCH_COST}, always_two, always_one, &calls);
    cr_assert(bench.rows.count == 0 && calls == 101);
    bench_rows_destroy(&bench.rows);
}

Test(votes, are_all_counted_by_log_and_bitset_for_any_number_of_replicas)
{
    static const uint32_t sizes[] = {2, 3, 4, 63, 64, 65, 130};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vote_stream *stream = vote_stream_create(sizes[i], 1);
        cr_assert(stream != NULL);
        cr_assert(vote_stream_log_ns(stream, MS) > 0);
        cr_assert(vote_stream_bare_ns(stream, MS) > 0);
        cr_assert(vote_stream_log_ns(stream, MS) > 0, "again");
        vote_stream_destroy(stream);
    }
}

Test(relay, delivers_every_vote_to_everybody_for_any_number_of_replicas)
{
    static const uint32_t sizes[] = {2, 3, 4, 16, 65};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct relay *relay = relay_create(sizes[i], 256);
        cr_assert(relay != NULL);
        for (int again = 0; again < 3; again++) {
            const struct relay_cost cost = relay_measure(relay, MS);
            cr_assert(cost.hand_over_ns > 0 && cost.count_ns > 0);
        }
        relay_destroy(relay);
    }
}

Test(relay, takes_any_window)
{
    static const uint32_t windows[] = {2, 3, 100, 4096};
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct relay *relay = relay_create(4, windows[i]);
        cr_assert(relay != NULL);
        cr_assert(relay_measure(relay, MS).count_ns > 0);
        relay_destroy(relay);
    }
}

Test(queue, keeps_going_with_any_number_in_flight)
{
    static const uint64_t flights[] = {1, 100, 20000};
    for (size_t i = 0; i < sizeof flights / sizeof *flights; i++) {
        struct queue_load *load = queue_load_create(16, flights[i]);
        cr_assert(load != NULL);
        cr_assert(queue_load_ns(load, MS) > 0);
        queue_load_destroy(load);
    }
}

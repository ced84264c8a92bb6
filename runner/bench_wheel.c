/* `bench delay-line`: the wheel that holds what is under way (net/wheel.h), with so many entries in flight: each is
 * inserted with a delay of 5 to 35 ms, and released when it is due. */
#include <assert.h>
#include <stdlib.h>

#include "net/clock.h"
#include "net/memory.h"
#include "net/wheel.h"
#include "runner/bench_parts.h"

#define LEAST_DELAY_NS 5000000u
#define DELAY_SPAN_NS 30000000u
#define TURN_NS ((uint64_t)WHEEL_TICK_NS << 12) /* of the wheel's finest level */
#define LEAST_INSERTED 100000u                  /* before an insertion's time is told */

struct flight_load {
    struct wheel wheel;
    uint64_t in_flight;
    uint64_t now_ns, state;
    uint64_t slots_in, slots_out; /* sums: what comes out must be what went in */
    struct stopwatch inserting, releasing;
    uint64_t inserted, released; /* while these two run */
    struct wheel_entry *entries; /* of the ceiling */
    struct samples insert, release;
};

static void insert_one(struct flight_load *load, uint64_t from_ns, uint32_t slot)
{
    wheel_insert(&load->wheel, from_ns + LEAST_DELAY_NS + bench_draw_below(&load->state, DELAY_SPAN_NS), slot, 0);
    load->slots_in += slot;
}

/* Inserts all, sent one after the other over the mean delay, as in a steady flow. */
static void insert_all(struct flight_load *load)
{
    const double apart_ns = 20e6 / (double)load->in_flight;
    stopwatch_start(&load->inserting);
    for (uint64_t i = 0; i < load->in_flight; i++) {
        insert_one(load, load->now_ns + (uint64_t)((double)i * apart_ns), (uint32_t)i);
    }
    stopwatch_stop(&load->inserting);
    load->inserted += load->in_flight;
}

/* What is due comes out and goes in again; returns how many. */
static uint64_t turn_over(struct flight_load *load)
{
    uint64_t moved = 0;
    uint32_t count;
    const struct wheel_entry *entries;
    while ((entries = wheel_expire(&load->wheel, load->now_ns, &count)) != NULL) {
        for (uint32_t i = 0; i < count; i++) {
            load->slots_out += entries[i].slot;
            insert_one(load, load->now_ns, entries[i].slot);
        }
        moved += count;
    }
    return moved;
}

/* Lets time go on by half a tick at a time; what is due is released, and inserted again as it would be if its receiver
 * sent at once. At least for a turn of the finest level, so that each entry has taken its part in moving down. ns for a
 * release and an insertion. */
static double keep_up(struct flight_load *load, uint64_t time_ns)
{
    const uint64_t until_ns = host_now_ns() + time_ns, turn_ns = load->now_ns + TURN_NS;
    struct stopwatch watch;
    uint64_t moved = 0;
    stopwatch_reset(&watch);
    stopwatch_start(&watch);
    do {
        for (uint64_t enough = moved + 4096; moved < enough; load->now_ns += WHEEL_TICK_NS / 2) {
            moved += turn_over(load);
        }
    } while (load->now_ns < turn_ns || host_now_ns() < until_ns);
    stopwatch_stop(&watch);
    return (double)watch.total_ns / (double)moved;
}

static void release_all(struct flight_load *load)
{
    uint32_t count;
    const struct wheel_entry *entries;
    stopwatch_start(&load->releasing);
    while (load->wheel.entries > 0) {
        load->now_ns += WHEEL_TICK_NS / 2;
        while ((entries = wheel_expire(&load->wheel, load->now_ns, &count)) != NULL) {
            for (uint32_t i = 0; i < count; i++) {
                load->slots_out += entries[i].slot;
            }
            load->released += count;
        }
    }
    stopwatch_stop(&load->releasing);
    assert(load->slots_in == load->slots_out);
}

/* One repetition of all three; returns the steady one. */
static double wheel_ns(void *context, uint64_t time_ns)
{
    struct flight_load *load = context;
    load->slots_in = load->slots_out = load->inserted = load->released = 0;
    stopwatch_reset(&load->inserting);
    load->releasing = load->inserting;
    while (load->inserted < LEAST_INSERTED) {
        insert_all(load);
        release_all(load);
    }
    insert_all(load);
    const double both_ns = keep_up(load, time_ns);
    release_all(load);
    assert(load->released == load->inserted);
    samples_add(&load->insert, (double)load->inserting.total_ns / (double)load->inserted);
    samples_add(&load->release, (double)load->releasing.total_ns / (double)load->released);
    return both_ns;
}

/* The same entries, made in the same way, written one behind the other and read again. */
static double sequential_ns(void *context, uint64_t time_ns)
{
    struct flight_load *load = context;
    const uint64_t until_ns = host_now_ns() + time_ns;
    uint64_t moved = 0;
    struct stopwatch watch;
    stopwatch_reset(&watch);
    stopwatch_start(&watch);
    do {
        uint64_t sum = 0, read = 0;
        for (uint64_t i = 0; i < load->in_flight; i++) {
            const uint64_t due_ns = LEAST_DELAY_NS + bench_draw_below(&load->state, DELAY_SPAN_NS);
            load->entries[i] = (struct wheel_entry){.due_ns = due_ns, .slot = (uint32_t)i, .agent = 0};
            sum += due_ns + i;
        }
        for (uint64_t i = 0; i < load->in_flight; i++) {
            read += load->entries[i].due_ns + load->entries[i].slot;
        }
        assert(sum == read);
        moved += load->in_flight;
    } while (host_now_ns() < until_ns);
    stopwatch_stop(&watch);
    return (double)watch.total_ns / (double)moved;
}

static struct bench_row row_of(const struct flight_load *load, const char *quantity)
{
    struct bench_row row = {.part = "delay-line", .quantity = quantity, .unit = "ns", .sense = BENCH_COST};
    bench_case_number(&row.where, "in_flight", load->in_flight);
    return row;
}

static void measure(struct bench *bench, struct flight_load *load)
{
    wheel_ns(load, 0); /* touches the memory once, which a long run does only once either */
    sequential_ns(load, 0);
    load->insert.count = load->release.count = 0;
    bench_compare(bench, row_of(load, "insert and release"), wheel_ns, sequential_ns, load);
    if (!bench_was_interrupted(bench)) {
        bench_report(bench, row_of(load, "insert"), &load->insert, NULL);
        bench_report(bench, row_of(load, "release"), &load->release, NULL);
    }
}

static bool measure_flight(struct bench *bench, uint64_t in_flight, struct error *error)
{
    struct flight_load *load = calloc(1, sizeof *load);
    if (load == NULL) {
        return error_set(error, "out of memory");
    }
    load->in_flight = in_flight;
    load->state = in_flight;
    const size_t bytes = in_flight * sizeof *load->entries;
    const bool wheel = wheel_init(&load->wheel, in_flight);
    load->entries = memory_reserve(bytes);
    const bool done = wheel && load->entries != NULL;
    if (done) {
        measure(bench, load);
    } else {
        error_set(error, "out of memory for %llu entries in flight", (unsigned long long)in_flight);
    }
    if (wheel) {
        wheel_destroy(&load->wheel);
    }
    if (load->entries != NULL) {
        memory_release(load->entries, bytes);
    }
    free(load);
    return done;
}

bool bench_wheel(struct bench *bench, struct error *error)
{
    static const uint64_t flights[] = {1000, 10000, 100000, 1000000, 10000000};
    const size_t cases = bench->plan.quick ? 3 : sizeof flights / sizeof *flights;
    for (size_t i = 0; i < cases && !bench_was_interrupted(bench); i++) {
        if (!measure_flight(bench, flights[i], error)) {
            return false;
        }
    }
    return true;
}

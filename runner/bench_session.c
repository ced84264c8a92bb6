#include "runner/bench_session.h"

#include "net/clock.h"

bool bench_was_interrupted(const struct bench *bench)
{
    /* relaxed: only a signal handler writes it */
    return bench->interrupted != NULL && atomic_load_explicit(bench->interrupted, memory_order_relaxed) != 0;
}

uint64_t bench_loop_ns(const struct bench *bench)
{
    return bench->plan.time_ns / 4;
}

void bench_report(struct bench *bench, struct bench_row row, struct samples *values, struct samples *ceilings)
{
    if (values->count == 0) {
        return;
    }
    row.value = spread_of(values->values, values->count);
    row.ceiling = ceilings == NULL ? (struct spread){0} : spread_of(ceilings->values, ceilings->count);
    bench_rows_add(&bench->rows, &row);
    if (bench->tell != NULL) {
        bench->tell(bench->context, &row);
    }
}

void bench_compare(struct bench *bench, struct bench_row row, bench_measurement *product, bench_measurement *ceiling,
                   void *context)
{
    struct samples values = {0}, ceilings = {0};
    for (uint32_t i = 0; i < bench->plan.repeat; i++) {
        samples_add(&values, product(context, bench_loop_ns(bench)));
        if (ceiling != NULL) {
            samples_add(&ceilings, ceiling(context, bench_loop_ns(bench)));
        }
        if (bench_was_interrupted(bench)) {
            return;
        }
    }
    bench_report(bench, row, &values, &ceilings);
}

void stopwatch_reset(struct stopwatch *watch)
{
    uint64_t least_ns = UINT64_MAX;
    for (int i = 0; i < 100; i++) {
        const uint64_t before_ns = host_thread_cpu_ns();
        const uint64_t cost_ns = host_thread_cpu_ns() - before_ns;
        least_ns = cost_ns < least_ns ? cost_ns : least_ns;
    }
    *watch = (struct stopwatch){.cost_ns = least_ns};
}

void stopwatch_start(struct stopwatch *watch)
{
    watch->started_ns = host_thread_cpu_ns();
}

void stopwatch_stop(struct stopwatch *watch)
{
    const uint64_t passed_ns = host_thread_cpu_ns() - watch->started_ns;
    watch->total_ns += passed_ns > watch->cost_ns ? passed_ns - watch->cost_ns : 0;
}

#include "net/schedule_tally.h"

#include <stdlib.h>

static _Atomic uint64_t *counters(size_t count)
{
    return calloc(count + 1, sizeof(_Atomic uint64_t));
}

bool schedule_tally_create(struct schedule_tally *tally, const struct schedule *schedule)
{
    *tally = (struct schedule_tally){.partition_count = schedule->partition_count,
                                     .rule_count = schedule->rule_count,
                                     .partitions = counters(schedule->partition_count),
                                     .rules = counters(schedule->rule_count)};
    return tally->partitions != NULL && tally->rules != NULL;
}

void schedule_tally_destroy(struct schedule_tally *tally)
{
    free(tally->partitions);
    free(tally->rules);
    *tally = (struct schedule_tally){.partitions = NULL};
}

static uint64_t sum(const _Atomic uint64_t *counts, size_t number, uint32_t *idle)
{
    uint64_t all = 0;
    for (size_t i = 0; i < number; i++) {
        const uint64_t count = atomic_load_explicit(&counts[i],
                                                    memory_order_relaxed); /* relaxed: nobody adds any more */
        *idle += count == 0;
        all += count;
    }
    return all;
}

struct schedule_effect schedule_tally_effect(const struct schedule_tally *tally)
{
    struct schedule_effect effect = {.idle = 0};
    effect.lost = sum(tally->partitions, tally->partition_count, &effect.idle);
    effect.ruled = sum(tally->rules, tally->rule_count, &effect.idle);
    return effect;
}

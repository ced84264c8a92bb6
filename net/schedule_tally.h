/* What a schedule did to the messages of one run (invariant I15: the configured faults took effect): how many
 * deliveries each partition lost, and to how many each rule applied. Outages are counted by the nodes that go down.
 * Drivers add, from any thread; read it when they are done. */
#ifndef PBFT_NET_SCHEDULE_TALLY_H
#define PBFT_NET_SCHEDULE_TALLY_H

#include <stdatomic.h>

#include "net/schedule.h"

struct schedule_tally {
    size_t partition_count, rule_count;
    _Atomic uint64_t *partitions, *rules;
};

/* All zero. False if memory is lacking; schedule_tally_destroy() is right also then. */
bool schedule_tally_create(struct schedule_tally *tally, const struct schedule *schedule);
void schedule_tally_destroy(struct schedule_tally *tally);

static inline void schedule_tally_partition(struct schedule_tally *tally, size_t index)
{
    /* relaxed: a statistic */
    atomic_fetch_add_explicit(&tally->partitions[index], 1, memory_order_relaxed);
}

static inline void schedule_tally_rule(struct schedule_tally *tally, size_t index)
{
    /* relaxed: a statistic */
    atomic_fetch_add_explicit(&tally->rules[index], 1, memory_order_relaxed);
}

/* Deliveries in all, and how many partitions or rules had none. */
struct schedule_effect {
    uint64_t lost, ruled;
    uint32_t idle;
};

struct schedule_effect schedule_tally_effect(const struct schedule_tally *tally);

#endif

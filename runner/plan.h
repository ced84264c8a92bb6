/* One generated scenario with its fault schedule, as a plain value: the schedule's arrays are inside, so that a plan is
 * copied by assignment and one part of it changed at a time. After either, plan_bind(). One thread a plan. */
#ifndef PBFT_RUNNER_PLAN_H
#define PBFT_RUNNER_PLAN_H

#include "net/schedule.h"
#include "runner/scenario.h"

#define PLAN_REPLICAS 64 /* n at most */
#define PLAN_EVENTS 16   /* of each kind at most */

struct plan {
    struct scenario scenario;
    uint32_t partition_count, outage_count, rule_count;
    struct partition partitions[PLAN_EVENTS];
    uint8_t groups[PLAN_EVENTS][PLAN_REPLICAS]; /* of partitions[i] */
    struct outage outages[PLAN_EVENTS];
    struct link_rule rules[PLAN_EVENTS];
    uint64_t from[PLAN_EVENTS], to[PLAN_EVENTS]; /* of rules[i]: bits of replicas; all bits: everybody */
    bool flags[2 * PLAN_EVENTS][PLAN_REPLICAS];  /* the same, as the schedule wants them */
    struct schedule schedule;                    /* of the above, by plan_bind() */
    const struct schedule *given;                /* the user's, which holds where the plan has no events; or NULL */
};

#define PLAN_EVERYBODY UINT64_MAX

/* Points the scenario to the plan's own schedule, or to the user's if it has no events of its own. */
void plan_bind(struct plan *plan);

/* Whether it has events of its own. */
bool plan_has_events(const struct plan *plan);

/* Each takes an event out and keeps the others in order. */
void plan_remove_partition(struct plan *plan, uint32_t index);
void plan_remove_outage(struct plan *plan, uint32_t index);
void plan_remove_rule(struct plan *plan, uint32_t index);

/* Replicas that are down at the end, or come back with their state lost, once each. */
uint32_t plan_faulty_outages(const struct plan *plan);

#endif

#include "runner/plan.h"

#include <assert.h>
#include <string.h>

bool plan_has_events(const struct plan *plan)
{
    return plan->partition_count + plan->outage_count + plan->rule_count > 0;
}

/* A schedule's events are in the order of their times. */
static void sort_partitions(struct plan *plan)
{
    for (uint32_t i = 1; i < plan->partition_count; i++) {
        for (uint32_t j = i; j > 0 && plan->partitions[j - 1].at_ns > plan->partitions[j].at_ns; j--) {
            struct partition partition = plan->partitions[j];
            uint8_t groups[PLAN_REPLICAS];
            memcpy(groups, plan->groups[j], sizeof groups);
            plan->partitions[j] = plan->partitions[j - 1];
            memcpy(plan->groups[j], plan->groups[j - 1], sizeof groups);
            plan->partitions[j - 1] = partition;
            memcpy(plan->groups[j - 1], groups, sizeof groups);
        }
    }
}

static void sort_rules(struct plan *plan)
{
    for (uint32_t i = 1; i < plan->rule_count; i++) {
        for (uint32_t j = i; j > 0 && plan->rules[j - 1].at_ns > plan->rules[j].at_ns; j--) {
            struct link_rule rule = plan->rules[j];
            uint64_t from = plan->from[j], to = plan->to[j];
            plan->rules[j] = plan->rules[j - 1];
            plan->from[j] = plan->from[j - 1];
            plan->to[j] = plan->to[j - 1];
            plan->rules[j - 1] = rule;
            plan->from[j - 1] = from;
            plan->to[j - 1] = to;
        }
    }
}

static void bind_set(struct node_set *set, bool *flags, uint64_t bits, uint32_t replicas)
{
    for (uint32_t id = 0; id < replicas; id++) {
        flags[id] = (bits >> id & 1) != 0;
    }
    set->replicas = bits == PLAN_EVERYBODY ? NULL : flags;
}

void plan_bind(struct plan *plan)
{
    uint32_t n = plan->scenario.nodes;
    assert(n <= PLAN_REPLICAS || !plan_has_events(plan));
    sort_partitions(plan);
    sort_rules(plan);
    for (uint32_t i = 0; i < plan->partition_count; i++) {
        plan->partitions[i].groups = plan->groups[i];
    }
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        bind_set(&plan->rules[i].from, plan->flags[i], plan->from[i], n);
        bind_set(&plan->rules[i].to, plan->flags[PLAN_EVENTS + i], plan->to[i], n);
    }
    plan->schedule = (struct schedule){
        .replicas = n,
        .partition_count = plan->partition_count,
        .outage_count = plan->outage_count,
        .rule_count = plan->rule_count,
        .partitions = plan->partitions,
        .outages = plan->outages,
        .rules = plan->rules,
    };
    plan->scenario.schedule = plan_has_events(plan) ? &plan->schedule : plan->given;
}

void plan_remove_partition(struct plan *plan, uint32_t index)
{
    assert(index < plan->partition_count);
    uint32_t behind = --plan->partition_count - index;
    memmove(&plan->partitions[index], &plan->partitions[index + 1], behind * sizeof plan->partitions[0]);
    memmove(&plan->groups[index], &plan->groups[index + 1], behind * sizeof plan->groups[0]);
}

void plan_remove_outage(struct plan *plan, uint32_t index)
{
    assert(index < plan->outage_count);
    uint32_t behind = --plan->outage_count - index;
    memmove(&plan->outages[index], &plan->outages[index + 1], behind * sizeof plan->outages[0]);
}

void plan_remove_rule(struct plan *plan, uint32_t index)
{
    assert(index < plan->rule_count);
    uint32_t behind = --plan->rule_count - index;
    memmove(&plan->rules[index], &plan->rules[index + 1], behind * sizeof plan->rules[0]);
    memmove(&plan->from[index], &plan->from[index + 1], behind * sizeof plan->from[0]);
    memmove(&plan->to[index], &plan->to[index + 1], behind * sizeof plan->to[0]);
}

uint32_t plan_faulty_outages(const struct plan *plan)
{
    uint64_t faulty = 0;
    for (uint32_t i = 0; i < plan->outage_count; i++) {
        const struct outage *outage = &plan->outages[i];
        if (outage->state_lost || outage->until_ns == TIME_NEVER_NS) {
            faulty |= UINT64_C(1) << outage->replica;
        }
    }
    uint32_t count = 0;
    for (; faulty != 0; faulty &= faulty - 1) {
        count++;
    }
    return count;
}

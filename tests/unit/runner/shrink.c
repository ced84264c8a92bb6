/* Making scenarios smaller, with planted faults instead of runs. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/generate.h"
#include "runner/healing.h"
#include "runner/shrink.h"
#include "runner/simplify.h"

static struct settings settings;
static struct space space;
static struct plan plan, first;

static void begin(const char *nodes, const char *byzantine)
{
    struct error error;
    settings = (struct settings){0};
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_NODES, nodes, SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_BYZANTINE, byzantine, SOURCE_COMMAND_LINE);
    cr_assert(space_read(&settings, &space, &error), "%s", error.text);
}

/* The first scenario from `seed` on that breaks. */
static uint64_t shrink_first(bool (*still)(void *context, const struct plan *plan), uint64_t seed)
{
    struct error error;
    do {
        cr_assert(generate(&space, seed++, &plan, &error), "%s", error.text);
        cr_assert_lt(seed, 100000, "nothing breaks");
    } while (!still(NULL, &plan));
    first = plan;
    struct shrink shrink = {.space = &space, .still = still, .most_tries = 100000};
    uint64_t steps = shrink_plan(&shrink, &plan);
    cr_expect(still(NULL, &plan), "what is left still breaks");
    cr_expect_lt(shrink.tries, 20000, "it ends by itself: %u", (unsigned)shrink.tries);
    return steps;
}

static bool loses_view_changes(void *context, const struct plan *broken)
{
    (void)context;
    for (uint32_t i = 0; i < broken->rule_count; i++) {
        if (broken->rules[i].drops && (broken->rules[i].types & (1u << MESSAGE_VIEW_CHANGE)) != 0) {
            return true;
        }
    }
    return false;
}

Test(shrink, leaves_the_one_event_that_matters)
{
    begin("4..13", "0..f");
    cr_expect_gt(shrink_first(loses_view_changes, 1), 3);
    cr_expect_eq(plan.partition_count + plan.outage_count, 0);
    cr_expect_eq(plan.rule_count, 1);
    cr_expect_eq(plan.rules[0].types, 1u << MESSAGE_VIEW_CHANGE);
    cr_expect(!plan.rules[0].delays);
    cr_expect_eq(plan.scenario.nodes, 1);
    cr_expect_eq(plan.scenario.byzantine, 0);
    cr_expect_eq(plan.scenario.requests, 1);
    cr_expect_eq(plan.scenario.clients, 1);
    cr_expect(!(plan.scenario.drop > 0) && !(plan.scenario.duplicate > 0) && !(plan.scenario.reorder > 0));
    space_destroy(&space);
}

static bool has_two_liars(void *context, const struct plan *broken)
{
    uint32_t liars = 0;
    (void)context;
    for (uint32_t i = 0; i < broken->scenario.named_behavior_count; i++) {
        liars += strcmp(broken->scenario.named_behaviors[i].behavior->name, "lying-reply") == 0;
    }
    return liars >= 2 && broken->scenario.requests >= 3;
}

Test(shrink, what_is_within_f_stays_within_f)
{
    begin("7..13", "f");
    shrink_first(has_two_liars, 1);
    cr_expect_eq(plan.scenario.nodes, 7, "the fewest with f = 2");
    cr_expect_eq(plan.scenario.named_behavior_count, 2);
    cr_expect_eq(plan.scenario.requests, 3);
    cr_expect_eq(healing_faulty(&plan.scenario), quorum_faults(7));
    space_destroy(&space);
}

Test(shrink, what_can_break_agreement_still_can)
{
    begin("7..13", "2q-n");
    shrink_first(has_two_liars, 1);
    uint32_t n = plan.scenario.nodes;
    cr_expect_geq(healing_faulty(&plan.scenario), quorum_breaking(n, plan.scenario.quorum));
    cr_expect_leq(n, 6);
    space_destroy(&space);
}

static bool has_three_requests(void *context, const struct plan *broken)
{
    (void)context;
    return broken->scenario.requests >= 3;
}

Test(shrink, leaves_what_the_user_said)
{
    begin("7", "1");
    shrink_first(has_three_requests, 1);
    cr_expect_eq(plan.scenario.nodes, 7);
    cr_expect_eq(healing_faulty(&plan.scenario), 1);
    cr_expect_eq(plan.scenario.requests, 3);
    space_destroy(&space);
}

static bool replica_2_goes_down(void *context, const struct plan *broken)
{
    (void)context;
    for (uint32_t i = 0; i < broken->outage_count; i++) {
        if (broken->outages[i].replica == 2 && broken->scenario.nodes >= 4) {
            return true;
        }
    }
    return false;
}

Test(shrink, taking_a_replica_out_moves_the_ids_behind_it_in_every_event)
{
    begin("9..13", "0");
    shrink_first(replica_2_goes_down, 1);
    cr_expect_eq(plan.scenario.nodes, 4);
    cr_expect_eq(plan.outage_count, 1);
    cr_expect_eq(plan.outages[0].replica, 2);
    cr_expect_eq(plan.schedule.replicas, 4);
    space_destroy(&space);
}

Test(shrink, the_same_comes_out_every_time)
{
    static struct plan once;
    begin("4..13", "0..f");
    uint64_t steps = shrink_first(loses_view_changes, 1);
    once = plan;
    cr_expect_eq(shrink_first(loses_view_changes, 1), steps);
    cr_expect_eq(once.scenario.seed, plan.scenario.seed);
    cr_expect_eq(once.rules[0].at_ns, plan.rules[0].at_ns);
    space_destroy(&space);
}

/* Replica 1 of six goes; what was said of 3 and 5 is now said of 2 and 4. */
Test(shrink, without_a_replica_all_others_are_still_meant)
{
    begin("6", "0");
    struct error error;
    cr_assert(generate(&space, 1, &plan, &error));
    plan.partition_count = plan.outage_count = plan.rule_count = 1;
    plan.scenario.gst_ns = 1000;
    plan.partitions[0] = (struct partition){.until_ns = 1000, .kind = PARTITION_GROUPS, .view_last = UINT32_MAX};
    memcpy(plan.groups[0], (const uint8_t[]){1, 2, 1, 3, 1, 3}, 6);
    plan.outages[0] = (struct outage){.at_ns = 1, .until_ns = 2, .replica = 5};
    plan.rules[0] = (struct link_rule){.until_ns = 1000, .types = 2, .drops = true, .drop = 1};
    plan.from[0] = 1u << 3 | 1u << 0;
    plan.to[0] = PLAN_EVERYBODY;
    plan.scenario.byzantine = plan.scenario.named_behavior_count = 1;
    plan.scenario.named_behaviors[0] = (struct named_behavior){.id = 3, .behavior = behavior_find("silent")};
    size_t i = 0;
    while (simplification_at(i)->touches != OPT_NODES || simplification_at(i + 1)->touches == OPT_NODES) {
        i++; /* the second of the two that are about replicas takes out one by its id */
    }
    cr_assert(simplification_at(i)->apply(&plan, 1));
    plan_bind(&plan);
    cr_expect_eq(plan.scenario.nodes, 5);
    cr_expect_eq(memcmp(plan.groups[0], (const uint8_t[]){1, 1, 3, 1, 3}, 5), 0);
    cr_expect_eq(plan.outages[0].replica, 4);
    cr_expect_eq(plan.from[0], 1u << 2 | 1u << 0);
    cr_expect_eq(plan.to[0], PLAN_EVERYBODY);
    cr_expect_eq(plan.scenario.named_behaviors[0].id, 2);
    space_destroy(&space);
}

#include "runner/generate_events.h"

#include <assert.h>
#include <string.h>

uint64_t generate_round(uint64_t ns)
{
    uint64_t step = 1;
    while (ns / step >= 1000) {
        step *= 10;
    }
    return ns / step * step;
}

struct delay generate_bounded_delay(struct dice *dice, uint64_t mean_ns)
{
    uint64_t mean = generate_round(mean_ns);
    uint32_t kind = dice_below(dice, 100);
    if (kind < 5 || mean == 0) {
        return (struct delay){.kind = DELAY_NONE};
    }
    if (kind < 25) {
        return (struct delay){.kind = DELAY_FIXED, .a = (double)mean};
    }
    uint64_t least = kind < 40 ? 0 : dice_between(dice, 0, mean / 1000) * 1000;
    return (struct delay){.kind = DELAY_UNIFORM, .a = (double)least, .b = (double)(2 * mean - least)};
}

struct delay generate_wild_delay(struct dice *dice, uint64_t mean_ns)
{
    uint64_t mean = generate_round(mean_ns < 1000 ? 1000 : mean_ns);
    switch (dice_below(dice, 5)) {
    case 0:
        return (struct delay){.kind = DELAY_NORMAL, .a = (double)mean, .b = (double)(mean / dice_between(dice, 1, 5))};
    case 1:
        return (struct delay){.kind = DELAY_EXPONENTIAL, .a = (double)mean};
    case 2:
        return (struct delay){
            .kind = DELAY_LOGNORMAL, .a = (double)mean, .b = (double)dice_between(dice, 5, 20) / 10.0};
    case 3:
        return (struct delay){
            .kind = DELAY_PARETO, .a = (double)(mean / 2), .b = (double)dice_between(dice, 11, 30) / 10.0};
    default:
        return generate_bounded_delay(dice, mean);
    }
}

/* A span that is not empty, within the chaotic phase. */
static void draw_span(const struct generator *generator, struct dice *dice, uint64_t *at_ns, uint64_t *until_ns)
{
    uint64_t gst_ns = generator->plan->scenario.gst_ns;
    assert(gst_ns >= 2 && gst_ns != TIME_NEVER_NS);
    bool from_start = dice_chance(dice, 30), to_end = dice_chance(dice, 40);
    *at_ns = from_start ? 0 : generate_round(dice_between(dice, 0, gst_ns - 1));
    *until_ns = to_end ? gst_ns : generate_round(dice_between(dice, *at_ns + 1, gst_ns));
    if (*until_ns <= *at_ns) { /* by rounding */
        *until_ns = gst_ns;
    }
}

/* --- partitions -------------------------------------------------------------------------------------------------- */

static void draw_groups(struct generator *generator, struct dice *dice, uint32_t place)
{
    uint32_t n = generator->plan->scenario.nodes;
    uint32_t groups = dice_chance(dice, 75) ? 2 : 3;
    uint64_t rest = 0;
    uint8_t *group = generator->plan->groups[place];
    for (uint32_t id = 0; id < n; id++) {
        group[id] = 1;
        rest |= UINT64_C(1) << id;
    }
    uint32_t left = n;
    for (uint32_t g = 2; g <= groups && left > 1; g++) {
        uint64_t chosen = dice_subset(dice, n, (uint32_t)dice_between(dice, 1, left - 1)) & rest;
        for (uint32_t id = 0; id < n; id++) {
            group[id] = (chosen >> id & 1) != 0 ? (uint8_t)g : group[id];
        }
        rest &= ~chosen;
        left = (uint32_t)__builtin_popcountll(rest);
    }
}

static void draw_partition(struct generator *generator, struct dice *dice)
{
    struct plan *plan = generator->plan;
    uint32_t place = plan->partition_count++;
    struct partition *partition = &plan->partitions[place];
    *partition = (struct partition){.kind = PARTITION_GROUPS, .view_last = UINT32_MAX};
    draw_span(generator, dice, &partition->at_ns, &partition->until_ns);
    draw_groups(generator, dice, place);
    uint32_t kind = dice_below(dice, 100);
    if (kind < 30) {
        partition->kind = PARTITION_PRIMARY;
        memset(plan->groups[place], 1, sizeof plan->groups[place]);
    } else if (kind < 50) {
        partition->one_way = true;
    }
    if (dice_chance(dice, 25)) {
        partition->view_first = dice_below(dice, 4);
        partition->view_last = partition->view_first + dice_below(dice, 3);
    }
    if (partition->kind == PARTITION_GROUPS && dice_chance(dice, 25)) {
        partition->client_group = (uint8_t)(1 + dice_below(dice, 2));
    }
}

/* --- outages ----------------------------------------------------------------------------------------------------- */

static bool is_down_once(const struct plan *plan, node_id replica)
{
    for (uint32_t i = 0; i < plan->outage_count; i++) {
        if (plan->outages[i].replica == replica) {
            return true;
        }
    }
    return false;
}

/* Keeps them in order of time. */
static void insert_outage(struct plan *plan, const struct outage *outage)
{
    uint32_t at = plan->outage_count++;
    for (; at > 0 && plan->outages[at - 1].at_ns > outage->at_ns; at--) {
        plan->outages[at] = plan->outages[at - 1];
    }
    plan->outages[at] = *outage;
}

/* A replica goes down once at most; down for good, or without its state, it is one of the b. */
static void draw_outage(struct generator *generator, struct dice *dice)
{
    struct plan *plan = generator->plan;
    struct outage outage = {.replica = dice_below(dice, plan->scenario.nodes)};
    bool is_faulty = generator->faulty_left > 0 && dice_chance(dice, 40);
    bool for_good = dice_chance(dice, 40);
    draw_span(generator, dice, &outage.at_ns, &outage.until_ns);
    if (is_down_once(plan, outage.replica)) {
        return;
    }
    if (is_faulty) {
        outage.state_lost = !for_good;
        outage.until_ns = for_good ? TIME_NEVER_NS : outage.until_ns;
        generator->faulty_left--;
    }
    insert_outage(plan, &outage);
}

/* --- rules ------------------------------------------------------------------------------------------------------- */

/* One end of the links that a rule is about. */
static void draw_end(const struct generator *generator, struct dice *dice, struct node_set *set, uint64_t *bits)
{
    uint32_t n = generator->plan->scenario.nodes;
    uint32_t kind = dice_below(dice, 100);
    set->clients = kind < 30 || dice_chance(dice, 20);
    *bits = kind < 40   ? PLAN_EVERYBODY
            : kind < 75 ? UINT64_C(1) << dice_below(dice, n)
                        : dice_subset(dice, n, (uint32_t)dice_between(dice, 1, n));
}

static uint32_t draw_types(struct dice *dice)
{
    const uint32_t all = (1u << MESSAGE_TYPES) - 2; /* there is no message of type 0 */
    uint32_t kind = dice_below(dice, 100);
    uint32_t one = 1u << (1 + dice_below(dice, MESSAGE_TYPES - 1));
    return kind < 60 ? one : kind < 85 ? ((uint32_t)dice_word(dice) & all) | one : all;
}

static void draw_rule(struct generator *generator, struct dice *dice)
{
    struct plan *plan = generator->plan;
    uint32_t place = plan->rule_count++;
    struct link_rule *rule = &plan->rules[place];
    *rule = (struct link_rule){.types = draw_types(dice)};
    draw_span(generator, dice, &rule->at_ns, &rule->until_ns);
    draw_end(generator, dice, &rule->from, &plan->from[place]);
    draw_end(generator, dice, &rule->to, &plan->to[place]);
    rule->drops = dice_chance(dice, 50);
    rule->delays = !rule->drops || dice_chance(dice, 30);
    rule->drop = rule->drops ? (double)DICE_PICK(dice, 100, 100, 90, 50, 30) / 100.0 : 0;
    if (rule->delays) {
        rule->delay = generate_wild_delay(dice, generator->unit_ns * dice_magnitude(dice, 1, 64));
    }
}

/* The links' own delay gives way to another one until gst. First of the rules, so that any other overrides it. */
static void draw_chaotic_delay(struct generator *generator, struct dice *dice)
{
    struct plan *plan = generator->plan;
    uint32_t place = plan->rule_count++;
    plan->rules[place] = (struct link_rule){
        .until_ns = plan->scenario.gst_ns,
        .from.clients = true,
        .to.clients = true,
        .types = (1u << MESSAGE_TYPES) - 2,
        .delays = true,
        .delay = generate_wild_delay(dice, generator->unit_ns * dice_magnitude(dice, 1, 16)),
    };
    plan->from[place] = plan->to[place] = PLAN_EVERYBODY;
}

void generate_events(struct generator *generator)
{
    uint64_t seed = generator->plan->scenario.seed;
    struct dice partitions = dice_of(seed, TOPIC_PARTITIONS), outages = dice_of(seed, TOPIC_OUTAGES),
                rules = dice_of(seed, TOPIC_RULES);
    if (generator->plan->scenario.nodes < 2) {
        return;
    }
    for (uint32_t i = DICE_PICK(&partitions, 0, 0, 0, 1, 1, 2, 4); i > 0; i--) {
        draw_partition(generator, &partitions);
    }
    for (uint32_t i = DICE_PICK(&outages, 0, 0, 0, 0, 1, 2, 4); i > 0; i--) {
        draw_outage(generator, &outages);
    }
    if (dice_chance(&rules, 40)) {
        draw_chaotic_delay(generator, &rules);
    }
    for (uint32_t i = DICE_PICK(&rules, 0, 0, 0, 1, 1, 2, 5); i > 0; i--) {
        draw_rule(generator, &rules);
    }
}

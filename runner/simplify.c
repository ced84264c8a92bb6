#include "runner/simplify.h"

#include <string.h>

#include "core/quorum.h"
#include "runner/generate_events.h"
#include "runner/healing.h"
#include "runner/resolve.h"

/* --- the schedule ------------------------------------------------------------------------------------------------ */

static bool drop_partition(struct plan *plan, uint32_t place)
{
    if (place >= plan->partition_count) {
        return false;
    }
    plan_remove_partition(plan, place);
    return true;
}

static bool drop_outage(struct plan *plan, uint32_t place)
{
    if (place >= plan->outage_count) {
        return false;
    }
    plan_remove_outage(plan, place);
    return true;
}

static bool drop_rule(struct plan *plan, uint32_t place)
{
    if (place >= plan->rule_count) {
        return false;
    }
    plan_remove_rule(plan, place);
    return true;
}

static bool plain_partition(struct plan *plan, uint32_t place)
{
    if (place >= 4 * plan->partition_count) {
        return false;
    }
    struct partition *partition = &plan->partitions[place / 4];
    switch (place % 4) {
    case 0:
        partition->view_first = 0;
        partition->view_last = UINT32_MAX;
        break;
    case 1:
        partition->client_group = 0;
        break;
    case 2:
        partition->one_way = false;
        break;
    default:
        partition->at_ns = 0;
        partition->until_ns = plan->scenario.gst_ns;
    }
    return true;
}

static bool plain_outage(struct plan *plan, uint32_t place)
{
    if (place >= plan->outage_count) {
        return false;
    }
    struct outage *outage = &plan->outages[place];
    outage->state_lost = false;
    return true;
}

/* Makes a rule about one type of message, or one replica. */
static bool narrow_rule(struct plan *plan, uint32_t place)
{
    const uint32_t ways = MESSAGE_TYPES + 4;
    if (place >= ways * plan->rule_count) {
        return false;
    }
    uint32_t index = place / ways, way = place % ways;
    struct link_rule *rule = &plan->rules[index];
    if (way < MESSAGE_TYPES) {
        bool has_more = (rule->types & ~(1u << way)) != 0;
        rule->types = has_more ? rule->types & ~(1u << way) : rule->types;
    } else if (way == MESSAGE_TYPES) {
        rule->delays = rule->delays && !rule->drops;
    } else if (way == MESSAGE_TYPES + 1) {
        rule->drop = rule->drops ? 1 : rule->drop;
    } else if (way == MESSAGE_TYPES + 2 && rule->delays) {
        double mean = delay_mean_ns(&rule->delay);
        rule->delay = (struct delay){.kind = DELAY_FIXED, .a = (double)generate_round((uint64_t)mean)};
    } else if (way == MESSAGE_TYPES + 3) {
        rule->at_ns = 0;
        rule->until_ns = plan->scenario.gst_ns;
    }
    return true;
}

/* --- who misbehaves ---------------------------------------------------------------------------------------------- */

static void remove_named(struct scenario *scenario, uint32_t place)
{
    uint32_t behind = --scenario->named_behavior_count - place;
    memmove(&scenario->named_behaviors[place], &scenario->named_behaviors[place + 1],
            behind * sizeof scenario->named_behaviors[0]);
    scenario->byzantine = scenario->named_behavior_count;
}

static bool make_correct(struct plan *plan, uint32_t place)
{
    if (place >= plan->scenario.named_behavior_count) {
        return false;
    }
    remove_named(&plan->scenario, place);
    return true;
}

static bool make_silent(struct plan *plan, uint32_t place)
{
    if (place >= plan->scenario.named_behavior_count) {
        return false;
    }
    plan->scenario.named_behaviors[place].behavior = behavior_find("silent");
    plan->scenario.named_behaviors[place].values = (struct behavior_values){0};
    return true;
}

/* --- sizes ------------------------------------------------------------------------------------------------------- */

static uint64_t without_bit(uint64_t bits, uint32_t id)
{
    uint64_t low = bits & ((UINT64_C(1) << id) - 1);
    return bits == PLAN_EVERYBODY ? bits : low | (bits >> 1 & ~((UINT64_C(1) << id) - 1));
}

/* Takes a replica out; ids above it move down. */
static bool take_out_replica(struct plan *plan, uint32_t id)
{
    struct scenario *scenario = &plan->scenario;
    if (id >= scenario->nodes || scenario->nodes == 1 || scenario->byzantine_ids_given) {
        return false;
    }
    bool right_quorum = scenario->quorum == quorum_size(scenario->nodes);
    bool right_replies = scenario->reply_quorum == quorum_weak(scenario->nodes);
    scenario->nodes--;
    scenario->quorum = right_quorum ? quorum_size(scenario->nodes) : scenario->quorum - 1;
    scenario->reply_quorum = right_replies ? quorum_weak(scenario->nodes) : scenario->reply_quorum - 1;
    for (uint32_t i = scenario->named_behavior_count; i-- > 0;) {
        if (scenario->named_behaviors[i].id == id) {
            remove_named(scenario, i);
        } else if (scenario->named_behaviors[i].id > id) {
            scenario->named_behaviors[i].id--;
        }
    }
    for (uint32_t i = 0; i < plan->partition_count; i++) {
        memmove(&plan->groups[i][id], &plan->groups[i][id + 1], PLAN_REPLICAS - id - 1);
    }
    for (uint32_t i = plan->outage_count; i-- > 0;) {
        if (plan->outages[i].replica == id) {
            plan_remove_outage(plan, i);
        } else if (plan->outages[i].replica > id) {
            plan->outages[i].replica--;
        }
    }
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        plan->from[i] = without_bit(plan->from[i], id);
        plan->to[i] = without_bit(plan->to[i], id);
    }
    return true;
}

static bool is_faulty(const struct plan *plan, node_id id)
{
    for (uint32_t i = 0; i < plan->scenario.named_behavior_count; i++) {
        if (plan->scenario.named_behaviors[i].id == id) {
            return true;
        }
    }
    return false;
}

enum zone plan_zone(const struct plan *plan)
{
    uint32_t faulty = healing_faulty(&plan->scenario), n = plan->scenario.nodes;
    return faulty <= quorum_faults(n)                           ? ZONE_WITHIN
           : faulty < quorum_breaking(n, plan->scenario.quorum) ? ZONE_BETWEEN
                                                                : ZONE_BREAKING;
}

/* Straight to a small number of replicas with as few of them misbehaving as the zone allows: one at a time there may be
 * no way, for 2q-n goes up and down with n. */
static bool few_replicas(struct plan *plan, uint32_t place)
{
    struct scenario *scenario = &plan->scenario;
    uint32_t wanted = place + 2;
    if (wanted >= scenario->nodes || scenario->byzantine_ids_given) {
        return false;
    }
    enum zone zone = plan_zone(plan);
    uint32_t enough = quorum_breaking(wanted, quorum_size(wanted));
    uint32_t faulty = scenario->named_behavior_count;
    uint32_t most = zone == ZONE_WITHIN ? quorum_faults(wanted) : enough;
    uint32_t kept = faulty < most ? faulty : most;
    for (uint32_t id = scenario->nodes; id-- > 0 && scenario->nodes > wanted;) {
        bool surplus = is_faulty(plan, id) ? scenario->named_behavior_count > kept
                                           : scenario->nodes - scenario->named_behavior_count > wanted - kept;
        if (surplus) {
            take_out_replica(plan, id);
        }
    }
    return true;
}

static bool fewer_requests(struct plan *plan, uint32_t place)
{
    uint64_t *requests = &plan->scenario.requests;
    if (place >= 3) {
        return false;
    }
    *requests = place == 0 ? 1 : place == 1 ? (*requests + 1) / 2 : *requests > 1 ? *requests - 1 : 1;
    return true;
}

static bool fewer_clients(struct plan *plan, uint32_t place)
{
    uint32_t *clients = &plan->scenario.clients;
    *clients = place == 0 || *clients == 1 ? 1 : *clients - 1;
    return place < 2;
}

/* --- plainer ----------------------------------------------------------------------------------------------------- */

static bool no_drop(struct plan *plan, uint32_t place)
{
    plan->scenario.drop = 0;
    return place == 0;
}

static bool same_client_drop(struct plan *plan, uint32_t place)
{
    plan->scenario.client_drop = plan->scenario.drop;
    return place == 0;
}

static bool no_duplicate(struct plan *plan, uint32_t place)
{
    plan->scenario.duplicate = 0;
    return place == 0;
}

static bool no_reorder(struct plan *plan, uint32_t place)
{
    plan->scenario.reorder = 0;
    return place == 0;
}

static bool default_reorder_extra(struct plan *plan, uint32_t place)
{
    if (!(plan->scenario.reorder > 0)) {
        plan->scenario.reorder_extra_ns = 20000000; /* the option's default, without effect */
    }
    return place == 0;
}

static bool no_fifo(struct plan *plan, uint32_t place)
{
    plan->scenario.fifo = false;
    return place == 0;
}

static bool no_rate(struct plan *plan, uint32_t place)
{
    plan->scenario.rate = 0;
    return place == 0;
}

static bool no_auth(struct plan *plan, uint32_t place)
{
    plan->scenario.auth = AUTH_NONE;
    return place == 0;
}

static bool no_batch(struct plan *plan, uint32_t place)
{
    plan->scenario.batch = 1;
    return place == 0;
}

static bool default_payload(struct plan *plan, uint32_t place)
{
    plan->scenario.payload = 16;
    return place == 0;
}

static bool fixed_delay(struct plan *plan, uint32_t place)
{
    double mean_ns = delay_mean_ns(&plan->scenario.delay);
    plan->scenario.delay = mean_ns < 1
                               ? plan->scenario.delay
                               : (struct delay){.kind = DELAY_FIXED, .a = (double)generate_round((uint64_t)mean_ns)};
    return place == 0;
}

static bool same_client_delay(struct plan *plan, uint32_t place)
{
    plan->scenario.client_delay = plan->scenario.delay;
    return place == 0;
}

static bool client_timeout_of_view(struct plan *plan, uint32_t place)
{
    plan->scenario.client_timeout_ns = plan->scenario.view_timeout_ns;
    return place == 0;
}

/* Events beyond it end with it. */
static void cut_events(struct plan *plan, uint64_t gst_ns)
{
    for (uint32_t i = plan->partition_count; i-- > 0;) {
        struct partition *partition = &plan->partitions[i];
        partition->until_ns = partition->until_ns > gst_ns ? gst_ns : partition->until_ns;
        if (partition->at_ns >= partition->until_ns) {
            plan_remove_partition(plan, i);
        }
    }
    for (uint32_t i = plan->rule_count; i-- > 0;) {
        struct link_rule *rule = &plan->rules[i];
        rule->until_ns = rule->until_ns > gst_ns ? gst_ns : rule->until_ns;
        if (rule->at_ns >= rule->until_ns) {
            plan_remove_rule(plan, i);
        }
    }
}

static bool earlier_gst(struct plan *plan, uint32_t place)
{
    struct scenario *scenario = &plan->scenario;
    bool needed = plan->partition_count + plan->rule_count > 0 || scenario->drop > 0 || scenario->client_drop > 0;
    if (place == 0 && !needed) {
        scenario->gst_ns = TIME_NEVER_NS;
    } else if (place == 1 && scenario->gst_ns != TIME_NEVER_NS && scenario->gst_ns >= 4) {
        scenario->gst_ns = generate_round(scenario->gst_ns / 2);
        cut_events(plan, scenario->gst_ns);
    }
    return place < 2;
}

/* Wide enough that it does not matter, else what the window allows. */
static bool default_window(struct plan *plan, uint32_t place)
{
    struct scenario *scenario = &plan->scenario;
    if (place == 0) {
        scenario->checkpoint_interval = 64;
        scenario->window = 256;
    }
    scenario->pipeline = scenario->window < 64 ? scenario->window : 64;
    return place < 2;
}

/* In the order in which they are tried: what takes most away comes first. */
static const struct simplification simplifications[] = {
    {few_replicas, OPT_NODES, true},
    {take_out_replica, OPT_NODES, true},
    {drop_partition, OPTION_COUNT, false},
    {drop_rule, OPTION_COUNT, false},
    {drop_outage, OPTION_COUNT, false},
    {make_correct, OPT_BYZANTINE, true},
    {fewer_requests, OPT_REQUESTS, false},
    {fewer_clients, OPT_CLIENTS, true},
    {no_auth, OPT_AUTH, false},
    {no_rate, OPT_RATE, true},
    {no_drop, OPT_DROP, true},
    {same_client_drop, OPT_CLIENT_DROP, true},
    {no_duplicate, OPT_DUPLICATE, false},
    {no_reorder, OPT_REORDER, true},
    {default_reorder_extra, OPT_REORDER_EXTRA, false},
    {no_fifo, OPT_FIFO, false},
    {no_batch, OPT_BATCH, false},
    {default_payload, OPT_PAYLOAD, false},
    {default_window, OPT_WINDOW, false},
    {earlier_gst, OPT_GST, false},
    {make_silent, OPT_BEHAVIOR, true},
    {fixed_delay, OPT_DELAY, true},
    {same_client_delay, OPT_CLIENT_DELAY, true},
    {client_timeout_of_view, OPT_CLIENT_TIMEOUT, false},
    {plain_partition, OPTION_COUNT, false},
    {plain_outage, OPTION_COUNT, false},
    {narrow_rule, OPTION_COUNT, false},
};

#define SIMPLIFICATIONS (sizeof simplifications / sizeof *simplifications)

const struct simplification *simplification_at(size_t index)
{
    return index < SIMPLIFICATIONS ? &simplifications[index] : NULL;
}

static bool same_delay(const struct delay *a, const struct delay *b)
{
    return a->kind == b->kind && !(a->a < b->a || a->a > b->a) && !(a->b < b->b || a->b > b->b);
}

static bool same_partitions(const struct plan *a, const struct plan *b)
{
    for (uint32_t i = 0; i < a->partition_count; i++) {
        const struct partition *p = &a->partitions[i], *q = &b->partitions[i];
        if (p->at_ns != q->at_ns || p->until_ns != q->until_ns || p->client_group != q->client_group ||
            p->one_way != q->one_way || p->view_first != q->view_first || p->view_last != q->view_last) {
            return false;
        }
    }
    return true;
}

static bool same_rules(const struct plan *a, const struct plan *b)
{
    for (uint32_t i = 0; i < a->rule_count; i++) {
        const struct link_rule *p = &a->rules[i], *q = &b->rules[i];
        if (p->at_ns != q->at_ns || p->until_ns != q->until_ns || p->types != q->types || p->delays != q->delays ||
            p->drop < q->drop || p->drop > q->drop || !same_delay(&p->delay, &q->delay)) {
            return false;
        }
    }
    return true;
}

/* Events only change in these fields, or go. */
bool plan_same(const struct plan *a, const struct plan *b)
{
    if (a->partition_count != b->partition_count || a->outage_count != b->outage_count ||
        a->rule_count != b->rule_count || !same_partitions(a, b) || !same_rules(a, b)) {
        return false;
    }
    for (uint32_t i = 0; i < a->outage_count; i++) {
        if (a->outages[i].state_lost != b->outages[i].state_lost) {
            return false;
        }
    }
    return scenario_same(&a->scenario, &b->scenario);
}

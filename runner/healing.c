#include "runner/healing.h"

#include <stdlib.h>

#include "core/quorum.h"
#include "runner/patience.h"

/* The longest delay of a distribution; TIME_NEVER_NS if it has none. */
static uint64_t bound_ns(const struct delay *delay)
{
    return delay_is_bounded(delay) ? delay_bound_ns(delay) : TIME_NEVER_NS;
}

uint64_t healing_timely_ns(const struct scenario *scenario)
{
    uint64_t replicas_ns = bound_ns(&scenario->delay), clients_ns = bound_ns(&scenario->client_delay);
    bool has_rules = scenario->schedule != NULL && scenario->schedule->rule_count > 0;
    if (!processing_is_none(&scenario->processing) || scenario->bandwidth > 0 || scenario->matrix_name[0] != '\0' ||
        (scenario->fifo && (has_rules || scenario->reorder > 0))) {
        return TIME_NEVER_NS; /* messages queue for a busy replica, or behind one that was sent late in the chaos */
    }
    bool reorders = scenario->reorder > 0 && scenario->gst_ns == TIME_NEVER_NS;
    if (reorders && replicas_ns != TIME_NEVER_NS) {
        replicas_ns += scenario->reorder_extra_ns;
    }
    return replicas_ns > clients_ns ? replicas_ns : clients_ns;
}

uint64_t healing_time_ns(const struct scenario *scenario)
{
    const struct schedule *schedule = scenario->schedule;
    bool loses = scenario->drop > 0 || scenario->client_drop > 0 ||
                 (schedule != NULL && schedule->partition_count + schedule->rule_count > 0);
    uint64_t healed_ns = loses ? scenario->gst_ns : 0;
    if (scenario->twins != NULL && scenario->twins->until_ns > healed_ns) {
        healed_ns = scenario->twins->until_ns;
    }
    bool disturbs = scenario->reorder > 0 && scenario->reorder_extra_ns > 0;
    if (disturbs && scenario->gst_ns != TIME_NEVER_NS && scenario->gst_ns > healed_ns) {
        healed_ns = scenario->gst_ns;
    }
    for (size_t i = 0; schedule != NULL && i < schedule->outage_count; i++) {
        uint64_t last_ns = schedule->outages[i].until_ns;
        last_ns = last_ns == TIME_NEVER_NS ? schedule->outages[i].at_ns : last_ns;
        healed_ns = last_ns > healed_ns ? last_ns : healed_ns;
    }
    return healed_ns;
}

static bool is_named(const struct scenario *scenario, node_id id)
{
    for (uint32_t i = 0; i < scenario->named_behavior_count; i++) {
        if (scenario->named_behaviors[i].id == id) {
            return true;
        }
    }
    for (uint32_t i = 0; scenario->byzantine_ids_given && i < scenario->byzantine; i++) {
        if (scenario->byzantine_ids[i] == id) {
            return true;
        }
    }
    return false;
}

uint32_t healing_faulty(const struct scenario *scenario)
{
    const struct schedule *schedule = scenario->schedule;
    uint32_t faulty = scenario->byzantine;
    for (size_t i = 0; schedule != NULL && i < schedule->outage_count; i++) {
        const struct outage *outage = &schedule->outages[i];
        bool counts = outage->state_lost || outage->until_ns == TIME_NEVER_NS;
        bool counted = is_named(scenario, outage->replica);
        for (size_t j = 0; j < i && !counted; j++) {
            const struct outage *other = &schedule->outages[j];
            counted = other->replica == outage->replica && (other->state_lost || other->until_ns == TIME_NEVER_NS);
        }
        faulty += counts && !counted;
    }
    return faulty;
}

static bool may_lose(const struct scenario *scenario)
{
    return scenario->drop > 0 || scenario->client_drop > 0 || scenario->schedule != NULL || scenario->byzantine > 0;
}

/* How often the first timer must be doubled until it is long enough. A client's request may have to wait until those
 * of other clients before it have been ordered, as many at once as batch and pipeline let. */
static uint32_t doublings(const struct scenario *scenario, uint64_t timely_ns)
{
    uint64_t at_once = (uint64_t)scenario->pipeline * scenario->batch;
    uint64_t rounds = (scenario->clients + at_once - 1) / at_once;
    uint32_t count = 0;
    for (uint64_t timer_ns = scenario->view_timeout_ns; timer_ns < 10 * timely_ns * rounds; timer_ns *= 2) {
        count++;
    }
    return count;
}

static bool has_short_timers(const struct scenario *scenario)
{
    uint64_t timely_ns = healing_timely_ns(scenario);
    return timely_ns == TIME_NEVER_NS || doublings(scenario, timely_ns) > 0;
}

/* Where links keep their order, what a rule delays without bound during the chaos holds up all that comes behind. */
static bool holds_up(const struct scenario *scenario)
{
    const struct schedule *schedule = scenario->schedule;
    for (size_t i = 0; scenario->fifo && schedule != NULL && i < schedule->rule_count; i++) {
        if (schedule->rules[i].delays && !delay_is_bounded(&schedule->rules[i].delay)) {
            return true;
        }
    }
    return false;
}

bool healing_promises_life(const struct scenario *scenario)
{
    uint32_t n = scenario->nodes;
    /* who leaves a view alone, its timer shorter than a message's way, loses what comes meanwhile (R13) */
    bool queues = !processing_is_none(&scenario->processing) || scenario->bandwidth > 0; /* perhaps ever longer */
    bool delays_more = scenario->reorder > 0 && scenario->reorder_extra_ns > 0;
    bool sends_again = scenario->retransmit_ns > 0 || !(may_lose(scenario) || has_short_timers(scenario) ||
                                                        delays_more || scenario_may_overtake(scenario));
    return healing_faulty(scenario) <= quorum_faults(n) && scenario->quorum == quorum_size(n) &&
           scenario->reply_quorum <= n - quorum_faults(n) && sends_again && !queues && !holds_up(scenario) &&
           healing_time_ns(scenario) != TIME_NEVER_NS && scenario->deadline_ns >= healing_deadline_ns(scenario);
}

bool healing_promises_views(const struct scenario *scenario, uint32_t *views)
{
    uint64_t timely_ns = healing_timely_ns(scenario);
    *views = 0;
    if (!healing_promises_life(scenario) || timely_ns == TIME_NEVER_NS) {
        return false;
    }
    /* an execution takes the timer back to its first value (R23), so each request may cost the doublings again */
    uint64_t more = doublings(scenario, timely_ns) * scenario->requests;
    *views = quorum_faults(scenario->nodes) + 2 + (uint32_t)(more < UINT32_MAX / 2 ? more : UINT32_MAX / 2);
    return true;
}

static uint64_t saturating_product(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / 8 / a ? UINT64_MAX / 8 : a * b;
}

uint64_t healing_deadline_ns(const struct scenario *scenario)
{
    uint64_t timely_ns = healing_timely_ns(scenario);
    if (timely_ns == TIME_NEVER_NS) {
        uint64_t replicas_ns = delay_bound_ns(&scenario->delay), clients_ns = delay_bound_ns(&scenario->client_delay);
        timely_ns = replicas_ns > clients_ns ? replicas_ns : clients_ns;
        uint64_t mean_ns = (uint64_t)scenario_link_mean_ns(scenario);
        timely_ns = saturating_product(timely_ns > mean_ns ? timely_ns : mean_ns, 10);
    }
    uint64_t healed_ns = healing_time_ns(scenario);
    healed_ns = healed_ns == TIME_NEVER_NS ? 0 : healed_ns;
    /* timers may have doubled for as long as there was chaos, and then double from view to view */
    uint64_t timer_ns = scenario->view_timeout_ns + 10 * timely_ns + healed_ns;
    uint64_t clients_ns = saturating_product(16, scenario->client_timeout_ns);
    uint64_t views = UINT64_C(16) << quorum_faults(scenario->nodes > 40 ? 40 : scenario->nodes);
    uint64_t planned_ns = scenario->rate > 0 ? (uint64_t)((double)scenario->requests * 1e9 / scenario->rate) : 0;
    uint64_t each_ns = saturating_product(4 * scenario->requests, scenario->view_timeout_ns + 10 * timely_ns);
    return healed_ns + clients_ns + planned_ns + each_ns + saturating_product(views, timer_ns);
}

#include "runner/patience.h"

#include <math.h>

#include "core/message.h"
#include "core/request.h"
#include "core/view_change.h"

#define NS_PER_MS 1000000u
#define NS_PER_SECOND 1000000000u

double scenario_link_mean_ns(const struct scenario *scenario)
{
    return delay_mean_ns(&scenario->delay) + latency_mean_ns(&scenario->placement, scenario->nodes);
}

double scenario_client_link_mean_ns(const struct scenario *scenario)
{
    return delay_mean_ns(&scenario->client_delay) + latency_client_mean_ns(&scenario->placement, scenario->nodes);
}

/* What the primary has to do for one request of each client. */
struct backlog_size {
    double requests, decisions;
    double received, sent; /* messages: each copy of those sent */
};

static struct backlog_size backlog_of(const struct scenario *scenario)
{
    double others = scenario->nodes - 1;
    double clients = scenario->clients;
    double at_once = clients < scenario->pipeline ? clients : scenario->pipeline; /* batches of one, at worst */
    double full = ceil(clients / scenario->batch);
    double decisions = full > at_once ? full : at_once;
    return (struct backlog_size){
        .requests = clients,
        .decisions = decisions,
        .received = clients + 2 * others * decisions,
        .sent = clients + 2 * others * decisions,
    };
}

static double seal_bytes(const struct scenario *scenario)
{
    return scenario->auth == AUTH_NONE  ? 0
           : scenario->auth == AUTH_MAC ? 8.0 * scenario->nodes
                                        : sizeof(struct signature);
}

static double uplink_ns(const struct scenario *scenario, const struct backlog_size *backlog)
{
    double seal = seal_bytes(scenario);
    double batches = backlog->requests * (double)request_footprint(scenario->payload) * (scenario->nodes - 1);
    double bytes = backlog->sent * (sizeof(struct message) + seal) + batches;
    return 8e9 * bytes / (double)scenario->bandwidth;
}

static double processor_ns(const struct scenario *scenario, const struct backlog_size *backlog)
{
    double busy_ns = backlog->received * delay_mean_ns(&scenario->processing.delay);
    if (scenario->processing.auth) {
        bool macs = scenario->auth == AUTH_MAC;
        bool signatures = scenario->auth == AUTH_SIGNATURE;
        const struct auth_work work = {
            .macs = macs ? (uint64_t)(backlog->received + backlog->sent) : 0,
            .verifications = signatures ? (uint64_t)backlog->received : 0,
            .signatures = signatures ? (uint64_t)(2 * backlog->decisions + backlog->requests) : 0,
        };
        busy_ns += (double)processing_work_ns(scenario->auth, &work, NULL) +
                   2 * backlog->requests * processing_hash_ns((double)request_footprint(scenario->payload));
    }
    return busy_ns;
}

double scenario_backlog_ns(const struct scenario *scenario)
{
    struct backlog_size backlog = backlog_of(scenario);
    return processor_ns(scenario, &backlog) + (scenario->bandwidth > 0 ? uplink_ns(scenario, &backlog) : 0);
}

static uint64_t at_least(double value, uint64_t least)
{
    return value < (double)least ? least : value > 9e18 ? UINT64_MAX / 2 : (uint64_t)llround(value);
}

/* How long a request may wait at a correct primary behind one request of each other client: what does not fit into the
 * pipeline goes in waves of three hops. */
static double queue_ns(const struct scenario *scenario)
{
    double waves = ceil((double)scenario->clients / ((double)scenario->batch * scenario->pipeline));
    return waves > 1 ? 3 * (waves - 1) * scenario_link_mean_ns(scenario) : 0;
}

/* Twice what the way itself takes: `hops` between replicas, and `client_hops`. */
static double patience_ns(const struct scenario *scenario, double hops, double client_hops)
{
    double link_ns = scenario_link_mean_ns(scenario), client_ns = scenario_client_link_mean_ns(scenario);
    double way_ns = hops * link_ns + client_hops * (client_ns > link_ns ? client_ns : link_ns);
    return 2 * (way_ns + scenario_backlog_ns(scenario) + queue_ns(scenario));
}

/* What the new primary's uplink needs for a VIEW-CHANGE, the NEW-VIEW, and the agreement on O once more, when as
 * much is prepared as can be between two checkpoints. */
static double change_of_view_ns(const struct scenario *scenario)
{
    if (scenario->bandwidth == 0) {
        return 0;
    }
    double at_once = scenario->clients < scenario->pipeline ? scenario->clients : scenario->pipeline;
    double most = fmin(scenario->checkpoint_interval + at_once, scenario->window);
    uint32_t prepared = (uint32_t)fmin(most, (double)scenario->requests);
    struct proof_shape shape = proof_shape(scenario->nodes, scenario->quorum, scenario->auth);
    double signature = scenario->auth == AUTH_SIGNATURE ? sizeof(struct signature) : 0;
    double message = sizeof(struct message) + seal_bytes(scenario);
    double change = sizeof(struct change_head) + signature + view_change_size(shape, prepared);
    double order = prepared * (sizeof(struct order_entry) + signature + 2 * message);
    double bytes = (scenario->nodes - 1) * ((1 + scenario->quorum) * change + 2 * message + order);
    return 8e9 * bytes / (double)scenario->bandwidth;
}

uint64_t scenario_view_timeout_ns(const struct scenario *scenario)
{
    double wait_ns = patience_ns(scenario, 5, 0) + change_of_view_ns(scenario);
    return wait_ns > 0 ? at_least(wait_ns, 1) : NS_PER_SECOND;
}

uint64_t scenario_client_timeout_ns(const struct scenario *scenario)
{
    uint64_t way_ns = at_least(patience_ns(scenario, 3, 2), 1);
    bool farther = scenario_client_link_mean_ns(scenario) > scenario_link_mean_ns(scenario);
    uint64_t least_ns = scenario->view_timeout_ns > NS_PER_MS ? scenario->view_timeout_ns : NS_PER_MS;
    return farther && way_ns > least_ns ? way_ns : least_ns;
}

/* The longest that a message of bounded delay is on its way between two replicas. */
static double longest_ns(const struct scenario *scenario)
{
    double extra_ns = scenario->reorder > 0 ? (double)scenario->reorder_extra_ns : 0;
    return (double)delay_bound_ns(&scenario->delay) + extra_ns + (double)latency_most_ns(&scenario->placement);
}

/* Whether the three phases may outlast the timers although nothing is lost: a replica that has left its view then
 * never hears what the others' votes of that view said (R13), as if they had been lost. */
static bool may_come_too_late(const struct scenario *scenario)
{
    double timers_ns = (double)scenario->client_timeout_ns + (double)scenario->view_timeout_ns;
    bool bounded = delay_is_bounded(&scenario->delay) && delay_is_bounded(&scenario->processing.delay);
    return !bounded || 3 * longest_ns(scenario) + scenario_backlog_ns(scenario) + queue_ns(scenario) > timers_ns;
}

bool scenario_may_overtake(const struct scenario *scenario)
{
    /* What lies above the window is lost on a replica that has not heard of a checkpoint c (R22). From c on the others
     * have to order L - K more for that, in waves of three hops. */
    bool one_by_one = scenario->rate == 0 && scenario->clients < scenario->pipeline;
    double at_once = one_by_one ? scenario->clients : scenario->pipeline;
    double before = (double)scenario->window - scenario->checkpoint_interval - at_once;
    double waves = before > 0 ? ceil(before / at_once) : 0;
    double fastest_ns = (3 * waves + 2) * (double)delay_least_ns(&scenario->delay);
    return scenario->requests > scenario->window && longest_ns(scenario) > fastest_ns;
}

uint64_t scenario_retransmit_ns(const struct scenario *scenario)
{
    double wait_ns = 4 * scenario_link_mean_ns(scenario) + 2 * scenario_backlog_ns(scenario);
    bool loses = scenario->schedule != NULL && schedule_may_lose(scenario->schedule, scenario->gst_ns);
    if (scenario->drop > 0 || scenario->byzantine > 0 || loses) {
        return at_least(wait_ns, 20 * NS_PER_MS);
    }
    bool may_miss = may_come_too_late(scenario) || scenario_may_overtake(scenario);
    uint64_t least_ns = scenario->view_timeout_ns < NS_PER_MS ? at_least(wait_ns, NS_PER_MS)
                                                              : scenario->view_timeout_ns;
    return may_miss ? least_ns : 0;
}

uint64_t scenario_deadline_ns(const struct scenario *scenario)
{
    double base_ns = patience_ns(scenario, 3, 2);
    double longest_ns = (double)scenario_view_timeout_ns(scenario);
    longest_ns = base_ns > longest_ns ? base_ns : longest_ns;
    uint64_t each_ns = at_least(base_ns > 0 ? 10 * longest_ns : 0, 2ull * NS_PER_SECOND);
    uint64_t last_event_ns = scenario->schedule == NULL ? 0 : schedule_last_ns(scenario->schedule);
    bool beyond = each_ns > UINT64_MAX / 2 / scenario->requests || last_event_ns > UINT64_MAX / 4;
    return beyond ? UINT64_MAX / 2 : each_ns * scenario->requests + last_event_ns;
}

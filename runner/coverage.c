#include "runner/coverage.h"

#include <assert.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/healing.h"

#define MANY_RUNS 200 /* in which a behaviour that works is exercised */

static const char *const feature_names[COVERAGE_FEATURES] = {
    [HAS_CHAOS] = "chaos",
    [HAS_DROP] = "drop",
    [HAS_DUPLICATE] = "duplicate",
    [HAS_REORDER] = "reorder",
    [HAS_FIFO] = "fifo",
    [HAS_PARTITION] = "partition",
    [HAS_ONE_WAY_PARTITION] = "one_way_partition",
    [HAS_PARTITION_OF_PRIMARY] = "partition_of_primary",
    [HAS_PARTITION_BY_VIEW] = "partition_by_view",
    [HAS_CLIENTS_PARTITIONED] = "clients_partitioned",
    [HAS_OUTAGE] = "outage",
    [HAS_OUTAGE_FOR_GOOD] = "outage_for_good",
    [HAS_OUTAGE_STATE_LOST] = "outage_state_lost",
    [HAS_DELAY_RULE] = "delay_rule",
    [HAS_DROP_RULE] = "drop_rule",
    [HAS_SHORT_TIMER] = "short_timer",
    [HAS_NO_RETRANSMISSION] = "no_retransmission",
    [HAS_OPEN_LOOP] = "open_loop",
    [HAS_SEVERAL_CLIENTS] = "several_clients",
    [HAS_BATCHES] = "batches",
    [HAS_MAC] = "mac",
    [HAS_SIGNATURES] = "signatures",
    [HAS_MISBEHAVING] = "misbehaving",
    [HAS_AT_BOUND] = "b_is_f",
    [HAS_BEYOND_BOUND] = "b_above_f",
};

static const char *const event_names[COVERAGE_EVENTS] = {
    [SAW_LIVE] = "live",
    [SAW_LIFE_PROMISED] = "liveness_judged",
    [SAW_VIEWS_PROMISED] = "views_judged",
    [SAW_PENDING_AT_HEALING] = "pending_at_healing",
    [SAW_VIEW_CHANGE] = "view_change",
    [SAW_NULL_REQUEST] = "null_request",
    [SAW_FETCHED_DECISION] = "fetched_decision",
    [SAW_STATE_TRANSFER] = "state_transfer",
    [SAW_STABLE_CHECKPOINT] = "stable_checkpoint",
    [SAW_CONFLICTING_VOTE] = "conflicting_vote",
    [SAW_EQUIVOCATION] = "equivocation",
    [SAW_NOTHING_FIRED] = "nothing_fired",
    [SAW_CUT] = "partition_lost_a_message",
    [SAW_RULED] = "link_rule_applied",
};

const char *coverage_feature_name(enum coverage_feature feature)
{
    return feature_names[feature];
}

const char *coverage_event_name(enum coverage_event event)
{
    return event_names[event];
}

/* --- what a scenario has ----------------------------------------------------------------------------------------- */

static void mark_partitions(const struct schedule *schedule, bool *has)
{
    for (size_t i = 0; i < schedule->partition_count; i++) {
        const struct partition *partition = &schedule->partitions[i];
        has[HAS_PARTITION] = true;
        has[HAS_ONE_WAY_PARTITION] |= partition->one_way;
        has[HAS_PARTITION_OF_PRIMARY] |= partition->kind == PARTITION_PRIMARY;
        has[HAS_PARTITION_BY_VIEW] |= partition->view_first > 0 || partition->view_last < UINT32_MAX;
        has[HAS_CLIENTS_PARTITIONED] |= partition->client_group > 0;
    }
}

static void mark_schedule(const struct schedule *schedule, bool *has)
{
    mark_partitions(schedule, has);
    for (size_t i = 0; i < schedule->outage_count; i++) {
        const struct outage *outage = &schedule->outages[i];
        has[HAS_OUTAGE] = true;
        has[HAS_OUTAGE_FOR_GOOD] |= outage->until_ns == TIME_NEVER_NS;
        has[HAS_OUTAGE_STATE_LOST] |= outage->state_lost;
    }
    for (size_t i = 0; i < schedule->rule_count; i++) {
        has[HAS_DELAY_RULE] |= schedule->rules[i].delays;
        has[HAS_DROP_RULE] |= schedule->rules[i].drops;
    }
}

static void mark_scenario(const struct scenario *scenario, bool *has)
{
    uint64_t timely_ns = healing_timely_ns(scenario);
    uint32_t faulty = healing_faulty(scenario), bound = quorum_faults(scenario->nodes);
    has[HAS_CHAOS] = healing_time_ns(scenario) > 0;
    has[HAS_DROP] = scenario->drop > 0 || scenario->client_drop > 0;
    has[HAS_DUPLICATE] = scenario->duplicate > 0;
    has[HAS_REORDER] = scenario->reorder > 0;
    has[HAS_FIFO] = scenario->fifo;
    has[HAS_SHORT_TIMER] = timely_ns != TIME_NEVER_NS && scenario->view_timeout_ns < 10 * timely_ns;
    has[HAS_NO_RETRANSMISSION] = scenario->retransmit_ns == 0;
    has[HAS_OPEN_LOOP] = scenario->rate > 0;
    has[HAS_SEVERAL_CLIENTS] = scenario->clients > 1;
    has[HAS_BATCHES] = scenario->batch > 1;
    has[HAS_MAC] = scenario->auth == AUTH_MAC;
    has[HAS_SIGNATURES] = scenario->auth == AUTH_SIGNATURE;
    has[HAS_MISBEHAVING] = faulty > 0;
    has[HAS_AT_BOUND] = faulty > 0 && faulty == bound;
    has[HAS_BEYOND_BOUND] = faulty > bound;
    if (scenario->schedule != NULL) {
        mark_schedule(scenario->schedule, has);
    }
}

/* --- what a run came to ------------------------------------------------------------------------------------------ */

static void mark_events(const struct trial *trial, bool *saw)
{
    const struct run_result *result = &trial->result;
    saw[SAW_LIVE] = result->live;
    saw[SAW_LIFE_PROMISED] = trial->life_promised;
    saw[SAW_VIEWS_PROMISED] = trial->views_promised;
    saw[SAW_PENDING_AT_HEALING] = trial->healed_ns > 0 && result->elapsed_ns > trial->healed_ns;
    saw[SAW_VIEW_CHANGE] = result->view_changes > 0;
    saw[SAW_NULL_REQUEST] = trial->null_requests > 0;
    saw[SAW_FETCHED_DECISION] = trial->fetched > 0;
    saw[SAW_STATE_TRANSFER] = trial->transferred > 0;
    for (uint32_t i = 0; i < result->replica_count; i++) {
        saw[SAW_STABLE_CHECKPOINT] |= result->replicas[i].stable > 0;
    }
    saw[SAW_CONFLICTING_VOTE] = result->rejected[REJECT_CONFLICTING_VOTE] > 0;
    saw[SAW_EQUIVOCATION] = result->rejected[REJECT_CONFLICTING_PRE_PREPARE] > 0;
    saw[SAW_NOTHING_FIRED] = result->empty;
    saw[SAW_CUT] = result->schedule.effect.lost > 0;
    saw[SAW_RULED] = result->schedule.effect.ruled > 0;
}

static size_t behavior_index(const char *name)
{
    size_t index = 0;
    while (index + 1 < COVERAGE_BEHAVIORS && behavior_at(index)->name != NULL &&
           strcmp(behavior_at(index)->name, name) != 0) {
        index++;
    }
    return index;
}

static void add_faults(struct coverage *coverage, const struct run_result *result)
{
    for (uint32_t i = 0; i < result->fault_count; i++) {
        const struct fault_count *fault = &result->faults[i];
        size_t index = behavior_index(fault->behavior);
        coverage->behaviors[index].runs++;
        coverage->behaviors[index].replicas += fault->replicas;
        coverage->behaviors[index].fired += fault->fired;
        coverage->behaviors[index].fired_in += fault->fired > 0;
    }
}

static void add_messages(struct coverage *coverage, const struct run_result *result)
{
    const struct message_counts *messages = &result->messages;
    coverage->sent += messages->sent;
    coverage->delivered += messages->delivered;
    coverage->dropped += messages->dropped;
    coverage->duplicated += messages->duplicated;
    coverage->retransmitted += messages->retransmitted;
    for (uint32_t type = 0; type < MESSAGE_TYPES; type++) {
        coverage->by_type[type] += messages->by_type[type];
    }
    for (uint32_t reason = 0; reason < REJECT_REASONS; reason++) {
        coverage->rejected[reason] += result->rejected[reason];
        coverage->rejected_in[reason] += result->rejected[reason] > 0;
    }
}

void coverage_add(struct coverage *coverage, const struct plan *plan, const struct trial *trial)
{
    const struct scenario *scenario = &plan->scenario;
    const struct run_result *result = &trial->result;
    bool has[COVERAGE_FEATURES] = {false}, saw[COVERAGE_EVENTS] = {false};
    mark_scenario(scenario, has);
    mark_events(trial, saw);
    coverage->runs++;
    coverage->of_size[scenario->nodes]++;
    coverage->of_faulty[healing_faulty(scenario)]++;
    coverage->of_delay[scenario->delay.kind]++;
    for (uint32_t i = 0; i < COVERAGE_FEATURES; i++) {
        coverage->has[i] += has[i];
    }
    for (uint32_t i = 0; i < COVERAGE_EVENTS; i++) {
        coverage->saw[i] += saw[i];
    }
    if (trial->views_promised && saw[SAW_PENDING_AT_HEALING]) {
        view_number needed = trial->view_at_end - trial->view_at_healing;
        coverage->views_needed[needed < COVERAGE_VIEWS ? needed : COVERAGE_VIEWS - 1]++;
    }
    coverage->requests += result->submitted;
    coverage->decisions += result->decisions;
    coverage->view_changes += result->view_changes;
    coverage->null_requests += trial->null_requests;
    coverage->fetched += trial->fetched;
    coverage->transferred += trial->transferred;
    coverage->events += result->events;
    coverage->emulated_ms += result->elapsed_ns / 1000000;
    add_messages(coverage, result);
    add_faults(coverage, result);
}

void coverage_merge(struct coverage *into, const struct coverage *from)
{
    _Static_assert(sizeof *into % sizeof(uint64_t) == 0, "counts, and nothing else");
    uint64_t sum[sizeof *into / sizeof(uint64_t)], more[sizeof *into / sizeof(uint64_t)];
    memcpy(sum, into, sizeof sum);
    memcpy(more, from, sizeof more);
    for (size_t i = 0; i < sizeof sum / sizeof *sum; i++) {
        sum[i] += more[i];
    }
    memcpy(into, sum, sizeof sum);
}

const char *coverage_empty(const struct coverage *coverage)
{
    for (size_t i = 0; i < COVERAGE_BEHAVIORS && behavior_at(i)->name != NULL; i++) {
        if (coverage->behaviors[i].runs >= MANY_RUNS && coverage->behaviors[i].fired == 0) {
            return behavior_at(i)->name;
        }
    }
    if (coverage->has[HAS_PARTITION] >= MANY_RUNS && coverage->saw[SAW_CUT] == 0) {
        return "partition";
    }
    if (coverage->has[HAS_DELAY_RULE] + coverage->has[HAS_DROP_RULE] >= 2 * MANY_RUNS &&
        coverage->saw[SAW_RULED] == 0) {
        return "link_rule";
    }
    return NULL;
}

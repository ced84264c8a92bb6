#include "net/schedule.h"

#include <stdlib.h>

static bool holds_at(uint64_t at_ns, uint64_t until_ns, uint64_t time_ns)
{
    return time_ns >= at_ns && time_ns < until_ns;
}

/* The end of a span that GST ends at the latest. */
static uint64_t capped(uint64_t until_ns, uint64_t gst_ns)
{
    return until_ns < gst_ns ? until_ns : gst_ns;
}

/* --- rules ------------------------------------------------------------------------------------------------------- */

static bool set_has(const struct node_set *set, uint32_t replicas, node_id node)
{
    if (node >= replicas) {
        return set->clients;
    }
    return set->replicas == NULL || set->replicas[node];
}

static bool rule_may_match(const struct schedule *schedule, const struct link_rule *rule, uint64_t gst_ns,
                           const struct message *message, node_id from)
{
    return holds_at(rule->at_ns, capped(rule->until_ns, gst_ns), message->sent_ns) && message->type < MESSAGE_TYPES &&
           (rule->types >> message->type & 1) != 0 && set_has(&rule->from, schedule->replicas, from);
}

const struct link_rule *schedule_rule(const struct schedule *schedule, uint64_t gst_ns, const struct message *message,
                                      node_id from, node_id to)
{
    for (size_t i = schedule->rule_count; i-- > 0;) {
        const struct link_rule *rule = &schedule->rules[i];
        if (rule_may_match(schedule, rule, gst_ns, message, from) && set_has(&rule->to, schedule->replicas, to)) {
            return rule;
        }
    }
    return NULL;
}

bool schedule_has_rule(const struct schedule *schedule, uint64_t gst_ns, const struct message *message, node_id from)
{
    for (size_t i = 0; i < schedule->rule_count; i++) {
        if (rule_may_match(schedule, &schedule->rules[i], gst_ns, message, from)) {
            return true;
        }
    }
    return false;
}

/* --- partitions and outages -------------------------------------------------------------------------------------- */

static bool names_a_view(uint8_t type)
{
    switch (type) {
    case MESSAGE_PRE_PREPARE:
    case MESSAGE_PREPARE:
    case MESSAGE_COMMIT:
    case MESSAGE_VIEW_CHANGE:
    case MESSAGE_NEW_VIEW:
    case MESSAGE_DECISION:
    case MESSAGE_REPLY:
        return true;
    default:
        return false;
    }
}

static bool is_for_all_views(const struct partition *partition)
{
    return partition->view_first == 0 && partition->view_last == UINT32_MAX;
}

static bool concerns_view(const struct partition *partition, const struct message *message)
{
    return is_for_all_views(partition) || (names_a_view(message->type) && message->view >= partition->view_first &&
                                           message->view <= partition->view_last);
}

static uint8_t group_of(const struct schedule *schedule, const struct partition *partition, node_id node)
{
    return node < schedule->replicas ? partition->groups[node] : partition->client_group;
}

/* Whether the link crosses the border, for this message. */
static bool crosses(const struct schedule *schedule, const struct partition *partition, const struct message *message,
                    node_id from, node_id to)
{
    if (!concerns_view(partition, message) || (partition->spared >> message->type & 1u) != 0) {
        return false;
    }
    if (partition->kind == PARTITION_PRIMARY) {
        node_id primary = names_a_view(message->type) ? message->view % schedule->replicas : NO_NODE;
        return from != to && from < schedule->replicas && to < schedule->replicas && (from == primary || to == primary);
    }
    uint8_t source = group_of(schedule, partition, from), target = group_of(schedule, partition, to);
    return source != 0 && target != 0 && (partition->one_way ? source < target : source != target);
}

const struct partition *schedule_partition(const struct schedule *schedule, uint64_t gst_ns,
                                           const struct message *message, node_id from, node_id to, uint64_t due_ns)
{
    for (size_t i = 0; i < schedule->partition_count; i++) {
        const struct partition *partition = &schedule->partitions[i];
        uint64_t until_ns = capped(partition->until_ns, gst_ns);
        if ((holds_at(partition->at_ns, until_ns, message->sent_ns) || holds_at(partition->at_ns, until_ns, due_ns)) &&
            crosses(schedule, partition, message, from, to)) {
            return partition;
        }
    }
    return NULL;
}

bool schedule_is_down(const struct schedule *schedule, const struct message *message, node_id from, node_id to,
                      uint64_t due_ns)
{
    for (size_t i = 0; i < schedule->outage_count; i++) {
        const struct outage *outage = &schedule->outages[i];
        bool sent_meanwhile = holds_at(outage->at_ns, outage->until_ns, message->sent_ns);
        bool due_meanwhile = holds_at(outage->at_ns, outage->until_ns, due_ns);
        if ((outage->replica == to && (sent_meanwhile || due_meanwhile)) ||
            (outage->replica == from && sent_meanwhile)) {
            return true;
        }
    }
    return false;
}

bool schedule_may_cut(const struct schedule *schedule, uint64_t gst_ns, uint64_t sent_ns)
{
    for (size_t i = 0; i < schedule->partition_count; i++) {
        if (sent_ns < capped(schedule->partitions[i].until_ns, gst_ns)) {
            return true;
        }
    }
    for (size_t i = 0; i < schedule->outage_count; i++) {
        if (sent_ns < schedule->outages[i].until_ns) {
            return true;
        }
    }
    return false;
}

/* --- as a whole -------------------------------------------------------------------------------------------------- */

bool schedule_may_lose(const struct schedule *schedule, uint64_t gst_ns)
{
    bool loses = schedule->outage_count > 0;
    for (size_t i = 0; i < schedule->partition_count; i++) {
        loses = loses || schedule->partitions[i].at_ns < gst_ns;
    }
    for (size_t i = 0; i < schedule->rule_count; i++) {
        const struct link_rule *rule = &schedule->rules[i];
        loses = loses || (rule->drops && rule->drop > 0.0 && rule->at_ns < gst_ns);
    }
    return loses;
}

static void later(uint64_t *last_ns, uint64_t at_ns, uint64_t until_ns)
{
    uint64_t end_ns = until_ns == TIME_NEVER_NS ? at_ns : until_ns;
    *last_ns = end_ns > *last_ns ? end_ns : *last_ns;
}

uint64_t schedule_last_ns(const struct schedule *schedule)
{
    uint64_t last_ns = 0;
    for (size_t i = 0; i < schedule->partition_count; i++) {
        later(&last_ns, schedule->partitions[i].at_ns, schedule->partitions[i].until_ns);
    }
    for (size_t i = 0; i < schedule->outage_count; i++) {
        later(&last_ns, schedule->outages[i].at_ns, schedule->outages[i].until_ns);
    }
    for (size_t i = 0; i < schedule->rule_count; i++) {
        later(&last_ns, schedule->rules[i].at_ns, schedule->rules[i].until_ns);
    }
    return last_ns;
}

uint32_t schedule_outages_of(const struct schedule *schedule, node_id replica)
{
    uint32_t count = 0;
    for (size_t i = 0; i < schedule->outage_count; i++) {
        count += schedule->outages[i].replica == replica;
    }
    return count;
}

bool schedule_outage_misbehaves(const struct outage *outage, uint64_t deadline_ns)
{
    return outage->state_lost || outage->until_ns == TIME_NEVER_NS ||
           (outage->at_ns < deadline_ns && outage->until_ns >= deadline_ns);
}

static bool check_partition(const struct schedule *schedule, const struct partition *partition, struct error *error)
{
    if (partition->at_ns >= partition->until_ns) {
        return error_set(error, "a partition ends before it begins");
    }
    if (partition->view_first > partition->view_last) {
        return error_set(error, "a partition holds for views %u to %u", partition->view_first, partition->view_last);
    }
    if (partition->kind == PARTITION_PRIMARY) {
        return true;
    }
    for (node_id id = 0; id < schedule->replicas; id++) {
        if (partition->groups == NULL || partition->groups[id] == 0) {
            return error_set(error, "replica %u is in no group of a partition", id);
        }
    }
    return true;
}

static bool check_outage(const struct schedule *schedule, size_t index, struct error *error)
{
    const struct outage *outage = &schedule->outages[index];
    if (outage->replica >= schedule->replicas) {
        return error_set(error, "replica %u goes down: there are %u", outage->replica, schedule->replicas);
    }
    if (outage->at_ns >= outage->until_ns) {
        return error_set(error, "replica %u comes back before it goes down", outage->replica);
    }
    if (index > 0 && schedule->outages[index - 1].at_ns > outage->at_ns) {
        return error_set(error, "outages are not in the order of their times");
    }
    for (size_t i = 0; i < index; i++) {
        if (schedule->outages[i].replica == outage->replica && schedule->outages[i].until_ns > outage->at_ns) {
            return error_set(error, "replica %u goes down while it is down", outage->replica);
        }
    }
    return true;
}

static bool is_empty(const struct node_set *set, uint32_t replicas)
{
    bool empty = !set->clients && set->replicas != NULL;
    for (node_id id = 0; empty && id < replicas; id++) {
        empty = !set->replicas[id];
    }
    return empty;
}

static bool check_rule(const struct schedule *schedule, size_t index, struct error *error)
{
    const struct link_rule *rule = &schedule->rules[index];
    if (index > 0 && schedule->rules[index - 1].at_ns > rule->at_ns) {
        return error_set(error, "link rules are not in the order of their times");
    }
    if (is_empty(&rule->from, schedule->replicas) || is_empty(&rule->to, schedule->replicas) || rule->types == 0) {
        return error_set(error, "a link rule is for no message at all");
    }
    if (rule->at_ns >= rule->until_ns) {
        return error_set(error, "a link rule ends before it begins");
    }
    if (!rule->delays && !rule->drops) {
        return error_set(error, "a link rule neither delays nor drops");
    }
    return !rule->drops || (rule->drop >= 0.0 && rule->drop <= 1.0) ||
           error_set(error, "a link rule drops a share that is not within 0 and 1");
}

bool schedule_check(const struct schedule *schedule, struct error *error)
{
    for (size_t i = 0; i < schedule->partition_count; i++) {
        if (!check_partition(schedule, &schedule->partitions[i], error)) {
            return false;
        }
    }
    for (size_t i = 0; i < schedule->outage_count; i++) {
        if (!check_outage(schedule, i, error)) {
            return false;
        }
    }
    for (size_t i = 0; i < schedule->rule_count; i++) {
        if (!check_rule(schedule, i, error)) {
            return false;
        }
    }
    return true;
}

void schedule_destroy(struct schedule *schedule)
{
    for (size_t i = 0; schedule->partitions != NULL && i < schedule->partition_count; i++) {
        free(schedule->partitions[i].groups);
    }
    for (size_t i = 0; schedule->rules != NULL && i < schedule->rule_count; i++) {
        free(schedule->rules[i].from.replicas);
        free(schedule->rules[i].to.replicas);
    }
    free(schedule->partitions);
    free(schedule->outages);
    free(schedule->rules);
    *schedule = (struct schedule){.replicas = schedule->replicas};
}

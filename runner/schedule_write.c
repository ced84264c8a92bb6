#include <stdlib.h>

#include "runner/option_value.h"
#include "runner/schedule_file.h"

static void set_time(json_t *event, const char *key, uint64_t ns)
{
    char text[32];
    if (ns != TIME_NEVER_NS) {
        duration_text(ns, text, sizeof text);
        json_object_set_new(event, key, json_string(text));
    }
}

static json_t *event_at(uint64_t at_ns)
{
    json_t *event = json_object();
    set_time(event, "at", at_ns);
    return event;
}

static json_t *one_id(node_id replica)
{
    return json_pack("[I]", (json_int_t)replica);
}

/* --- each kind --------------------------------------------------------------------------------------------------- */

static json_t *crash_json(const struct outage *outage)
{
    json_t *event = event_at(outage->at_ns);
    json_object_set_new(event, "crash", one_id(outage->replica));
    return event;
}

static json_t *recover_json(const struct outage *outage)
{
    json_t *event = event_at(outage->until_ns);
    json_object_set_new(event, "recover", one_id(outage->replica));
    json_object_set_new(event, "state", json_string(outage->state_lost ? "lost" : "kept"));
    return event;
}

static json_t *groups_json(const struct schedule *schedule, const struct partition *partition)
{
    json_t *groups = json_array();
    for (unsigned number = 1; number <= UINT8_MAX; number++) {
        json_t *group = json_array();
        for (node_id id = 0; id < schedule->replicas; id++) {
            if (partition->groups[id] == number) {
                json_array_append_new(group, json_integer(id));
            }
        }
        if (partition->client_group == number) {
            json_array_append_new(group, json_string("client"));
        }
        if (json_array_size(group) > 0) {
            json_array_append(groups, group);
        }
        json_decref(group);
    }
    return groups;
}

static json_t *partition_json(const struct schedule *schedule, const struct partition *partition)
{
    json_t *event = event_at(partition->at_ns);
    bool primary = partition->kind == PARTITION_PRIMARY;
    set_time(event, "until", partition->until_ns);
    json_object_set_new(event, "partition", primary ? json_string("primary") : groups_json(schedule, partition));
    if (partition->one_way) {
        json_object_set_new(event, "one_way", json_true());
    }
    if (partition->view_first > 0 || partition->view_last < UINT32_MAX) {
        json_object_set_new(event, "views",
                            json_pack("[II]", (json_int_t)partition->view_first, (json_int_t)partition->view_last));
    }
    return event;
}

static void set_nodes(json_t *links, const char *key, const struct schedule *schedule, const struct node_set *set)
{
    if (set->replicas == NULL && set->clients) {
        return; /* all */
    }
    json_t *list = json_array();
    for (node_id id = 0; id < schedule->replicas; id++) {
        if (set->replicas == NULL || set->replicas[id]) {
            json_array_append_new(list, json_integer(id));
        }
    }
    if (set->clients) {
        json_array_append_new(list, json_string("client"));
    }
    json_object_set_new(links, key, list);
}

static void set_types(json_t *links, uint32_t types)
{
    json_t *list = json_array();
    for (unsigned type = MESSAGE_NONE + 1; type < MESSAGE_TYPES; type++) {
        if ((types >> type & 1) != 0) {
            json_array_append_new(list, json_string(message_type_name((enum message_type)type)));
        }
    }
    if (json_array_size(list) < MESSAGE_TYPES - 1) {
        json_object_set(links, "types", list);
    }
    json_decref(list);
}

static json_t *rule_json(const struct schedule *schedule, const struct link_rule *rule)
{
    json_t *event = event_at(rule->at_ns);
    json_t *links = json_object();
    char text[96];
    set_time(event, "until", rule->until_ns);
    set_nodes(links, "from", schedule, &rule->from);
    set_nodes(links, "to", schedule, &rule->to);
    set_types(links, rule->types);
    json_object_set_new(event, "links", links);
    if (rule->delays) {
        delay_text(&rule->delay, text, sizeof text);
        json_object_set_new(event, "delay", json_string(text));
    }
    if (rule->drops) {
        json_object_set_new(event, "drop", json_real(rule->drop));
    }
    return event;
}

/* --- in order ---------------------------------------------------------------------------------------------------- */

/* What happens at one time: who comes back before who goes down, so that a replica can do both. */
enum rank { RANK_RECOVER, RANK_CRASH, RANK_PARTITION, RANK_LINKS };

struct entry {
    uint64_t at_ns;
    enum rank rank;
    size_t index; /* in its array: the order of rules matters */
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->at_ns != b->at_ns) {
        return a->at_ns < b->at_ns ? -1 : 1;
    }
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

static json_t *entry_json(const struct schedule *schedule, const struct entry *entry)
{
    switch (entry->rank) {
    case RANK_RECOVER:
        return recover_json(&schedule->outages[entry->index]);
    case RANK_CRASH:
        return crash_json(&schedule->outages[entry->index]);
    case RANK_PARTITION:
        return partition_json(schedule, &schedule->partitions[entry->index]);
    case RANK_LINKS:
        break;
    }
    return rule_json(schedule, &schedule->rules[entry->index]);
}

static size_t list_entries(const struct schedule *schedule, struct entry *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < schedule->outage_count; i++) {
        const struct outage *outage = &schedule->outages[i];
        entries[count++] = (struct entry){outage->at_ns, RANK_CRASH, i};
        if (outage->until_ns != TIME_NEVER_NS) {
            entries[count++] = (struct entry){outage->until_ns, RANK_RECOVER, i};
        }
    }
    for (size_t i = 0; i < schedule->partition_count; i++) {
        entries[count++] = (struct entry){schedule->partitions[i].at_ns, RANK_PARTITION, i};
    }
    for (size_t i = 0; i < schedule->rule_count; i++) {
        entries[count++] = (struct entry){schedule->rules[i].at_ns, RANK_LINKS, i};
    }
    return count;
}

json_t *schedule_json(const struct schedule *schedule)
{
    size_t most = 2 * schedule->outage_count + schedule->partition_count + schedule->rule_count;
    struct entry *entries = calloc(most + 1, sizeof *entries);
    if (entries == NULL) {
        abort();
    }
    size_t count = list_entries(schedule, entries);
    qsort(entries, count, sizeof *entries, compare_entries);
    json_t *events = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(events, entry_json(schedule, &entries[i]));
    }
    free(entries);
    return json_pack("{siso}", "schema", 1, "events", events);
}

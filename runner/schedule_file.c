#include "runner/schedule_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runner/option_value.h"
#include "runner/schedule_reader.h"

#define MOST_GROUPS 254u /* group numbers are bytes, and unlisted replicas are one more */
#define ALL_TYPES ((UINT32_C(1) << MESSAGE_TYPES) - 2)

/* --- crash and recover ------------------------------------------------------------------------------------------- */

/* The outage that the replica is in, or NULL. */
static struct outage *present_outage(const struct schedule *schedule, node_id replica)
{
    for (size_t i = schedule->outage_count; i-- > 0;) {
        if (schedule->outages[i].replica == replica) {
            return schedule->outages[i].until_ns == TIME_NEVER_NS ? &schedule->outages[i] : NULL;
        }
    }
    return NULL;
}

static bool read_crash(struct reader *reader, const struct placed *event)
{
    struct schedule *schedule = reader->schedule;
    struct placed list = placed_member(event, "crash");
    if (!reader_list(reader, &list, "crash", "ids")) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        struct placed id = placed_element(&list, i);
        node_id replica;
        if (!reader_replica(reader, &id, "crash", &replica)) {
            return false;
        }
        if (present_outage(schedule, replica) != NULL) {
            return reader_fail(reader, &id.place, "replica %u in \"crash\" is down already", replica);
        }
        schedule->outages = reader_grown(schedule->outages, schedule->outage_count, sizeof *schedule->outages);
        schedule->outages[schedule->outage_count++] = (struct outage){
            .at_ns = reader->at_ns, .until_ns = TIME_NEVER_NS, .replica = replica};
    }
    return true;
}

static bool read_recover(struct reader *reader, const struct placed *event)
{
    struct placed list = placed_member(event, "recover");
    struct placed state = placed_member(event, "state");
    const char *word = json_string_value(state.value);
    if (word == NULL || (strcmp(word, "kept") != 0 && strcmp(word, "lost") != 0)) {
        return reader_fail(reader, &state.place, "\"recover\" needs \"state\": \"kept\" or \"lost\"");
    }
    if (!reader_list(reader, &list, "recover", "ids")) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        struct placed id = placed_element(&list, i);
        node_id replica;
        if (!reader_replica(reader, &id, "recover", &replica)) {
            return false;
        }
        struct outage *outage = present_outage(reader->schedule, replica);
        if (outage == NULL) {
            return reader_fail(reader, &id.place, "replica %u in \"recover\" is not down", replica);
        }
        if (outage->at_ns == reader->at_ns) {
            return reader_fail(reader, &id.place, "replica %u in \"recover\" goes down at the same time", replica);
        }
        outage->until_ns = reader->at_ns;
        outage->state_lost = word[0] == 'l';
    }
    return true;
}

/* --- partitions -------------------------------------------------------------------------------------------------- */

static bool read_group_member(const struct reader *reader, const struct placed *id, struct partition *partition,
                              uint8_t group)
{
    if (json_is_string(id->value) && strcmp(json_string_value(id->value), "client") == 0) {
        if (partition->client_group != 0) {
            return reader_fail(reader, &id->place, "\"client\" is in \"partition\" twice");
        }
        partition->client_group = group;
        return true;
    }
    node_id replica;
    if (!reader_replica(reader, id, "partition", &replica)) {
        return false;
    }
    if (partition->groups[replica] != 0) {
        return reader_fail(reader, &id->place, "replica %u is in \"partition\" twice", replica);
    }
    partition->groups[replica] = group;
    return true;
}

static bool read_groups(const struct reader *reader, const struct placed *groups, struct partition *partition)
{
    uint32_t replicas = reader->schedule->replicas;
    if (!json_is_array(groups->value) || json_array_size(groups->value) == 0) {
        return reader_fail(reader, &groups->place,
                           "\"partition\" is a list of groups, such as [[0,1],[2,3]], or \"primary\"");
    }
    size_t count = json_array_size(groups->value);
    if (count > MOST_GROUPS) {
        return reader_fail(reader, &groups->place, "\"partition\" has %zu groups; at most %u are allowed", count,
                           MOST_GROUPS);
    }
    for (size_t i = 0; i < count; i++) {
        struct placed group = placed_element(groups, i);
        if (!json_is_array(group.value) || json_array_size(group.value) == 0) {
            return reader_fail(reader, &group.place, "a group is a list of ids that is not empty, such as [0,1]");
        }
        for (size_t j = 0; j < json_array_size(group.value); j++) {
            struct placed id = placed_element(&group, j);
            if (!read_group_member(reader, &id, partition, (uint8_t)(i + 1))) {
                return false;
            }
        }
    }
    for (node_id id = 0; id < replicas; id++) {
        partition->groups[id] = partition->groups[id] == 0 ? (uint8_t)(count + 1) : partition->groups[id];
    }
    return true;
}

static bool read_views(const struct reader *reader, const struct placed *event, struct partition *partition)
{
    struct placed views = placed_member(event, "views");
    if (views.value == NULL) {
        return true;
    }
    json_int_t first = json_integer_value(json_array_get(views.value, 0));
    json_int_t last = json_integer_value(json_array_get(views.value, 1));
    bool two = json_array_size(views.value) == 2 && json_is_integer(json_array_get(views.value, 0)) &&
               json_is_integer(json_array_get(views.value, 1));
    if (!two || first < 0 || last < first || last > UINT32_MAX) {
        return reader_fail(reader, &views.place, "\"views\" is the first and the last one, such as [0, 3]");
    }
    partition->view_first = (view_number)first;
    partition->view_last = (view_number)last;
    return true;
}

static bool read_one_way(const struct reader *reader, const struct placed *event, struct partition *partition)
{
    struct placed one_way = placed_member(event, "one_way");
    if (one_way.value != NULL && !json_is_boolean(one_way.value)) {
        return reader_fail(reader, &one_way.place, "\"one_way\" is true or false");
    }
    partition->one_way = json_is_true(one_way.value);
    return !partition->one_way || partition->kind == PARTITION_GROUPS ||
           reader_fail_key(reader, &one_way.place, "\"one_way\" goes with groups, not with \"primary\"");
}

static bool read_partition(struct reader *reader, const struct placed *event)
{
    struct schedule *schedule = reader->schedule;
    struct placed groups = placed_member(event, "partition");
    schedule->partitions = reader_grown(schedule->partitions, schedule->partition_count, sizeof *schedule->partitions);
    struct partition *partition = &schedule->partitions[schedule->partition_count++];
    *partition = (struct partition){.at_ns = reader->at_ns, .view_last = UINT32_MAX};
    if (json_is_string(groups.value) && strcmp(json_string_value(groups.value), "primary") == 0) {
        partition->kind = PARTITION_PRIMARY;
    } else {
        partition->groups = reader_zeroed(schedule->replicas, sizeof *partition->groups);
        if (!read_groups(reader, &groups, partition)) {
            return false;
        }
    }
    return reader_until(reader, event, &partition->until_ns) && read_views(reader, event, partition) &&
           read_one_way(reader, event, partition);
}

static bool read_heal(struct reader *reader, const struct placed *event)
{
    struct schedule *schedule = reader->schedule;
    struct placed heal = placed_member(event, "heal");
    bool heals = false;
    if (!json_is_true(heal.value)) {
        return reader_fail(reader, &heal.place, "\"heal\" is true");
    }
    for (size_t i = 0; i < schedule->partition_count; i++) {
        struct partition *partition = &schedule->partitions[i];
        if (partition->until_ns <= reader->at_ns) {
            continue;
        }
        if (partition->at_ns == reader->at_ns) {
            return reader_fail_key(reader, &heal.place, "\"heal\" comes at the time at which the partition begins");
        }
        partition->until_ns = reader->at_ns;
        heals = true;
    }
    return heals || reader_fail_key(reader, &heal.place, "\"heal\": there is no partition to heal");
}

/* --- links ------------------------------------------------------------------------------------------------------- */

static bool read_end(const struct reader *reader, const struct placed *links, const char *key, struct node_set *set)
{
    struct placed list = placed_member(links, key);
    *set = (struct node_set){.clients = list.value == NULL};
    if (list.value == NULL) {
        return true;
    }
    if (!reader_list(reader, &list, key, "ids and \"client\"")) {
        return false;
    }
    set->replicas = reader_zeroed(reader->schedule->replicas, sizeof *set->replicas);
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        struct placed id = placed_element(&list, i);
        bool client = json_is_string(id.value) && strcmp(json_string_value(id.value), "client") == 0;
        node_id replica = 0;
        if (!client && !reader_replica(reader, &id, key, &replica)) {
            return false;
        }
        bool *flag = client ? &set->clients : &set->replicas[replica];
        if (*flag) {
            return client ? reader_fail(reader, &id.place, "\"client\" is in \"%s\" twice", key)
                          : reader_fail(reader, &id.place, "replica %u is in \"%s\" twice", replica, key);
        }
        *flag = true;
    }
    return true;
}

static enum message_type find_type(const char *name)
{
    unsigned type = MESSAGE_NONE + 1;
    while (type < MESSAGE_TYPES && strcmp(message_type_name((enum message_type)type), name) != 0) {
        type++;
    }
    return (enum message_type)type;
}

static bool fail_type(const struct reader *reader, const struct placed *name)
{
    char known[200] = "";
    for (unsigned type = MESSAGE_NONE + 1; type < MESSAGE_TYPES; type++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used == 0 ? "" : ", ",
                 message_type_name((enum message_type)type));
    }
    const char *text = json_is_string(name->value) ? json_string_value(name->value) : "that";
    return reader_fail(reader, &name->place, "%.40s is no type of message; there are: %s", text, known);
}

static bool read_types(const struct reader *reader, const struct placed *links, uint32_t *types)
{
    struct placed list = placed_member(links, "types");
    *types = list.value == NULL ? ALL_TYPES : 0;
    if (list.value == NULL) {
        return true;
    }
    if (!reader_list(reader, &list, "types", "types of messages")) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list.value); i++) {
        struct placed name = placed_element(&list, i);
        enum message_type type = json_is_string(name.value) ? find_type(json_string_value(name.value)) : MESSAGE_TYPES;
        if (type == MESSAGE_TYPES) {
            return fail_type(reader, &name);
        }
        if ((*types >> type & 1) != 0) {
            return reader_fail(reader, &name.place, "%s is in \"types\" twice", message_type_name(type));
        }
        *types |= UINT32_C(1) << type;
    }
    return true;
}

static bool read_effect(const struct reader *reader, const struct placed *event, struct link_rule *rule)
{
    struct placed delay = placed_member(event, "delay");
    struct placed drop = placed_member(event, "drop");
    struct error why;
    rule->delays = delay.value != NULL;
    rule->drops = drop.value != NULL;
    if (!rule->delays && !rule->drops) {
        return reader_fail(reader, &event->place, "\"links\" needs a \"delay\", a \"drop\", or both");
    }
    if (rule->delays && !json_is_string(delay.value)) {
        return reader_fail(reader, &delay.place, "\"delay\" is a distribution, such as \"fixed:300ms\"");
    }
    if (rule->delays && !delay_parse(json_string_value(delay.value), &rule->delay, &why)) {
        return reader_fail(reader, &delay.place, "\"delay\": %.250s", why.text);
    }
    if (rule->drops && json_is_number(drop.value)) {
        rule->drop = json_number_value(drop.value);
        return (rule->drop >= 0 && rule->drop <= 1) ||
               reader_fail(reader, &drop.place, "\"drop\": a share from 0 to 1 is allowed, such as 0.05 or \"5%%\"");
    }
    if (rule->drops && !json_is_string(drop.value)) {
        return reader_fail(reader, &drop.place, "\"drop\" is a share, such as 0.05 or \"5%%\"");
    }
    return !rule->drops || share_parse(json_string_value(drop.value), &rule->drop, &why) ||
           reader_fail(reader, &drop.place, "\"drop\": %.200s", why.text);
}

static bool read_links(struct reader *reader, const struct placed *event)
{
    static const char *const keys[] = {"from", "to", "types", NULL};
    struct schedule *schedule = reader->schedule;
    struct placed links = placed_member(event, "links");
    schedule->rules = reader_grown(schedule->rules, schedule->rule_count, sizeof *schedule->rules);
    struct link_rule *rule = &schedule->rules[schedule->rule_count++];
    rule->at_ns = reader->at_ns;
    if (!json_is_object(links.value)) {
        return reader_fail(reader, &links.place, "\"links\" is an object with \"from\", \"to\" and \"types\"");
    }
    return reader_only_keys(reader, &links, keys) && read_end(reader, &links, "from", &rule->from) &&
           read_end(reader, &links, "to", &rule->to) && read_types(reader, &links, &rule->types) &&
           reader_until(reader, event, &rule->until_ns) && read_effect(reader, event, rule);
}

/* --- the document ------------------------------------------------------------------------------------------------ */

static const struct action {
    const char *key;
    bool (*read)(struct reader *reader, const struct placed *event);
    const char *const keys[8];
} actions[] = {
    {"crash", read_crash, {"at", "crash", NULL}},
    {"recover", read_recover, {"at", "recover", "state", NULL}},
    {"partition", read_partition, {"at", "until", "partition", "one_way", "views", NULL}},
    {"heal", read_heal, {"at", "heal", NULL}},
    {"links", read_links, {"at", "until", "links", "delay", "drop", NULL}},
};

#define ACTIONS (sizeof actions / sizeof *actions)

static const struct action *find_action(const struct reader *reader, const struct placed *event)
{
    const struct action *found = NULL;
    if (!json_is_object(event->value)) {
        reader_fail(reader, &event->place, "an event is an object, such as {\"at\": \"100ms\", \"crash\": [0]}");
        return NULL;
    }
    for (size_t i = 0; i < ACTIONS; i++) {
        if (json_object_get(event->value, actions[i].key) == NULL) {
            continue;
        }
        if (found != NULL) {
            struct json_place place = {.parent = &event->place, .key = actions[i].key};
            reader_fail_key(reader, &place, "\"%s\" and \"%s\" are two events", found->key, actions[i].key);
            return NULL;
        }
        found = &actions[i];
    }
    if (found == NULL) {
        reader_fail(reader, &event->place, "an event is one of crash, recover, partition, heal, links");
    }
    return found;
}

static bool read_event(struct reader *reader, const struct placed *event)
{
    const struct action *action = find_action(reader, event);
    struct placed at = placed_member(event, "at");
    uint64_t at_ns = 0;
    if (action == NULL || !reader_only_keys(reader, event, action->keys)) {
        return false;
    }
    if (at.value == NULL) {
        return reader_fail(reader, &event->place, "\"at\" is missing: when it happens, such as \"100ms\"");
    }
    if (!reader_time(reader, &at, "at", &at_ns)) {
        return false;
    }
    if (at_ns < reader->at_ns) {
        char before[32];
        duration_text(reader->at_ns, before, sizeof before);
        return reader_fail(reader, &at.place, "\"at\" runs backwards: the event before is at %s", before);
    }
    reader->at_ns = at_ns;
    return action->read(reader, event);
}

static bool read_document(struct reader *reader, json_t *root)
{
    static const char *const keys[] = {"schema", "events", NULL};
    struct placed document = {.value = root};
    if (!json_is_object(root)) {
        return reader_fail(reader, &document.place, "a schedule is an object: {\"schema\": 1, \"events\": [..]}");
    }
    struct placed schema = placed_member(&document, "schema"), events = placed_member(&document, "events");
    if (!reader_only_keys(reader, &document, keys)) {
        return false;
    }
    if (!json_is_integer(schema.value) || json_integer_value(schema.value) != 1) {
        return reader_fail(reader, &schema.place,
                           schema.value == NULL ? "\"schema\": 1 is missing" : "\"schema\" is 1: no other is known");
    }
    if (!json_is_array(events.value)) {
        return reader_fail(reader, &events.place, "\"events\" is a list of events");
    }
    for (size_t i = 0; i < json_array_size(events.value); i++) {
        struct placed event = placed_element(&events, i);
        if (!read_event(reader, &event)) {
            return false;
        }
    }
    return true;
}

bool schedule_read(const struct json_source *source, uint32_t replicas, struct schedule *schedule,
                   struct error *error)
{
    *schedule = (struct schedule){.replicas = replicas};
    struct reader reader = {.source = source, .schedule = schedule, .error = error};
    json_error_t syntax;
    json_t *root = json_loads(source->text, JSON_REJECT_DUPLICATES, &syntax);
    if (root == NULL) {
        unsigned line = syntax.line < 1 ? 1 : (unsigned)syntax.line;
        unsigned column = syntax.column < 1 ? 1 : (unsigned)syntax.column;
        return error_set(error, "%.150s:%u:%u: %s", source->name, line + source->line - 1,
                         line == 1 ? column + source->column - 1 : column, syntax.text);
    }
    bool read = read_document(&reader, root);
    json_decref(root);
    if (!read) {
        schedule_destroy(schedule);
        return false;
    }
    struct error wrong;
    bool right = schedule_check(schedule, &wrong);
    assert(right && "what the reader takes is a schedule");
    (void)right;
    return true;
}

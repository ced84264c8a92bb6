#include "runner/option_value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runner/behavior_text.h"
#include "runner/network_value.h"

static void *field(const struct option *option, struct scenario *scenario)
{
    return (char *)scenario + option->offset;
}

static const void *field_const(const struct option *option, const struct scenario *scenario)
{
    return (const char *)scenario + option->offset;
}

static bool read_flag(const char *text, bool *flag, struct error *error)
{
    *flag = strcmp(text, "on") == 0;
    return *flag || strcmp(text, "off") == 0 || error_set(error, "on or off is allowed");
}

static bool read_choice(const struct option *option, const char *text, unsigned *choice, struct error *error)
{
    char allowed[128] = "";
    for (unsigned i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(text, option->choices[i]) == 0) {
            *choice = i;
            return true;
        }
        size_t used = strlen(allowed);
        snprintf(allowed + used, sizeof allowed - used, "%s%s", i == 0 ? "" : ", ", option->choices[i]);
    }
    return error_set(error, "allowed: %s", allowed);
}

static bool duration_in_bounds(const struct option *option, uint64_t ns, struct error *error)
{
    if ((double)ns < option->least) {
        return error_set(error, option->least > 1 ? "too short: at least 1us is allowed"
                                                  : "a time above zero is allowed, such as 10ms");
    }
    return (double)ns <= option->most ||
           error_set(error, "too long: at most %.0f hours are allowed", option->most / 3.6e12);
}

/* Cuts `length` bytes, up to a comma, off `*text`; false if there are none or they do not fit. */
static bool cut_part(const char **text, size_t length, char *part, size_t size)
{
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(part, *text, length);
    part[length] = '\0';
    *text += length + ((*text)[length] == ',' && (*text)[length + 1] != '\0');
    return true;
}

static bool next_part(const char **text, char *part, size_t size)
{
    return cut_part(text, strcspn(*text, ","), part, size);
}

static bool read_ids(const char *text, struct scenario *scenario, struct error *error)
{
    uint32_t count = 0;
    scenario->byzantine_ids_given = true;
    while (*text != '\0') {
        char part[32];
        uint64_t id;
        if (!next_part(&text, part, sizeof part) || !count_parse(part, 0, MAX_REPLICAS - 1, &id, error)) {
            return error_set(error, "ids of replicas separated by commas are allowed, such as 0,3");
        }
        for (uint32_t i = 0; i < count; i++) {
            if (scenario->byzantine_ids[i] == id) {
                return error_set(error, "replica %u is named twice", (unsigned)id);
            }
        }
        if (count == MAX_NAMED_BEHAVIORS) {
            return error_set(error, "at most %d replicas can be named", MAX_NAMED_BEHAVIORS);
        }
        scenario->byzantine_ids[count++] = (node_id)id;
    }
    scenario->byzantine = count;
    return count > 0 || error_set(error, "ids of replicas separated by commas are allowed, such as 0,3");
}

static bool read_named_behavior(const char *part, struct scenario *scenario, struct error *error)
{
    char id_text[32];
    size_t length = strcspn(part, ":");
    uint64_t id;
    if (part[length] != ':' || length >= sizeof id_text) {
        return error_set(error, "NAME, or id:NAME,id:NAME is allowed, such as silent or 0:silent,3:crash");
    }
    snprintf(id_text, sizeof id_text, "%.*s", (int)length, part);
    if (!count_parse(id_text, 0, MAX_REPLICAS - 1, &id, error)) {
        return error_set(error, "'%s' is no id of a replica: a whole number is allowed, as in 0:silent", id_text);
    }
    struct chosen_behavior chosen;
    if (!behavior_text_read(part + length + 1, scenario->plugins, &chosen, error)) {
        return false;
    }
    for (uint32_t i = 0; i < scenario->named_behavior_count; i++) {
        if (scenario->named_behaviors[i].id == id) {
            return error_set(error, "replica %u is named twice", (unsigned)id);
        }
    }
    if (scenario->named_behavior_count == MAX_NAMED_BEHAVIORS) {
        return error_set(error, "at most %d replicas can be named", MAX_NAMED_BEHAVIORS);
    }
    scenario->named_behaviors[scenario->named_behavior_count++] = (struct named_behavior){
        .id = (node_id)id, .behavior = chosen.behavior, .values = chosen.values};
    return true;
}

static bool read_behaviors(const char *text, struct scenario *scenario, struct error *error)
{
    scenario->named_behavior_count = 0;
    scenario->values = (struct behavior_values){0};
    if (strchr(text, ':') == NULL) {
        struct chosen_behavior chosen;
        bool read = behavior_text_read(text, scenario->plugins, &chosen, error);
        scenario->behavior = chosen.behavior;
        scenario->values = chosen.values;
        return read;
    }
    scenario->behavior = behavior_find(option_at(OPT_BEHAVIOR)->initial);
    while (*text != '\0') {
        char part[BEHAVIOR_TEXT_SIZE];
        if (!cut_part(&text, behavior_text_part(text), part, sizeof part)) {
            return error_set(error, "NAME, or id:NAME,id:NAME is allowed, such as silent or 0:silent,3:crash");
        }
        if (!read_named_behavior(part, scenario, error)) {
            return false;
        }
    }
    return true;
}

static bool read_expect(const char *text, unsigned *expect, struct error *error)
{
    *expect = 0;
    while (*text != '\0') {
        char part[16];
        bool cut = next_part(&text, part, sizeof part);
        unsigned one = !cut                             ? 0
                       : strcmp(part, "safe") == 0      ? EXPECT_SAFE
                       : strcmp(part, "live") == 0      ? EXPECT_LIVE
                       : strcmp(part, "violation") == 0 ? EXPECT_VIOLATION
                                                        : 0;
        if (one == 0) {
            return error_set(error, "safe, live, safe,live or violation is allowed");
        }
        *expect |= one;
    }
    if ((*expect & EXPECT_SAFE) != 0 && (*expect & EXPECT_VIOLATION) != 0) {
        return error_set(error, "safe and violation exclude each other");
    }
    return *expect != 0 || error_set(error, "safe, live, safe,live or violation is allowed");
}

static bool read_count(const struct option *option, const char *text, void *to, struct error *error)
{
    uint64_t value;
    if (!count_parse(text, option->least, option->most, &value, error)) {
        return false;
    }
    if (option->type == OPTION_COUNT32) {
        *(uint32_t *)to = (uint32_t)value;
    } else {
        *(uint64_t *)to = value;
    }
    return true;
}

static void switch_off(const struct option *option, void *to)
{
    if (option->type == OPTION_NUMBER) {
        *(double *)to = (double)option->off_value;
    } else {
        *(uint64_t *)to = option->off_value;
    }
}

bool option_read(enum option_id id, const char *text, struct scenario *scenario, struct error *error)
{
    const struct option *option = option_at(id);
    void *to = field(option, scenario);
    assert(option->scenario);
    if (option->off != NULL && strcmp(text, option->off) == 0) {
        switch_off(option, to);
        return true;
    }
    switch (option->type) {
    case OPTION_FLAG:
        return read_flag(text, to, error);
    case OPTION_COUNT32:
    case OPTION_COUNT64:
        return read_count(option, text, to, error);
    case OPTION_SHARE:
        return share_parse(text, to, error);
    case OPTION_NUMBER:
        return number_parse(text, option->rate_suffix, option->least, option->most, to, error);
    case OPTION_DURATION:
        return duration_parse(text, to, error) && duration_in_bounds(option, *(uint64_t *)to, error);
    case OPTION_DELAY:
        return delay_parse(text, to, error);
    case OPTION_PROCESSING:
        return processing_parse(text, to, error);
    case OPTION_RATE:
        return rate_parse(text, option->least, option->most, to, error);
    case OPTION_MATRIX:
        return matrix_name_parse(text, to, sizeof scenario->matrix_name, error);
    case OPTION_REGIONS:
        return regions_parse(text, to, sizeof scenario->region_names, error);
    case OPTION_REGION:
        return region_parse(text, to, sizeof scenario->client_region, error);
    case OPTION_CHOICE:
        return read_choice(option, text, to, error);
    case OPTION_IDS:
        return read_ids(text, scenario, error);
    case OPTION_BEHAVIORS:
        return read_behaviors(text, scenario, error);
    case OPTION_EXPECT:
        return read_expect(text, &scenario->expect, error);
    case OPTION_PLUGINS:
        scenario->plugin_paths = strcmp(text, "none") == 0 ? NULL : text;
        return true;
    case OPTION_SCHEDULE:
        scenario->schedule_name = strcmp(text, "none") == 0 ? NULL : text;
        return true;
    case OPTION_TEXT:
        break;
    }
    assert(false && "an option of a scenario has a type of its own");
    return false;
}

static void write_ids(const struct scenario *scenario, char *text)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; scenario->byzantine_ids_given && i < scenario->byzantine; i++) {
        used += (size_t)snprintf(text + used, OPTION_TEXT_SIZE - used, "%s%u", i == 0 ? "" : ",",
                                 scenario->byzantine_ids[i]);
    }
}

static void write_behaviors(const struct scenario *scenario, char *text)
{
    size_t used = 0;
    char one[BEHAVIOR_TEXT_SIZE];
    if (scenario->named_behavior_count == 0) {
        behavior_text_write(&(struct chosen_behavior){scenario->behavior, scenario->values}, one);
        snprintf(text, OPTION_TEXT_SIZE, "%s", one);
    }
    for (uint32_t i = 0; i < scenario->named_behavior_count && used < OPTION_TEXT_SIZE; i++) {
        const struct named_behavior *named = &scenario->named_behaviors[i];
        behavior_text_write(&(struct chosen_behavior){named->behavior, named->values}, one);
        used += (size_t)snprintf(text + used, OPTION_TEXT_SIZE - used, "%s%u:%s", i == 0 ? "" : ",", named->id, one);
    }
}

static void write_expect(unsigned expect, char *text)
{
    snprintf(text, OPTION_TEXT_SIZE, "%s%s%s%s%s", (expect & EXPECT_SAFE) != 0 ? "safe" : "",
             (expect & EXPECT_SAFE) != 0 && (expect & EXPECT_LIVE) != 0 ? "," : "",
             (expect & EXPECT_LIVE) != 0 ? "live" : "",
             (expect & EXPECT_LIVE) != 0 && (expect & EXPECT_VIOLATION) != 0 ? "," : "",
             (expect & EXPECT_VIOLATION) != 0 ? "violation" : "");
}

bool option_is_off(enum option_id id, const struct scenario *scenario)
{
    const struct option *option = option_at(id);
    if (option->off == NULL) {
        return false;
    }
    if (option->type == OPTION_NUMBER) {
        return option_real(id, scenario) <= (double)option->off_value;
    }
    return option_integer(id, scenario) == option->off_value;
}

uint64_t option_integer(enum option_id id, const struct scenario *scenario)
{
    const struct option *option = option_at(id);
    const void *from = field_const(option, scenario);
    switch (option->type) {
    case OPTION_FLAG:
        return *(const bool *)from;
    case OPTION_COUNT32:
        return *(const uint32_t *)from;
    case OPTION_COUNT64:
    case OPTION_DURATION:
    case OPTION_RATE:
        return *(const uint64_t *)from;
    case OPTION_CHOICE:
        return *(const unsigned *)from;
    default:
        assert(false && "an option that holds an integer");
        return 0;
    }
}

double option_real(enum option_id id, const struct scenario *scenario)
{
    assert(option_at(id)->type == OPTION_SHARE || option_at(id)->type == OPTION_NUMBER);
    return *(const double *)field_const(option_at(id), scenario);
}

void option_write(enum option_id id, const struct scenario *scenario, char text[OPTION_TEXT_SIZE])
{
    const struct option *option = option_at(id);
    assert(option->scenario);
    if (option_is_off(id, scenario)) {
        snprintf(text, OPTION_TEXT_SIZE, "%s", option->off);
        return;
    }
    switch (option->type) {
    case OPTION_FLAG:
        snprintf(text, OPTION_TEXT_SIZE, "%s", option_integer(id, scenario) != 0 ? "on" : "off");
        break;
    case OPTION_COUNT32:
    case OPTION_COUNT64:
        snprintf(text, OPTION_TEXT_SIZE, "%llu", (unsigned long long)option_integer(id, scenario));
        break;
    case OPTION_SHARE:
    case OPTION_NUMBER:
        real_text(option_real(id, scenario), text);
        break;
    case OPTION_DURATION:
        duration_text(option_integer(id, scenario), text, OPTION_TEXT_SIZE);
        break;
    case OPTION_DELAY:
        delay_text(field_const(option, scenario), text, OPTION_TEXT_SIZE);
        break;
    case OPTION_PROCESSING:
        processing_text(field_const(option, scenario), text, OPTION_TEXT_SIZE);
        break;
    case OPTION_RATE:
        rate_text(option_integer(id, scenario), text);
        break;
    case OPTION_MATRIX:
        snprintf(text, OPTION_TEXT_SIZE, "%s", scenario->matrix_name[0] == '\0' ? "none" : scenario->matrix_name);
        break;
    case OPTION_REGIONS:
    case OPTION_REGION:
        snprintf(text, OPTION_TEXT_SIZE, "%s", (const char *)field_const(option, scenario));
        break;
    case OPTION_CHOICE:
        snprintf(text, OPTION_TEXT_SIZE, "%s", option->choices[option_integer(id, scenario)]);
        break;
    case OPTION_IDS:
        write_ids(scenario, text);
        break;
    case OPTION_BEHAVIORS:
        write_behaviors(scenario, text);
        break;
    case OPTION_EXPECT:
        write_expect(scenario->expect, text);
        break;
    case OPTION_PLUGINS:
        snprintf(text, OPTION_TEXT_SIZE, "%s", scenario->plugin_paths == NULL ? "none" : scenario->plugin_paths);
        return;
    case OPTION_SCHEDULE:
        snprintf(text, OPTION_TEXT_SIZE, "%s", scenario->schedule_name == NULL ? "none" : scenario->schedule_name);
        break;
    case OPTION_TEXT:
        assert(false && "an option of a scenario has a type of its own");
    }
}

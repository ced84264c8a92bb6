#include "runner/behavior_text.h"

#include <stdio.h>
#include <string.h>

#include "net/duration.h"
#include "runner/number_value.h"

#define PART_SIZE 64

static void append_name(char *known, size_t size, const char *name)
{
    size_t used = strlen(known);
    snprintf(known + used, size - used, "%s%s", used == 0 ? "" : ", ", name);
}

static bool unknown_behavior(const struct plugin_set *plugins, const char *name, struct error *error)
{
    char known[400] = "";
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        append_name(known, sizeof known, behavior_at(i)->name);
    }
    for (size_t i = 0; plugins != NULL && i < plugins->count; i++) {
        append_name(known, sizeof known, plugins->behaviors[i].name);
    }
    return error_set(error, "there is no behaviour '%.40s'; there are: %s", name, known);
}

static unsigned parameter_count(const struct behavior *behavior)
{
    unsigned count = 0;
    while (count < MOST_PARAMETERS && behavior->parameters[count].name != NULL) {
        count++;
    }
    return count;
}

void behavior_parameters_text(const struct behavior *behavior, char text[BEHAVIOR_TEXT_SIZE])
{
    size_t used = 0;
    unsigned count = parameter_count(behavior);
    text[0] = '\0';
    for (unsigned i = 0; i < count; i++) {
        const struct behavior_parameter *parameter = &behavior->parameters[i];
        used += (size_t)snprintf(text + used, BEHAVIOR_TEXT_SIZE - used, "%s%s=%s%s", i == 0 ? "(" : ",",
                                 parameter->name, parameter->is_time ? "T" : "N", i + 1 == count ? ")" : "");
    }
}

static bool read_value(const struct behavior_parameter *parameter, const char *text, uint64_t *value,
                       struct error *error)
{
    struct error why;
    if (!parameter->is_time) {
        return count_parse(text, (double)parameter->least, (double)parameter->most, value, &why) ||
               error_set(error, "%s=%.40s: %s", parameter->name, text, why.text);
    }
    if (!duration_parse(text, value, &why)) {
        return error_set(error, "%s=%.40s: %s", parameter->name, text, why.text);
    }
    if (*value < parameter->least) {
        return error_set(error, "%s=%.40s: a time above zero is allowed, such as 10ms", parameter->name, text);
    }
    return *value <= parameter->most ||
           error_set(error, "%s=%.40s: at most 1000 hours are allowed", parameter->name, text);
}

static bool unknown_key(const struct behavior *behavior, const char *key, struct error *error)
{
    char allowed[BEHAVIOR_TEXT_SIZE];
    behavior_parameters_text(behavior, allowed);
    if (allowed[0] == '\0') {
        return error_set(error, "%.40s has no parameters, so '%.40s' is not allowed", behavior->name, key);
    }
    return error_set(error, "'%.40s' is no parameter of %.40s; %.40s%s is allowed", key, behavior->name, behavior->name,
                     allowed);
}

/* One `key=value`. */
static bool read_pair(const char *pair, struct chosen_behavior *chosen, struct error *error)
{
    const struct behavior *behavior = chosen->behavior;
    size_t key = strcspn(pair, "=");
    for (unsigned i = 0; i < parameter_count(behavior); i++) {
        const struct behavior_parameter *parameter = &behavior->parameters[i];
        if (strlen(parameter->name) != key || memcmp(parameter->name, pair, key) != 0) {
            continue;
        }
        if (chosen->values.given[i]) {
            return error_set(error, "%s is given twice for %.40s", parameter->name, behavior->name);
        }
        if (pair[key] != '=') {
            return error_set(error, "%s needs a value, as in %.40s(%s=%s)", parameter->name, behavior->name,
                             parameter->name, parameter->is_time ? "2s" : "10");
        }
        chosen->values.given[i] = true;
        return read_value(parameter, pair + key + 1, &chosen->values.value[i], error);
    }
    return unknown_key(behavior, pair, error);
}

/* What stands between the parentheses, up to the closing one at the end. */
static bool read_values(const char *text, struct chosen_behavior *chosen, struct error *error)
{
    size_t length = strlen(text);
    if (length < 2 || text[length - 1] != ')') {
        return error_set(error, "NAME(key=value,...) is allowed, such as crash(at=2s)");
    }
    const char *end = text + length - 1;
    while (text < end) {
        char pair[PART_SIZE];
        size_t size = strcspn(text, ",)");
        if (size >= sizeof pair || (text[size] == ')' && text + size != end)) {
            return error_set(error, "NAME(key=value,...) is allowed, such as crash(at=2s)");
        }
        snprintf(pair, sizeof pair, "%.*s", (int)size, text);
        if (!read_pair(pair, chosen, error)) {
            return false;
        }
        text += size + 1;
    }
    return true;
}

bool behavior_text_read(const char *text, const struct plugin_set *plugins, struct chosen_behavior *chosen,
                        struct error *error)
{
    char name[PART_SIZE];
    size_t length = strcspn(text, "(");
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    *chosen = (struct chosen_behavior){.behavior = plugin_behavior_find(plugins, name)};
    if (chosen->behavior == NULL) {
        return unknown_behavior(plugins, name, error);
    }
    return text[length] == '\0' || read_values(text + length + 1, chosen, error);
}

void behavior_text_write(const struct chosen_behavior *chosen, char text[BEHAVIOR_TEXT_SIZE])
{
    const struct behavior *behavior = chosen->behavior;
    size_t used = (size_t)snprintf(text, BEHAVIOR_TEXT_SIZE, "%.100s", behavior->name);
    bool opened = false;
    for (unsigned i = 0; i < parameter_count(behavior); i++) {
        char value[PART_SIZE];
        if (!chosen->values.given[i]) {
            continue;
        }
        if (behavior->parameters[i].is_time) {
            duration_text(chosen->values.value[i], value, sizeof value);
        } else {
            snprintf(value, sizeof value, "%llu", (unsigned long long)chosen->values.value[i]);
        }
        used += (size_t)snprintf(text + used, BEHAVIOR_TEXT_SIZE - used, "%s%s=%s", opened ? "," : "(",
                                 behavior->parameters[i].name, value);
        opened = true;
    }
    if (opened) {
        snprintf(text + used, BEHAVIOR_TEXT_SIZE - used, ")");
    }
}

size_t behavior_text_part(const char *text)
{
    size_t size = 0;
    for (unsigned depth = 0; text[size] != '\0' && (text[size] != ',' || depth > 0); size++) {
        depth += text[size] == '(';
        depth -= depth > 0 && text[size] == ')';
    }
    return size;
}

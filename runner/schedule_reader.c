#include "runner/schedule_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NS UINT64_C(3600000000000000000) /* as for every time that an option names */

static bool fail_at(const struct reader *reader, const char *point, const char *format, va_list arguments)
{
    char what[320];
    unsigned line;
    unsigned column;
    vsnprintf(what, sizeof what, format, arguments);
    json_line_column(reader->source->text, point, &line, &column);
    column += line == 1 ? reader->source->column - 1 : 0;
    line += reader->source->line - 1;
    return error_set(reader->error, "%.150s:%u:%u: %s", reader->source->name, line, column, what);
}

bool reader_fail(const struct reader *reader, const struct json_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail_at(reader, json_begin(reader->source->text, place), format, arguments);
    va_end(arguments);
    return false;
}

bool reader_fail_key(const struct reader *reader, const struct json_place *place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail_at(reader, json_key(reader->source->text, place), format, arguments);
    va_end(arguments);
    return false;
}

struct placed placed_member(const struct placed *object, const char *key)
{
    return (struct placed){{.parent = &object->place, .key = key}, json_object_get(object->value, key)};
}

struct placed placed_element(const struct placed *array, size_t index)
{
    return (struct placed){{.parent = &array->place, .index = index}, json_array_get(array->value, index)};
}

void *reader_grown(void *array, size_t count, size_t size)
{
    void *more = realloc(array, (count + 1) * size);
    if (more == NULL) {
        abort();
    }
    memset((char *)more + count * size, 0, size);
    return more;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

void *reader_zeroed(size_t count, size_t size)
{
    void *array = calloc(count, size);
    if (array == NULL) {
        abort();
    }
    return array;
}

bool reader_only_keys(const struct reader *reader, const struct placed *object, const char *const *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach(object->value, key, value)
    {
        char allowed[160] = "";
        bool known = false;
        for (size_t i = 0; keys[i] != NULL; i++) {
            size_t used = strlen(allowed);
            known = known || strcmp(key, keys[i]) == 0;
            snprintf(allowed + used, sizeof allowed - used, "%s\"%s\"", i == 0 ? "" : ", ", keys[i]);
        }
        if (!known) {
            struct json_place place = {.parent = &object->place, .key = key};
            return reader_fail_key(reader, &place, "\"%.40s\" is not known here; there are: %s", key, allowed);
        }
    }
    return true;
}

bool reader_time(const struct reader *reader, const struct placed *time, const char *key, uint64_t *ns)
{
    struct error why;
    if (!json_is_string(time->value)) {
        return reader_fail(reader, &time->place, "\"%s\" is a time with its unit, such as \"100ms\"", key);
    }
    if (!duration_parse(json_string_value(time->value), ns, &why)) {
        return reader_fail(reader, &time->place, "\"%s\": %.200s", key, why.text);
    }
    return *ns <= MOST_NS || reader_fail(reader, &time->place, "\"%s\": at most 1000000 hours are allowed", key);
}

bool reader_until(const struct reader *reader, const struct placed *event, uint64_t *until_ns)
{
    struct placed until = placed_member(event, "until");
    *until_ns = TIME_NEVER_NS;
    if (until.value == NULL) {
        return true;
    }
    return reader_time(reader, &until, "until", until_ns) &&
           (*until_ns > reader->at_ns || reader_fail(reader, &until.place, "\"until\" must be after \"at\""));
}

bool reader_replica(const struct reader *reader, const struct placed *id, const char *list, node_id *replica)
{
    uint32_t replicas = reader->schedule->replicas;
    if (!json_is_integer(id->value)) {
        return reader_fail(reader, &id->place, "\"%s\" lists ids of replicas, 0..%u", list, replicas - 1);
    }
    json_int_t value = json_integer_value(id->value);
    if (value < 0 || value >= (json_int_t)replicas) {
        return reader_fail(reader, &id->place, "replica %lld in \"%s\": there are %u replicas, 0..%u", (long long)value,
                           list, replicas, replicas - 1);
    }
    *replica = (node_id)value;
    return true;
}

bool reader_list(const struct reader *reader, const struct placed *list, const char *name, const char *of)
{
    if (!json_is_array(list->value)) {
        return reader_fail(reader, &list->place, "\"%s\" is a list of %s", name, of);
    }
    return json_array_size(list->value) > 0 || reader_fail(reader, &list->place, "\"%s\" must not be empty", name);
}

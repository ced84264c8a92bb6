#include "runner/json_place.h"

#include <stdbool.h>
#include <string.h>

#include <jansson.h>

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Behind the string that begins at `at`. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"' && *at != '\0'; at++) {
        at += *at == '\\' && at[1] != '\0';
    }
    return *at == '"' ? at + 1 : at;
}

const char *json_end(const char *begin)
{
    size_t depth = 0;
    const char *at = begin;
    do {
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (depth == 0) {
            at += strcspn(at, ",]} \t\r\n"); /* a number, true, false or null */
        } else {
            at += *at != '\0';
        }
    } while (depth > 0 && *at != '\0');
    return at;
}

/* Whether the string that begins at `at`, escapes read, is `key`. */
static bool is_key(const char *at, const char *key)
{
    size_t size = (size_t)(skip_string(at) - at);
    if (memchr(at, '\\', size) == NULL) {
        return size == strlen(key) + 2 && memcmp(at + 1, key, size - 2) == 0;
    }
    json_t *string = json_loadb(at, size, JSON_DECODE_ANY, NULL);
    bool same = string != NULL && strcmp(json_string_value(string), key) == 0;
    json_decref(string);
    return same;
}

/* The key of the member of the object at `at`; NULL if there is none. */
static const char *find_key(const char *at, const char *key)
{
    at = skip_space(at + 1);
    while (*at == '"') {
        if (is_key(at, key)) {
            return at;
        }
        at = skip_space(skip_string(at));
        at = skip_space(json_end(skip_space(at + (*at == ':'))));
        at = skip_space(at + (*at == ','));
    }
    return NULL;
}

static const char *find_element(const char *at, size_t index)
{
    at = skip_space(at + 1);
    for (size_t i = 0; i < index && *at != ']' && *at != '\0'; i++) {
        at = skip_space(json_end(at));
        at = skip_space(at + (*at == ','));
    }
    return *at == ']' || *at == '\0' ? NULL : at;
}

const char *json_begin(const char *text, const struct json_place *place)
{
    if (place->parent == NULL) {
        return skip_space(text);
    }
    const char *parent = json_begin(text, place->parent);
    const char *at = NULL;
    if (place->key == NULL && *parent == '[') {
        at = find_element(parent, place->index);
    } else if (place->key != NULL && *parent == '{') {
        at = find_key(parent, place->key);
        if (at != NULL) {
            at = skip_space(skip_string(at));
            at = skip_space(at + (*at == ':'));
        }
    }
    return at == NULL ? parent : at;
}

const char *json_key(const char *text, const struct json_place *place)
{
    if (place->parent == NULL || place->key == NULL) {
        return json_begin(text, place);
    }
    const char *parent = json_begin(text, place->parent);
    const char *at = *parent == '{' ? find_key(parent, place->key) : NULL;
    return at == NULL ? parent : at;
}

void json_line_column(const char *text, const char *point, unsigned *line, unsigned *column)
{
    *line = 1;
    *column = 1;
    for (const char *c = text; c < point; c++) {
        bool continues = ((unsigned char)*c & 0xc0) == 0x80; /* a byte of a character that has begun (UTF-8) */
        *column = *c == '\n' ? 1 : *column + !continues;
        *line += *c == '\n';
    }
}

/* Where a value stands in a JSON text: jansson tells line and column of broken syntax only, and forgets them for what
 * it has read. Pure functions on texts that jansson has taken. */
#ifndef PBFT_RUNNER_JSON_PLACE_H
#define PBFT_RUNNER_JSON_PLACE_H

#include <stddef.h>

/* A value within another: member `key` of an object, or element `index` of an array. Chains live on the stacks of the
 * functions that walk down the text. */
struct json_place {
    const struct json_place *parent; /* NULL: the root */
    const char *key;                 /* NULL: an element */
    size_t index;
};

/* A document, or one within another. */
struct json_source {
    const char *name;      /* how an error begins: the file's name */
    const char *text;      /* the document */
    unsigned line, column; /* where it begins in the file, from 1 */
};

/* Where the value begins, and behind its end; its nearest ancestor where there is none. */
const char *json_begin(const char *text, const struct json_place *place);
const char *json_end(const char *begin);
/* Where the key of this member begins; the value where it is none. */
const char *json_key(const char *text, const struct json_place *place);

/* Line and column, in characters, both from 1, of a point in `text`. */
void json_line_column(const char *text, const char *point, unsigned *line, unsigned *column);

#endif

/* What reading a schedule's events needs: values with their places, and errors that tell line and column. Only for
 * schedule_file.c. */
#ifndef PBFT_RUNNER_SCHEDULE_READER_H
#define PBFT_RUNNER_SCHEDULE_READER_H

#include <jansson.h>

#include "net/schedule.h"
#include "runner/json_place.h"

struct reader {
    const struct json_source *source;
    struct schedule *schedule;
    uint64_t at_ns; /* of the event */
    struct error *error;
};

/* A value and where it stands. */
struct placed {
    struct json_place place;
    json_t *value; /* NULL: it is not there */
};

struct placed placed_member(const struct placed *object, const char *key);
struct placed placed_element(const struct placed *array, size_t index);

/* A sentence about the value, or about its key; false. */
bool reader_fail(const struct reader *reader, const struct json_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool reader_fail_key(const struct reader *reader, const struct json_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The array with room for one more, which is zero; aborts if memory is lacking. */
void *reader_grown(void *array, size_t count, size_t size);
void *reader_zeroed(size_t count, size_t size);

/* Each is false with a sentence. `keys` ends with NULL. */
bool reader_only_keys(const struct reader *reader, const struct placed *object, const char *const *keys);
bool reader_time(const struct reader *reader, const struct placed *time, const char *key, uint64_t *ns);
/* The optional "until" of an event, after its "at". */
bool reader_until(const struct reader *reader, const struct placed *event, uint64_t *until_ns);
/* An id; `list` is the name of what it stands in. */
bool reader_replica(const struct reader *reader, const struct placed *id, const char *list, node_id *replica);
/* Whether it is a list that is not empty. */
bool reader_list(const struct reader *reader, const struct placed *list, const char *name, const char *of);

#endif

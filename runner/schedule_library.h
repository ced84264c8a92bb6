/* The schedules that a command line names, each file read once, and kept for as long as a scenario may point to them.
 * What --schedule says is a file's path, or the JSON itself, which begins with '{'. Any thread. */
#ifndef PBFT_RUNNER_SCHEDULE_LIBRARY_H
#define PBFT_RUNNER_SCHEDULE_LIBRARY_H

#include "net/schedule.h"

struct schedule_library;

/* Aborts if memory is lacking, like whatever below needs some. */
struct schedule_library *schedule_library_create(void);
void schedule_library_destroy(struct schedule_library *library);

/* The JSON `text` stands in the file `path`, where it begins at `line` and `column`: errors about it will say so. */
void schedule_library_quote(struct schedule_library *library, const char *text, const char *path, unsigned line,
                            unsigned column);

/* What `text` names, for `replicas` replicas; owned by the library. NULL with a sentence, which begins with "--schedule
 * FILE:LINE:COLUMN", or with the place in the file of which `text` is a part. */
const struct schedule *schedule_library_find(struct schedule_library *library, const char *text, uint32_t replicas,
                                             struct error *error);

/* Whether `text` is the JSON itself. */
bool schedule_is_inline(const char *text);

#endif

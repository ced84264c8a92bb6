/* A fault schedule as JSON: what users write, and what a run's `config` shows. Pure; any thread.
 *
 *     { "schema": 1, "events": [
 *         {"at": "100ms", "crash": [0]},
 *         {"at": "2s", "recover": [0], "state": "kept" or "lost"},
 *         {"at": "0ms", "until": "1s", "partition": [[0,1,2],[3,4,5,"client"]], "one_way": true, "views": [0, 3]},
 *         {"at": "1s", "partition": "primary"},
 *         {"at": "3s", "heal": true},
 *         {"at": "3s", "until": "4s", "links": {"from": [0], "to": [1, "client"], "types": ["commit"]},
 *          "delay": "fixed:300ms", "drop": "5%"} ] }
 *
 * Events come in the order of "at". "until" left out: for good. A partition also ends at the next "heal". "one_way":
 * only what goes from an earlier group to a later one is lost; replicas not listed are one more group, the last.
 * "partition": "primary" cuts off the primary of the view that a message names. */
#ifndef PBFT_RUNNER_SCHEDULE_FILE_H
#define PBFT_RUNNER_SCHEDULE_FILE_H

#include <jansson.h>

#include "net/schedule.h"
#include "runner/json_place.h"

/* Reads a schedule for `replicas` replicas. False with a sentence, "NAME:LINE:COLUMN: ..."; nothing is to be released
 * then. Release with schedule_destroy(). */
bool schedule_read(const struct json_source *source, uint32_t replicas, struct schedule *schedule,
                   struct error *error);

/* The same in JSON, which reads back to the same; a new reference. */
json_t *schedule_json(const struct schedule *schedule);

#endif

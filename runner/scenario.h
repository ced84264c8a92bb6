/* One scenario: every option that decides what a run does, resolved (defaults filled in). A plain value, except for
 * the per-replica behaviours, which point to static descriptions, the schedule, and the latency matrix. options.[ch]
 * makes it from the command line. */
#ifndef PBFT_RUNNER_SCENARIO_H
#define PBFT_RUNNER_SCENARIO_H

#include "core/config.h"
#include "faults/behavior.h"
#include "net/latency.h"
#include "net/processing.h"
#include "net/schedule.h"

struct plugin_set; /* plugin_library.h */

enum clock_kind { CLOCK_REAL, CLOCK_VIRTUAL };
enum expectation { EXPECT_SAFE = 1, EXPECT_LIVE = 2, EXPECT_VIOLATION = 4 };

#define MAX_NAMED_BEHAVIORS 256 /* replicas that --byzantine-ids or --behavior can name */
#define MATRIX_NAME_SIZE 256
#define REGION_NAMES_SIZE (LATENCY_MOST_USED * LATENCY_NAME_SIZE)
#define MAX_BEHAVIORS 64 /* different ones in a run */

/* A behavior, and the values of its parameters that were given. */
struct chosen_behavior {
    const struct behavior *behavior;
    struct behavior_values values;
};

/* `id:NAME` pairs of --behavior. */
struct named_behavior {
    node_id id;
    const struct behavior *behavior;
    struct behavior_values values; /* that were given for its parameters */
};

struct scenario {
    uint32_t nodes;
    uint32_t byzantine;       /* how many misbehave */
    bool byzantine_ids_given; /* false: drawn from the seed */
    node_id byzantine_ids[MAX_NAMED_BEHAVIORS];
    const char *plugin_paths;         /* what --behavior-plugin said; NULL where it said nothing */
    const struct plugin_set *plugins; /* what it names, or NULL; whoever loaded them keeps them */
    const struct behavior *behavior;  /* of those that have none of their own */
    struct behavior_values values;    /* of its parameters, where given */
    uint32_t named_behavior_count;
    struct named_behavior named_behaviors[MAX_NAMED_BEHAVIORS];
    struct delay delay, client_delay;
    struct processing processing;
    char matrix_name[MATRIX_NAME_SIZE];   /* of --latency-matrix; empty = none */
    char region_names[REGION_NAMES_SIZE]; /* those in use, separated by commas */
    char client_region[LATENCY_NAME_SIZE];
    struct placement placement; /* the same, looked up; whoever read the matrix keeps it */
    uint64_t bandwidth;         /* of each replica's uplink in bits a second; 0 = no limit */
    double drop, client_drop, duplicate, reorder;
    uint64_t reorder_extra_ns;
    bool fifo;
    uint64_t gst_ns;                   /* TIME_NEVER_NS = none */
    const struct schedule *schedule;   /* of faults, for `nodes` replicas, or NULL; whoever set it keeps it */
    const struct twin_schedule *twins; /* instead of what twins draw, or NULL; likewise; no option says it */
    const char *schedule_name;         /* what --schedule said, likewise; NULL where it said nothing */
    uint64_t requests, warmup;
    uint32_t clients;
    double rate; /* requests a second in all; 0 = closed loop */
    uint32_t batch, pipeline, payload;
    uint32_t checkpoint_interval, window;
    uint32_t quorum;
    uint64_t view_timeout_ns, client_timeout_ns, retransmit_ns /* 0 = off */;
    uint32_t reply_quorum;
    enum auth_mode auth;
    enum clock_kind clock;
    double time_scale;
    uint32_t delay_lines;
    bool pin;
    uint64_t deadline_ns, stall_ns /* TIME_NEVER_NS = off */;
    uint32_t repeat;
    uint64_t seed;        /* run r has seed + r */
    uint64_t timeline_ns; /* 0 = off */
    unsigned expect;      /* enum expectation, or 0 */
};

#endif

/* The options of the command line: ONE table, from which the parser, --help, the JSON `config` object and its reading
 * back, the presets and a sweep's axes all come. Pure functions on one thread (the one that reads the command line).
 *
 * A value is a text until it is read into a struct scenario: a sweep may hold several values in one text. */
#ifndef PBFT_RUNNER_OPTIONS_H
#define PBFT_RUNNER_OPTIONS_H

#include "net/error.h"
#include "runner/scenario.h"

enum option_id {
    OPT_PRESET,
    OPT_CONFIG,
    OPT_NODES,
    OPT_BYZANTINE,
    OPT_BYZANTINE_IDS,
    OPT_BEHAVIOR_PLUGIN,
    OPT_BEHAVIOR,
    OPT_DELAY,
    OPT_LATENCY_MATRIX,
    OPT_REGIONS,
    OPT_CLIENT_REGION,
    OPT_CLIENT_DELAY,
    OPT_BANDWIDTH,
    OPT_DROP,
    OPT_CLIENT_DROP,
    OPT_DUPLICATE,
    OPT_REORDER,
    OPT_REORDER_EXTRA,
    OPT_FIFO,
    OPT_GST,
    OPT_SCHEDULE,
    OPT_REQUESTS,
    OPT_WARMUP,
    OPT_CLIENTS,
    OPT_RATE,
    OPT_PAYLOAD,
    OPT_BATCH,
    OPT_PIPELINE,
    OPT_CHECKPOINT_INTERVAL,
    OPT_WINDOW,
    OPT_QUORUM,
    OPT_REPLY_QUORUM,
    OPT_VIEW_TIMEOUT,
    OPT_CLIENT_TIMEOUT,
    OPT_RETRANSMIT,
    OPT_AUTH,
    OPT_CLOCK,
    OPT_PROCESSING,
    OPT_TIME_SCALE,
    OPT_DELAY_LINES,
    OPT_PIN,
    OPT_DEADLINE,
    OPT_STALL,
    OPT_REPEAT,
    OPT_SEED,
    OPT_TIMELINE,
    OPT_EXPECT,
    OPT_FROM,
    OPT_UNTIL,
    OPT_NODE,
    OPT_PRINT,
    OPT_STEP,
    OPT_RECORD,
    OPT_TRACE,
    OPT_RUNS,
    OPT_TWINS,
    OPT_SHOW,
    OPT_JOBS,
    OPT_SHARD,
    OPT_MERGE,
    OPT_RESTART,
    OPT_TIME,
    OPT_QUICK,
    OPT_CORES,
    OPT_FORMAT,
    OPT_OUTPUT,
    OPT_QUIET,
    OPTION_COUNT
};

enum option_type {
    OPTION_FLAG,       /* bool: given, or =on, =off */
    OPTION_COUNT32,    /* uint32_t: `10`, `10k` */
    OPTION_COUNT64,    /* uint64_t */
    OPTION_SHARE,      /* double 0 .. 1: `5%`, `0.05` */
    OPTION_NUMBER,     /* double: `1.5`, `10k` */
    OPTION_DURATION,   /* uint64_t ns: `10ms` */
    OPTION_DELAY,      /* struct delay */
    OPTION_PROCESSING, /* struct processing */
    OPTION_RATE,       /* uint64_t bits a second: `100Mbit` */
    OPTION_MATRIX,     /* char matrix_name[] */
    OPTION_REGIONS,    /* `a,b` into char region_names[] */
    OPTION_REGION,     /* char client_region[] */
    OPTION_CHOICE,     /* an enum, by one of the words of `choices` */
    OPTION_IDS,        /* `0,3` into byzantine_ids */
    OPTION_BEHAVIORS,  /* `NAME`, or `id:NAME,id:NAME` */
    OPTION_PLUGINS,    /* paths of shared objects; scenario_resolve() has them loaded */
    OPTION_SCHEDULE,   /* a file's path, or JSON; scenario_resolve() has it read */
    OPTION_EXPECT,     /* `safe,live`, or `violation` */
    OPTION_TEXT,       /* not part of a scenario: whoever uses it reads it */
};

enum option_group {
    GROUP_START,
    GROUP_CLUSTER,
    GROUP_NETWORK,
    GROUP_LOAD,
    GROUP_PROTOCOL,
    GROUP_CLOCK,
    GROUP_RUNS,
    GROUP_RECORDING,
    GROUP_EXPLORE,
    GROUP_SWEEP,
    GROUP_BENCH,
    GROUP_OUTPUT,
    OPTION_GROUPS
};

enum option_command {
    FOR_RUN = 1,
    FOR_SWEEP = 2,
    FOR_REPLAY = 4,
    FOR_EXPLORE = 8,
    FOR_BENCH = 16,
    FOR_SCENARIOS = FOR_RUN | FOR_SWEEP, /* those that leave nothing to chance but what the seed says */
    FOR_ALL = FOR_SCENARIOS | FOR_EXPLORE | FOR_BENCH
};

struct option {
    const char *name;     /* without the dashes */
    char letter;          /* `-o`, or 0 */
    const char *argument; /* how --help writes the value; NULL for a flag */
    const char *help;
    const char *initial; /* the default as a value; NULL where it is derived from other options or there is none */
    const char *derived; /* then: the default in words; NULL = none */
    enum option_type type;
    enum option_group group;
    unsigned commands;          /* enum option_command */
    bool scenario;              /* part of struct scenario, so of `config` and of what a sweep may vary */
    size_t offset;              /* of its field in struct scenario */
    double least, most;         /* counts, numbers and (in ns) durations */
    const char *off;            /* a word that switches it off, or NULL ... */
    uint64_t off_value;         /* ... and what the field then holds */
    const char *rate_suffix;    /* numbers: a unit that may follow, "/s" */
    const char *const *choices; /* OPTION_CHOICE: the words for 0, 1, ..., then NULL */
};

/* The table's entry. `id` is below OPTION_COUNT. */
const struct option *option_at(enum option_id id);
/* By `name` of `size` bytes for one of `commands`; OPTION_COUNT if there is none. */
enum option_id option_find(const char *name, size_t size, unsigned commands);
enum option_id option_find_letter(char letter, unsigned commands);
/* The name that `name` was perhaps meant to be, or NULL. */
const char *option_nearest(const char *name, unsigned commands);
const char *option_group_title(enum option_group group);

/* Its key in the JSON `config` object and its CSV column: `view_timeout_ns`. */
#define OPTION_KEY_SIZE 40
void option_key(enum option_id id, char key[OPTION_KEY_SIZE]);
/* By key; OPTION_COUNT if it is none of a scenario's. */
enum option_id option_find_key(const char *key);

/* Long enough for the text of any value. */
#define OPTION_TEXT_SIZE 8192

#endif

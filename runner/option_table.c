/* The one table of options. Order within a group is the order of --help; order in all is the order of `config`. */
#include <string.h>

#include "runner/options.h"

#define FIELD(member) .scenario = true, .offset = offsetof(struct scenario, member)
#define NS_PER_US 1e3
#define NS_PER_HOUR 3.6e12
#define MOST_NS (1e6 * NS_PER_HOUR) /* 114 years: sums of a few stay far below 2^64 */
#define MOST_SEED 9.2e18            /* JSON's integers end at 2^63; leaves room for seed + repetition */

static const char *const auth_words[] = {"none", "mac", "signature", NULL};
static const char *const clock_words[] = {"real", "virtual", NULL};

static const struct option table[OPTION_COUNT] = {
    [OPT_PRESET] = {.name = "preset",
                    .argument = "NAME",
                    .type = OPTION_TEXT,
                    .group = GROUP_START,
                    .commands = FOR_ALL,
                    .help = "a named set of options (pbft list presets); options given beside it override"},
    [OPT_CONFIG] = {.name = "config",
                    .argument = "FILE",
                    .type = OPTION_TEXT,
                    .group = GROUP_START,
                    .commands = FOR_ALL,
                    .help = "options from a JSON object, such as the `config` of a run's output, or that output "
                            "itself; options given beside it override"},

    [OPT_NODES] = {.name = "nodes",
                   .argument = "N",
                   .type = OPTION_COUNT32,
                   .group = GROUP_CLUSTER,
                   .commands = FOR_ALL,
                   FIELD(nodes),
                   .initial = "4",
                   .least = 1,
                   .most = MAX_REPLICAS,
                   .help = "replicas"},
    [OPT_BYZANTINE] = {.name = "byzantine",
                       .argument = "B",
                       .type = OPTION_COUNT32,
                       .group = GROUP_CLUSTER,
                       .commands = FOR_ALL,
                       FIELD(byzantine),
                       .derived = "0",
                       .least = 0,
                       .most = MAX_REPLICAS,
                       .help = "how many replicas misbehave, drawn from the seed"},
    [OPT_BYZANTINE_IDS] = {.name = "byzantine-ids",
                           .argument = "I,J..",
                           .type = OPTION_IDS,
                           .group = GROUP_CLUSTER,
                           .commands = FOR_ALL,
                           FIELD(byzantine_ids),
                           .derived = "drawn",
                           .help = "which replicas misbehave"},
    [OPT_BEHAVIOR] = {.name = "behavior",
                      .argument = "NAME",
                      .type = OPTION_BEHAVIORS,
                      .group = GROUP_CLUSTER,
                      .commands = FOR_ALL,
                      FIELD(behavior),
                      .initial = "article",
                      .help = "what they do (pbft list behaviors); id:NAME,id:NAME gives each its own"},

    [OPT_DELAY] = {.name = "delay",
                   .argument = "DIST",
                   .type = OPTION_DELAY,
                   .group = GROUP_NETWORK,
                   .commands = FOR_ALL,
                   FIELD(delay),
                   .initial = "uniform:5ms..35ms",
                   .help = "delay of each message between replicas (pbft list delays)"},
    [OPT_CLIENT_DELAY] = {.name = "client-delay",
                          .argument = "DIST",
                          .type = OPTION_DELAY,
                          .group = GROUP_NETWORK,
                          .commands = FOR_ALL,
                          FIELD(client_delay),
                          .derived = "as --delay",
                          .help = "delay of clients' links"},
    [OPT_DROP] = {.name = "drop",
                  .argument = "P",
                  .type = OPTION_SHARE,
                  .group = GROUP_NETWORK,
                  .commands = FOR_ALL,
                  FIELD(drop),
                  .initial = "0",
                  .help = "share of messages between replicas that are lost"},
    [OPT_CLIENT_DROP] = {.name = "client-drop",
                         .argument = "P",
                         .type = OPTION_SHARE,
                         .group = GROUP_NETWORK,
                         .commands = FOR_ALL,
                         FIELD(client_drop),
                         .derived = "as --drop",
                         .help = "share lost on clients' links"},
    [OPT_DUPLICATE] = {.name = "duplicate",
                       .argument = "P",
                       .type = OPTION_SHARE,
                       .group = GROUP_NETWORK,
                       .commands = FOR_ALL,
                       FIELD(duplicate),
                       .initial = "0",
                       .help = "share of messages that arrive twice"},
    [OPT_REORDER] = {.name = "reorder",
                     .argument = "P",
                     .type = OPTION_SHARE,
                     .group = GROUP_NETWORK,
                     .commands = FOR_ALL,
                     FIELD(reorder),
                     .initial = "0",
                     .help = "share of messages that wait up to --reorder-extra longer"},
    [OPT_REORDER_EXTRA] = {.name = "reorder-extra",
                           .argument = "T",
                           .type = OPTION_DURATION,
                           .group = GROUP_NETWORK,
                           .commands = FOR_ALL,
                           FIELD(reorder_extra_ns),
                           .initial = "20ms",
                           .most = MOST_NS,
                           .help = "most that a reordered message waits in addition"},
    [OPT_FIFO] = {.name = "fifo",
                  .type = OPTION_FLAG,
                  .group = GROUP_NETWORK,
                  .commands = FOR_ALL,
                  FIELD(fifo),
                  .initial = "off",
                  .help = "links keep their order"},
    [OPT_GST] = {.name = "gst",
                 .argument = "T",
                 .type = OPTION_DURATION,
                 .group = GROUP_NETWORK,
                 .commands = FOR_ALL,
                 FIELD(gst_ns),
                 .initial = "none",
                 .most = MOST_NS,
                 .off = "none",
                 .off_value = TIME_NEVER_NS,
                 .help = "until T the drop, duplicate and reorder shares hold; after it the network is reliable"},

    [OPT_REQUESTS] = {.name = "requests",
                      .argument = "R",
                      .type = OPTION_COUNT64,
                      .group = GROUP_LOAD,
                      .commands = FOR_ALL,
                      FIELD(requests),
                      .initial = "1",
                      .least = 1,
                      .most = 1e12,
                      .help = "requests in all"},
    [OPT_WARMUP] = {.name = "warmup",
                    .argument = "R",
                    .type = OPTION_COUNT64,
                    .group = GROUP_LOAD,
                    .commands = FOR_ALL,
                    FIELD(warmup),
                    .initial = "0",
                    .least = 0,
                    .most = 1e12,
                    .help = "of these, the first ones that are left out of the statistics"},
    [OPT_CLIENTS] = {.name = "clients",
                     .argument = "C",
                     .type = OPTION_COUNT32,
                     .group = GROUP_LOAD,
                     .commands = FOR_ALL,
                     FIELD(clients),
                     .derived = "1; 64 with --rate",
                     .least = 1,
                     .most = MAX_CLIENTS,
                     .help = "clients, each with one request outstanding"},
    [OPT_RATE] = {.name = "rate",
                  .argument = "R/s",
                  .type = OPTION_NUMBER,
                  .group = GROUP_LOAD,
                  .commands = FOR_ALL,
                  FIELD(rate),
                  .initial = "closed",
                  .least = 1e-6,
                  .most = 1e9,
                  .off = "closed",
                  .rate_suffix = "/s",
                  .help = "requests a second of all clients together, latency from the PLANNED send time; `closed`: "
                          "each client sends when its last request was accepted"},
    [OPT_PAYLOAD] = {.name = "payload",
                     .argument = "BYTES",
                     .type = OPTION_COUNT32,
                     .group = GROUP_LOAD,
                     .commands = FOR_ALL,
                     FIELD(payload),
                     .initial = "16",
                     .least = 0,
                     .most = 1e6,
                     .help = "size of an operation in bytes"},

    [OPT_BATCH] = {.name = "batch",
                   .argument = "K",
                   .type = OPTION_COUNT32,
                   .group = GROUP_PROTOCOL,
                   .commands = FOR_ALL,
                   FIELD(batch),
                   .initial = "1",
                   .least = 1,
                   .most = 65536,
                   .help = "requests that a pre-prepare carries at most"},
    [OPT_PIPELINE] = {.name = "pipeline",
                      .argument = "W",
                      .type = OPTION_COUNT32,
                      .group = GROUP_PROTOCOL,
                      .commands = FOR_ALL,
                      FIELD(pipeline),
                      .initial = "64",
                      .least = 1,
                      .most = 1048576,
                      .help = "sequence numbers in flight; at most --window"},
    [OPT_CHECKPOINT_INTERVAL] = {.name = "checkpoint-interval",
                                 .argument = "K",
                                 .type = OPTION_COUNT32,
                                 .group = GROUP_PROTOCOL,
                                 .commands = FOR_ALL,
                                 FIELD(checkpoint_interval),
                                 .initial = "64",
                                 .least = 1,
                                 .most = 524288,
                                 .help = "sequence numbers between checkpoints"},
    [OPT_WINDOW] = {.name = "window",
                    .argument = "L",
                    .type = OPTION_COUNT32,
                    .group = GROUP_PROTOCOL,
                    .commands = FOR_ALL,
                    FIELD(window),
                    .initial = "256",
                    .least = 2,
                    .most = 1048576,
                    .help = "sequence numbers between the watermarks; at least twice --checkpoint-interval"},
    [OPT_QUORUM] = {.name = "quorum",
                    .argument = "Q",
                    .type = OPTION_COUNT32,
                    .group = GROUP_PROTOCOL,
                    .commands = FOR_ALL,
                    FIELD(quorum),
                    .derived = "ceil((n+f+1)/2)",
                    .least = 1,
                    .most = MAX_REPLICAS,
                    .help = "another size of quorum, to show what goes wrong"},
    [OPT_REPLY_QUORUM] = {.name = "reply-quorum",
                          .argument = "R",
                          .type = OPTION_COUNT32,
                          .group = GROUP_PROTOCOL,
                          .commands = FOR_ALL,
                          FIELD(reply_quorum),
                          .derived = "f+1",
                          .least = 1,
                          .most = MAX_REPLICAS,
                          .help = "matching replies that a client waits for"},
    [OPT_VIEW_TIMEOUT] = {.name = "view-timeout",
                          .argument = "T",
                          .type = OPTION_DURATION,
                          .group = GROUP_PROTOCOL,
                          .commands = FOR_ALL,
                          FIELD(view_timeout_ns),
                          .derived = "10 x the delay's mean; 1s without delay",
                          .least = 1,
                          .most = MOST_NS,
                          .help = "view change timer, first value"},
    [OPT_CLIENT_TIMEOUT] = {.name = "client-timeout",
                            .argument = "T",
                            .type = OPTION_DURATION,
                            .group = GROUP_PROTOCOL,
                            .commands = FOR_ALL,
                            FIELD(client_timeout_ns),
                            .derived = "as --view-timeout",
                            .least = 1,
                            .most = MOST_NS,
                            .help = "then a client sends to all replicas, again after 2T, 4T, 8T, 8T.."},
    [OPT_RETRANSMIT] = {.name = "retransmit",
                        .argument = "T",
                        .type = OPTION_DURATION,
                        .group = GROUP_PROTOCOL,
                        .commands = FOR_ALL,
                        FIELD(retransmit_ns),
                        .derived = "off where nothing can be lost, else 4 x the delay's mean, at least 20ms",
                        .least = 1,
                        .most = MOST_NS,
                        .off = "off",
                        .help = "first interval after which what may be lost is sent again, or `off`"},
    [OPT_AUTH] = {.name = "auth",
                  .argument = "MODE",
                  .type = OPTION_CHOICE,
                  .group = GROUP_PROTOCOL,
                  .commands = FOR_ALL,
                  FIELD(auth),
                  .initial = "none",
                  .choices = auth_words,
                  .help = "none (the ideal channel), mac (keyed hashes) or signature (Ed25519)"},

    [OPT_CLOCK] = {.name = "clock",
                   .argument = "KIND",
                   .type = OPTION_CHOICE,
                   .group = GROUP_CLOCK,
                   .commands = FOR_ALL,
                   FIELD(clock),
                   .initial = "real",
                   .choices = clock_words,
                   .help = "real (each replica on its own thread) or virtual (exact, one thread)"},
    [OPT_PROCESSING] = {.name = "processing",
                        .argument = "DIST",
                        .type = OPTION_DELAY,
                        .group = GROUP_CLOCK,
                        .commands = FOR_ALL,
                        FIELD(processing),
                        .initial = "none",
                        .help = "virtual clock: how long a replica is busy with each message"},
    [OPT_TIME_SCALE] = {.name = "time-scale",
                        .argument = "X",
                        .type = OPTION_NUMBER,
                        .group = GROUP_CLOCK,
                        .commands = FOR_ALL,
                        FIELD(time_scale),
                        .initial = "1",
                        .least = 1e-3,
                        .most = 1e6,
                        .help = "real clock: emulated time runs X times slower than the host's"},
    [OPT_DELAY_LINES] = {.name = "delay-lines",
                         .argument = "K",
                         .type = OPTION_COUNT32,
                         .group = GROUP_CLOCK,
                         .commands = FOR_ALL,
                         FIELD(delay_lines),
                         .initial = "1",
                         .least = 1,
                         .most = 64,
                         .help = "real clock: threads that hold messages for their delay"},
    [OPT_PIN] = {.name = "pin",
                 .type = OPTION_FLAG,
                 .group = GROUP_CLOCK,
                 .commands = FOR_ALL,
                 FIELD(pin),
                 .initial = "off",
                 .help = "real clock: threads bound to cores"},
    [OPT_DEADLINE] = {.name = "deadline",
                      .argument = "T",
                      .type = OPTION_DURATION,
                      .group = GROUP_CLOCK,
                      .commands = FOR_ALL,
                      FIELD(deadline_ns),
                      .derived = "2s for each request",
                      .least = 1,
                      .most = 4 * MOST_NS,
                      .help = "when an unfinished run ends (emulated time)"},
    [OPT_STALL] = {.name = "stall",
                   .argument = "T",
                   .type = OPTION_DURATION,
                   .group = GROUP_CLOCK,
                   .commands = FOR_ALL,
                   FIELD(stall_ns),
                   .derived = "30s; off with --clock virtual",
                   .least = 1,
                   .most = MOST_NS,
                   .off = "off",
                   .off_value = TIME_NEVER_NS,
                   .help = "a run in which no correct replica executes anything for T ends too; or `off`"},

    [OPT_REPEAT] = {.name = "repeat",
                    .argument = "R",
                    .type = OPTION_COUNT32,
                    .group = GROUP_RUNS,
                    .commands = FOR_ALL,
                    FIELD(repeat),
                    .initial = "1",
                    .least = 1,
                    .most = 1e6,
                    .help = "runs; run r has seed S + r"},
    [OPT_SEED] = {.name = "seed",
                  .argument = "S",
                  .type = OPTION_COUNT64,
                  .group = GROUP_RUNS,
                  .commands = FOR_ALL,
                  FIELD(seed),
                  .derived = "random, and always printed",
                  .least = 0,
                  .most = MOST_SEED,
                  .help = "fixes every draw"},
    [OPT_TIMELINE] = {.name = "timeline",
                      .argument = "T",
                      .type = OPTION_DURATION,
                      .group = GROUP_RUNS,
                      .commands = FOR_ALL,
                      FIELD(timeline_ns),
                      .initial = "off",
                      .least = NS_PER_US,
                      .most = MOST_NS,
                      .off = "off",
                      .help = "executed requests and views in bins of T (in JSON)"},
    [OPT_EXPECT] = {.name = "expect",
                    .argument = "WHAT",
                    .type = OPTION_EXPECT,
                    .group = GROUP_RUNS,
                    .commands = FOR_ALL,
                    FIELD(expect),
                    .derived = "nothing",
                    .help = "safe, live, or both (of every run), or violation (in some run): else exit 2"},

    [OPT_JOBS] = {.name = "jobs",
                  .argument = "N",
                  .type = OPTION_TEXT,
                  .group = GROUP_SWEEP,
                  .commands = FOR_SWEEP,
                  .derived = "1; every core with --clock virtual",
                  .help = "cells that run at once; more than 1 only under the virtual clock"},
    [OPT_SHARD] = {.name = "shard",
                   .argument = "I/N",
                   .type = OPTION_TEXT,
                   .group = GROUP_SWEEP,
                   .commands = FOR_SWEEP,
                   .help = "only the I-th of N shares of the grid, I from 1; needs --seed and -o"},
    [OPT_MERGE] = {.name = "merge",
                   .type = OPTION_FLAG,
                   .group = GROUP_SWEEP,
                   .commands = FOR_SWEEP,
                   .help = "put the finished shards FILE... together into -o FILE"},
    [OPT_RESTART] = {.name = "restart",
                     .type = OPTION_FLAG,
                     .group = GROUP_SWEEP,
                     .commands = FOR_SWEEP,
                     .help = "start over although -o FILE has rows, and overwrite it"},

    [OPT_FORMAT] = {.name = "format",
                    .argument = "FORMAT",
                    .type = OPTION_TEXT,
                    .group = GROUP_OUTPUT,
                    .commands = FOR_ALL,
                    .derived = "by the ending of -o FILE, else table",
                    .help = "table, csv, json or jsonl"},
    [OPT_OUTPUT] = {.name = "output",
                    .letter = 'o',
                    .argument = "FILE",
                    .type = OPTION_TEXT,
                    .group = GROUP_OUTPUT,
                    .commands = FOR_ALL,
                    .derived = "standard output",
                    .help = "where the results go; standard output then gets the table"},
    [OPT_QUIET] = {.name = "quiet",
                   .letter = 'q',
                   .type = OPTION_FLAG,
                   .group = GROUP_OUTPUT,
                   .commands = FOR_ALL,
                   .help = "no progress, notes and warnings; no table beside -o FILE"},
};

static const char *const group_titles[OPTION_GROUPS] = {
    [GROUP_START] = "Where options come from",
    [GROUP_CLUSTER] = "Replicas",
    [GROUP_NETWORK] = "Network",
    [GROUP_LOAD] = "Load",
    [GROUP_PROTOCOL] = "Protocol",
    [GROUP_CLOCK] = "Time",
    [GROUP_RUNS] = "Runs",
    [GROUP_SWEEP] = "Sweep",
    [GROUP_OUTPUT] = "Output",
};

const struct option *option_at(enum option_id id)
{
    return &table[id];
}

const char *option_group_title(enum option_group group)
{
    return group_titles[group];
}

enum option_id option_find(const char *name, size_t size, unsigned commands)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        bool same = strlen(table[id].name) == size && memcmp(table[id].name, name, size) == 0;
        if (same && (table[id].commands & commands) != 0) {
            return (enum option_id)id;
        }
    }
    return OPTION_COUNT;
}

enum option_id option_find_letter(char letter, unsigned commands)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        if (letter != 0 && table[id].letter == letter && (table[id].commands & commands) != 0) {
            return (enum option_id)id;
        }
    }
    return OPTION_COUNT;
}

#define NAME_SIZE 32

/* Edits (insert, delete, replace) that turn a into b; both shorter than NAME_SIZE. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[NAME_SIZE + 1];
    size_t width = strlen(b);
    for (unsigned j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 1; j <= width; j++) {
            unsigned replaced = diagonal + (a[i] != b[j - 1]);
            unsigned other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[width];
}

const char *option_nearest(const char *name, unsigned commands)
{
    const char *nearest = NULL;
    unsigned least = 3; /* more edits than two are another word */
    if (strlen(name) >= NAME_SIZE) {
        return NULL;
    }
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        unsigned distance = edit_distance(name, table[id].name);
        if ((table[id].commands & commands) != 0 && distance < least && distance < strlen(name)) {
            least = distance;
            nearest = table[id].name;
        }
    }
    return nearest;
}

void option_key(enum option_id id, char key[OPTION_KEY_SIZE])
{
    size_t size = 0;
    for (const char *c = table[id].name; *c != '\0'; c++) {
        key[size++] = *c == '-' ? '_' : *c;
    }
    strcpy(key + size, table[id].type == OPTION_DURATION ? "_ns" : "");
}

enum option_id option_find_key(const char *key)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        char own[OPTION_KEY_SIZE];
        option_key((enum option_id)id, own);
        if (table[id].scenario && strcmp(own, key) == 0) {
            return (enum option_id)id;
        }
    }
    return OPTION_COUNT;
}

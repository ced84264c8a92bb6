/* A troupe for the virtual clock's driver: nodes whose part the test writes, and a trace of what happened to them. */
#ifndef PBFT_TESTS_SUPPORT_NET_ACTORS_H
#define PBFT_TESTS_SUPPORT_NET_ACTORS_H

#include "net/driver.h"

#define MS UINT64_C(1000000)
#define MOST_NODES 16

struct troupe;

/* A node whose part the test writes. */
struct actor {
    struct node node;
    struct troupe *troupe;
    uint64_t deadline_ns; /* what it tells the driver */
    uint64_t count;       /* for the part's own use */
};

/* Called for each step of each actor, the start included. */
typedef void part(struct actor *actor, const struct event *event, struct outbox *outbox);

struct troupe {
    struct actor actors[MOST_NODES];
    struct node *nodes[MOST_NODES];
    part *part;
    struct driver_options options;
    struct driver_report report;
    struct error error;
    bool write;          /* whether trace and journal are written out */
    char trace[1 << 16]; /* a line for each step but the start: "10 1<0 t2 v0 s1 a0", "10 1 timer" */
    size_t length;
    uint64_t hash; /* of each step */
    uint64_t messages, timers;
    char journal[1 << 12]; /* a line for each entry: "0 0 k1 v0 s1", k = enum journal_kind */
    size_t journal_length;
    uint64_t executed, awaited; /* EXECUTED entries; the run is finished at so many, if not 0 */
    uint64_t batches;           /* references that PROPOSED entries handed over; dropped */
};

/* Replicas, then clients, all of which play `play`. No deadline to speak of, no stall, seed 1, `delay` on every link.
 * Release with free(). */
struct troupe *troupe_open(uint32_t replicas, uint32_t clients, const char *delay, part *play);

/* Runs to the end, which must come without an error, and compares the books. */
void troupe_run(struct troupe *troupe);

struct message message_of(enum message_type type, view_number view, sequence_number sequence, uint16_t attempt);

#endif

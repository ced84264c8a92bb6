/* The state of a run under the virtual clock: virtual.c takes events and steps nodes, virtual_route.c sends what comes
 * out on its way. Nobody else includes this. One thread. */
#ifndef PBFT_NET_VIRTUAL_CLOCK_H
#define PBFT_NET_VIRTUAL_CLOCK_H

#include "net/driver.h"
#include "net/event_queue.h"
#include "net/message_pool.h"
#include "net/proposal.h"
#include "net/recording.h"
#include "net/service.h"
#include "net/timer_queue.h"
#include "net/uplink.h"

#define VIRTUAL_OUTBOX_MESSAGES 64
#define VIRTUAL_OUTBOX_ENTRIES 64

struct virtual_clock {
    const struct driver_options *options;
    struct driver_report *report;
    struct event_queue queue;
    struct message_pool pool;
    struct timer_queue timers;
    struct outbox outbox; /* of whichever node is being stepped */
    struct message messages[VIRTUAL_OUTBOX_MESSAGES];
    struct journal_entry entries[VIRTUAL_OUTBOX_ENTRIES];
    struct proposal *proposals;         /* by node */
    struct service *services;           /* by replica; NULL if processing takes no time */
    uint64_t *last_due_ns;              /* by link, for links that keep their order; else NULL */
    struct uplink *uplinks;             /* by replica; NULL if their bandwidth has no limit */
    struct recording_stream *recording; /* or NULL */
    uint64_t *numbers;                  /* while recording: messages that left each node so far; else NULL */
    uint64_t now_ns;
    const struct message *handled; /* by the step that is being taken; NULL: a timer */
    uint64_t begin_ns;             /* now, or when the node being stepped is free */
    uint64_t leave_ns;             /* when what it puts out leaves */
    uint64_t contents_ns;          /* hashing what it has put out so far */
    const struct payload *hashed;  /* the last contents of these */
    uint64_t last_executed_ns;
    bool trivial_links;
    bool finished;
    bool out_of_slots;
};

static inline uint64_t saturating_add(uint64_t a, uint64_t b)
{
    return a < TIME_NEVER_NS - 1 - b ? a + b : TIME_NEVER_NS - 1;
}

#endif

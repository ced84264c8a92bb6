/* The third driver: steps nodes with what a recording says, in one thread. Each step is taken with the same event at
 * the same time as it was recorded; a delivered message is the one that its sender's own steps have put out. Steps go
 * in the order of their times, but never before the step that put out what they are to get.
 *
 * No clock, no links: what the network did is in the recording. */
#ifndef PBFT_NET_REPLAY_H
#define PBFT_NET_REPLAY_H

#include "net/driver.h"
#include "net/recorded.h"

/* A step that was taken, borrowed for the call. */
struct replayed_step {
    node_id node;
    uint64_t index; /* which of the node's steps, from 0 */
    const struct event *event;
    uint64_t number;                /* EVENT_MESSAGE: which of event->from's messages */
    const struct message *messages; /* what it put out, without payloads */
    uint64_t first_number;          /* of the first of them */
    size_t message_count;
    const struct journal_entry *entries; /* PROPOSED ones are left out */
    size_t entry_count;
};

struct replay_observer {
    /* Returns false to end the replay. NULL: nobody looks. */
    bool (*step)(void *context, const struct replayed_step *step);
    void *context;
};

enum replay_end {
    REPLAY_SAME,        /* every step put out what was recorded */
    REPLAY_DIFFERENT,   /* the error says which did not; it ended there */
    REPLAY_FAILED,      /* no memory, or the recording does not fit the nodes */
    REPLAY_INTERRUPTED, /* by options->interrupted */
    REPLAY_STOPPED,     /* by the observer */
};

/* Of `options` only nodes, counts, keyring, watches, sink and interrupted matter. `report` is overwritten: events,
 * and of the messages sent, bytes, retransmitted, by_type and delivered. `latest_ns`: no recorded time is beyond. */
enum replay_end replay_run(const struct driver_options *options, const struct recorded *recorded, uint64_t latest_ns,
                           const struct replay_observer *observer, struct driver_report *report, struct error *error);

#endif

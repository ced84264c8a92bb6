/* An outbox for one node under test: keeps all that the node puts out, and counts the payloads that it was given, so
 * that a reference too few or too many is seen. Its places are few on purpose: a step that puts out more than two
 * messages makes the outbox flush in mid-step. One thread. */
#ifndef PBFT_TESTS_SUPPORT_COLLECTOR_H
#define PBFT_TESTS_SUPPORT_COLLECTOR_H

#include "core/outbox.h"

struct collector {
    struct outbox outbox;
    struct message message_places[2];
    struct journal_entry entry_places[2];
    struct message *messages; /* all that was put out since collector_forget(), a payload reference each */
    uint32_t message_count, message_capacity;
    struct journal_entry *entries;
    uint32_t entry_count, entry_capacity;
    uint32_t living;    /* payloads allocated here and not yet reclaimed */
    uint32_t forbidden; /* votes that no correct replica sends (I8, R13), if collector_watch() was called */
};

/* Must not move while in use. `keyring` is shared and outlives it. */
void collector_create(struct collector *collector, const struct keyring *keyring, node_id owner);

/* From here on every vote is watched: a log of `window` sequence numbers. */
void collector_watch(struct collector *collector, uint32_t window);

/* Drops what was collected, and frees. Returns the number of payloads that somebody still holds: a leak, if everybody
 * else is gone. Those payloads must not be dropped afterwards. */
uint32_t collector_destroy(struct collector *collector);

/* Takes what waits in the outbox; to be called after each step, before the lists are read. */
void collector_gather(struct collector *collector);

/* Empties the lists and drops the references that they hold. */
void collector_forget(struct collector *collector);

/* A payload of `size` bytes with one reference, counted here; not sealed. Aborts if memory is lacking. */
struct payload *collector_allocate(struct collector *collector, uint32_t size);

#endif

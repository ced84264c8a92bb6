/* The sending half of an agent: the outbox that its nodes fill, and the way from there into the outbox rings and the
 * journal ring. Counts what is sent.
 *
 * It never waits: what a full outbox ring does not take waits in a list, up to the port's backlog, and what goes beyond
 * is dropped and counted; what a full journal ring does not take waits in a list that the agent keeps short by not
 * stepping its nodes meanwhile. One thread: the agent's. */
#ifndef PBFT_NET_SENDER_H
#define PBFT_NET_SENDER_H

#include "net/backlog.h"
#include "net/bundle.h"
#include "net/driver.h"
#include "net/port.h"
#include "net/proposal.h"
#include "net/recording.h"
#include "net/uplink.h"

#define SENDER_MESSAGES BUNDLE_MOST
#define SENDER_ENTRIES 64u

/* What an outbox ring had no room for, in order. */
struct unsent {
    struct backlog entries;
    uint64_t messages; /* in them */
};

struct sender {
    const struct topology *topology;
    struct port *port;
    struct parker *const *lines; /* bells of the K delay lines */
    struct parker *reader;       /* bell of the thread that reads the journals */
    struct outbox outbox;        /* `now_ns`, the agent's reading of the clock, and `owner` are set before each step */
    uint64_t bandwidth;          /* of the uplink of a replica, or 0: no limit; set after sender_init() */
    struct uplink uplink;
    uint32_t authored;       /* messages whose author is noted already */
    uint32_t signed_entries; /* likewise journal entries */
    struct backlog journal_waiting;
    struct unsent *unsent; /* for each line */
    struct bundler bundler;
    struct message_counts counts;
    struct recording_stream *recording;     /* or NULL */
    uint64_t *numbers;                      /* while recording: messages that left each hosted node so far */
    uint32_t noted_messages, noted_entries; /* of the outbox, noted in the recording */
    struct proposal last_proposed;
    struct message messages[SENDER_MESSAGES];
    node_id authors[SENDER_MESSAGES];
    struct journal_entry entries[SENDER_ENTRIES];
};

/* `sender` holds zeros. Everything is borrowed. False if memory is lacking; destroy it also then. */
bool sender_init(struct sender *sender, const struct topology *topology, const struct keyring *keyring,
                 struct port *port, struct parker *const *lines, struct parker *reader);
void sender_destroy(struct sender *sender);

/* Notes that what was put out since the last call is by the outbox's owner. Where nodes share an agent, before the
 * owner changes: so no node can speak as another, whatever it writes into its messages. */
void sender_note_authors(struct sender *sender);
/* Before its use: links hand over at once, so messages may travel in bundles. After sender_record(), if it records.
 * False if memory is lacking. */
bool sender_bundle(struct sender *sender, uint32_t agent);
/* Before its use: what it sends has numbers, and is noted in the recording. False if memory is lacking. */
bool sender_record(struct sender *sender, struct recording_stream *recording, uint32_t hosted);
/* While recording: notes what was put out since the last call. */
void sender_note_outputs(struct sender *sender);

/* Empties the outbox. */
void sender_flush(struct sender *sender);

/* Whether the journal's reader is behind: then the nodes are not to be stepped. */
static inline bool sender_journal_blocked(const struct sender *sender)
{
    return sender->journal_waiting.count > 0;
}
/* Whether anything waits for room, and another try. */
bool sender_blocked(const struct sender *sender);
void sender_retry(struct sender *sender);

/* After all threads are joined: gives back what never left, and counts it as discarded. */
void sender_discard(struct sender *sender);

#endif

/* An agent: a thread that hosts one replica, or a share of the clients. Its duty cycle drains the inbox, steps the
 * nodes, runs their timers, and puts what came out into the outbox rings; it says how much it did, and the idle
 * strategy acts on that.
 *
 * It never waits for a delay line: what a full outbox ring does not take waits in a bounded list here, and beyond that
 * is dropped and counted. Only while the journal's reader is behind does it leave its inbox alone. */
#ifndef PBFT_NET_AGENT_H
#define PBFT_NET_AGENT_H

#include "net/driver.h"
#include "net/port.h"

struct agent;
struct run_clock;

/* Everything is borrowed and outlives the agent. */
struct agent_config {
    const struct topology *topology;
    const struct run_clock *clock;
    const struct keyring *keyring;
    struct vote_watch *const *watches;  /* of all nodes, by id; entries may be NULL, the array too */
    struct node *const *nodes;          /* all nodes of the run, by id */
    struct port *port;                  /* its own */
    const struct message *messages;     /* what references in its inbox name: the slab of the line that owns it */
    const uint64_t *numbers;            /* while recording: beside them; else NULL */
    struct recording_stream *recording; /* of what its nodes are stepped with; or NULL */
    struct parker *const *lines;        /* bells of the K delay lines */
    struct parker *reader;              /* bell of the thread that reads the journals */
    uint32_t agent;
    uint64_t bandwidth; /* of its uplink in bits a second; 0 = no limit */
    bool bundles;       /* links hand over at once: messages may travel in bundles */
};

/* NULL if memory is lacking. Release with agent_destroy(), which leaves the nodes alone. */
struct agent *agent_create(const struct agent_config *config);
void agent_destroy(struct agent *agent);

/* The agent's thread: starts its nodes and steps them until `*stop`, which is set before the port's parker is woken. */
void agent_run(struct agent *agent, const atomic_bool *stop);

/* Hands journal entries to `sink`: what is in the ring, up to a ring's worth. Returns how many; adds the EXECUTED
 * ones to `*executed`. Called by the reader's thread only. */
uint32_t agent_read_journal(struct agent *agent, const struct journal_sink *sink, uint64_t *executed);

/* After all threads are joined: hands the rest of the journal to `sink`, gives back messages that never left, and adds
 * what the agent counted: sent, bytes, retransmitted, by_type, delivered, dropped, discarded, events. Once. */
void agent_collect(struct agent *agent, const struct journal_sink *sink, struct driver_report *report);

/* For the watchdog; any thread: how often the agent went round. */
uint64_t agent_rounds(const struct agent *agent);

#endif

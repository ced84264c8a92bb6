/* A misbehaviour of your own, as a shared object:  pbft run --behavior-plugin ./mine.so --behavior mine --byzantine 1
 *
 * A misbehaving replica is a correct replica inside a wrapper. The wrapper sees every message before the replica
 * inside does, and decides about every message that the replica wants to send. This header is all that a plugin
 * needs: no other file of the project, and no library. Compile with
 *
 *     cc -std=c11 -O2 -shared -fPIC -I DIRECTORY_OF_THIS_FILE mine.c -o mine.so
 *
 * Rules of the game:
 *  - Keep what you need in `state`, not in global variables: several replicas, and several runs, use the plugin at
 *    once, each on a thread of its own. The functions for one replica are never called at the same time.
 *  - No system calls, no sleeping, no randomness but draw(): a run under the virtual clock must be repeatable.
 *  - Messages and contents that you are given are borrowed for the call.
 *  - You can sign as yourself only. A message leaves with your replica's name and authenticator, whatever you write.
 *
 * Versioned: a plugin says which version of this interface it was compiled for, and another one is refused. */
#ifndef PBFT_BEHAVIOR_H
#define PBFT_BEHAVIOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PBFT_BEHAVIOR_VERSION 1u

enum pbft_message_type {
    PBFT_PRE_PREPARE = 1, /* view, sequence, digest of the batch; contents = the batch */
    PBFT_PREPARE = 2,     /* view, sequence, digest */
    PBFT_COMMIT = 3,      /* view, sequence, digest */
    PBFT_CHECKPOINT = 4,  /* sequence, digest of the state */
    PBFT_VIEW_CHANGE = 5, /* view asked for; sequence = the low watermark; contents = C and P */
    PBFT_NEW_VIEW = 6,    /* view; contents = V and O */
    PBFT_FETCH = 7,       /* sequence, or digest of a batch */
    PBFT_BATCH = 8,       /* contents = the batch */
    PBFT_DECISION = 9,    /* view, sequence, digest; contents = commit certificate and batch */
    PBFT_STATE = 10,      /* sequence, digest; contents = state at a stable checkpoint */
    PBFT_REQUEST = 11,    /* client, timestamp; contents = the request */
    PBFT_REPLY = 12       /* view, timestamp; digest[0] = the result */
};

/* Destination: every replica but the sender. */
#define PBFT_TO_ALL UINT32_MAX
/* A time that never comes. */
#define PBFT_NEVER UINT64_MAX

struct pbft_message {
    uint8_t type;       /* enum pbft_message_type */
    bool answer;        /* sent because its receiver sent again: the receiver does not answer it in turn. A copy that
                           loses this is answered, and answers between such replicas never end */
    uint16_t attempt;   /* 0 for the first sending, 1.. when it is sent again */
    uint32_t from;      /* incoming: whose it really is */
    uint32_t to;        /* outgoing: a node, or PBFT_TO_ALL; to a node that there is not, it counts as dropped */
    uint32_t view;      /* of a REQUEST: its client */
    uint64_t sequence;  /* of a REQUEST and a REPLY: the timestamp */
    uint64_t digest[2]; /* of the contents; not computed for you when you change them */
    const void *contents;
    size_t contents_size;
    const void *handle; /* the emulator's; leave it as it is as long as the contents are those that came with it, and
                           make it NULL when you point `contents` at bytes of your own */
};

/* The replica that misbehaves, and what its wrapper may ask for. */
struct pbft_host {
    uint32_t id;       /* its own */
    uint32_t replicas; /* n */
    uint32_t faults;   /* f */
    uint32_t quorum;   /* q */
    uint32_t clients;  /* their ids begin at n */
    uint64_t view_timeout_ns;
    const bool *misbehaving; /* n flags: who else does */
    uint64_t now_ns;         /* emulated time from the start of the run */

    /* Sends what `message` says to message->to. The contents are copied unless `handle` names them. */
    void (*send)(struct pbft_host *host, const struct pbft_message *message);
    /* Counts that the misbehaviour was really exercised; shown in the report. */
    void (*fired)(struct pbft_host *host);
    /* A uniform draw: the same numbers always give the same, in one run. */
    uint64_t (*draw)(const struct pbft_host *host, uint64_t a, uint64_t b, uint64_t c);
};

/* What a plugin describes. Functions may be NULL. */
struct pbft_behavior {
    const char *name;    /* for --behavior: letters, digits, '-'; no built-in one's */
    const char *summary; /* one line for `pbft list --behavior-plugin` */
    size_t state_size;   /* bytes of `state`, zeroed, one for each replica that behaves so */

    /* Before the run. False: memory is lacking. */
    bool (*start)(struct pbft_host *host, void *state);
    /* Before the replica inside sees it. False hides it. NULL: it sees all. */
    bool (*incoming)(struct pbft_host *host, void *state, const struct pbft_message *message);
    /* Instead of sending it: host->send() as it is, changed, to others, several times, or not at all. NULL: as it
     * is. */
    void (*outgoing)(struct pbft_host *host, void *state, const struct pbft_message *message);
    /* When timer() is wanted, or PBFT_NEVER; asked after each step. NULL: never. */
    uint64_t (*deadline)(const struct pbft_host *host, const void *state);
    void (*timer)(struct pbft_host *host, void *state);
    /* After the run; also after a start() that failed. */
    void (*stop)(struct pbft_host *host, void *state);
};

/* What a plugin defines, under this name. `behaviors` ends with one whose name is NULL. */
struct pbft_behavior_plugin {
    uint32_t version; /* PBFT_BEHAVIOR_VERSION */
    uint32_t reserved;
    const struct pbft_behavior *behaviors;
};
extern const struct pbft_behavior_plugin pbft_behavior_plugin;

#endif

/* A message: one cache line. Large contents travel beside it as an immutable payload.
 *
 * Fields are filled by the sender, except `sent_ns` and `tag`, which the outbox stamps as the message leaves.
 * A receiver trusts no field: what is true about the origin is event.from (R7). */
#ifndef PBFT_CORE_MESSAGE_H
#define PBFT_CORE_MESSAGE_H

#include "core/auth.h"
#include "core/digest.h"
#include "core/payload.h"
#include "core/types.h"

/* In the order in which reports list them. Source: OSDI 1999, sections 4.1 - 4.4 and 4.6. */
enum message_type {
    MESSAGE_NONE = 0,
    MESSAGE_PRE_PREPARE, /* view, sequence, digest of the batch; payload = the batch */
    MESSAGE_PREPARE,     /* view, sequence, digest */
    MESSAGE_COMMIT,      /* view, sequence, digest */
    MESSAGE_CHECKPOINT,  /* sequence, digest of the state */
    MESSAGE_VIEW_CHANGE, /* view = the one asked for; sequence = h; digest of the payload; payload = C and P */
    MESSAGE_NEW_VIEW,    /* view; digest of the payload; payload = V and O */
    MESSAGE_FETCH,       /* asks: sequence = from which on, or digest of a batch */
    MESSAGE_BATCH,       /* answers a FETCH by digest; payload = the batch */
    MESSAGE_DECISION,    /* answers a FETCH (R32): view, sequence, digest; payload = commit certificate and batch */
    MESSAGE_STATE,       /* answers a FETCH: sequence, digest; payload = state at a stable checkpoint */
    MESSAGE_REQUEST,     /* client, timestamp, request_mark() as digest; payload = the request (a batch of one) */
    MESSAGE_REPLY,       /* view, timestamp, digest.words[0] = result */
    MESSAGE_TYPES
};

enum message_flag {
    MESSAGE_SEALED = 2,   /* the payload is an authenticator, the contents are beneath it (seal.h) */
    MESSAGE_ANSWER = 1,   /* sent to one replica because it sent again: not to be answered in turn */
    MESSAGE_BUNDLE = 128, /* net's own, on the way only: several messages (net/bundle.h); outbox_put() clears it */
};

struct message {
    uint8_t type;     /* enum message_type */
    uint8_t flags;    /* enum message_flag */
    uint16_t attempt; /* 0 for the first sending, 1.. for resends; the network's draw depends on it */
    union {
        view_number view;
        node_id client; /* REQUEST: whose it is, also when a backup relays it */
    };
    union {
        sequence_number sequence;
        uint64_t timestamp; /* REQUEST and REPLY: the client's, counted from 1 */
    };
    struct digest digest;
    union {
        uint64_t tag;         /* PRF(author's key; type, view, sequence, digest); stamped by the outbox (R30) */
        union vote_auth auth; /* in the hands of its receiver, with signatures: its signature; 0 while it travels */
    };
    struct payload *payload; /* or NULL */
    uint64_t sent_ns;        /* when it left its sender; stamped by net */
    node_id sender;          /* who it claims to be from; a receiver compares it with event.from (R7) */
    node_id to;              /* a node, or TO_ALL_REPLICAS */
};

_Static_assert(sizeof(struct message) == CACHE_LINE, "a message is one cache line");

/* Copies what was filled in just now: field by field. A wide load of what narrow stores have just written would wait
 * until they are out of the store buffer. */
static inline void message_put(struct message *to, const struct message *from)
{
    to->type = from->type;
    to->flags = from->flags;
    to->attempt = from->attempt;
    to->view = from->view;
    to->sequence = from->sequence;
    to->digest.words[0] = from->digest.words[0];
    to->digest.words[1] = from->digest.words[1];
    to->tag = from->tag;
    to->payload = from->payload;
    to->sent_ns = from->sent_ns;
    to->sender = from->sender;
    to->to = from->to;
}

/* A PREPARE or COMMIT, first sent and unflagged, without what is common to many: its view and its sender. */
struct brief_vote {
    uint64_t head; /* the sequence number, below 2^62; for a COMMIT with BRIEF_COMMIT */
    struct digest digest;
    uint64_t tag;
};

#define BRIEF_COMMIT (UINT64_C(1) << 62)

/* Of the next resend. After the last number comes 1, never 0: it is no first sending. */
static inline uint16_t message_next_attempt(uint16_t attempt)
{
    return attempt == UINT16_MAX ? 1 : (uint16_t)(attempt + 1);
}

/* What the message carries, also while it is sealed; or NULL. */
static inline struct payload *message_contents(const struct message *message)
{
    bool sealed = (message->flags & MESSAGE_SEALED) && message->payload != NULL;
    return sealed ? message->payload->beneath : message->payload;
}

/* The name used in reports and schedules: "pre_prepare", "prepare", ... "none" for 0; NULL beyond the last. */
const char *message_type_name(enum message_type type);

#endif

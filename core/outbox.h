/* What a step puts out: messages, journal entries, and requests for memory. The driver owns the arrays and empties
 * them after the step, or when they are full (through `operations`, which never fail). Used by one thread at a time. */
#ifndef PBFT_CORE_OUTBOX_H
#define PBFT_CORE_OUTBOX_H

#include "core/auth.h"
#include "core/journal.h"
#include "core/message.h"
#include "core/seal.h"
#include "core/uplink_meter.h"
#include "core/vote_watch.h"

struct outbox;

struct outbox_operations {
    /* Empties messages[0 .. message_count) so that at least one more fits; sets message_count. */
    void (*flush_messages)(struct outbox *outbox);
    /* Empties entries[0 .. entry_count) so that at least one more fits; sets entry_count. */
    void (*flush_journal)(struct outbox *outbox);
    /* A payload of `size` bytes with one reference, contents undefined, not sealed. Never NULL: a driver that runs
     * out of memory ends the run with an error. */
    struct payload *(*allocate)(struct outbox *outbox, uint32_t size);
};

struct outbox {
    struct message *messages;
    uint32_t message_count, message_capacity; /* capacity at least 1 */
    struct journal_entry *entries;
    uint32_t entry_count, entry_capacity; /* capacity at least 1 */
    const struct outbox_operations *operations;
    const struct keyring *keyring;
    enum auth_mode auth;        /* AUTH_NONE, or the driver's: messages leave sealed (seal.h) */
    struct vote_watch *watch;   /* of the owner, or NULL: nobody watches it */
    struct uplink_meter *meter; /* of the replica that is stepping, where its uplink is limited; or NULL */
    node_id owner;              /* the node that it belongs to: it tags and signs with this one's key only */
    struct {
        struct signature signature;
        struct vote_statement statement; /* all zero: none yet */
        uint64_t made;                   /* signatures of votes that were computed */
    } last_vote;     /* with signatures: what was signed last, so that a vote that goes out one by one is signed once */
    uint64_t now_ns; /* the stamp of what is put out; a driver that knows better only later stamps it itself */
    void *driver;    /* whatever the operations need */
};

static inline void outbox_record(struct outbox *outbox, const struct journal_entry *entry)
{
    if (outbox->entry_count == outbox->entry_capacity) {
        outbox->operations->flush_journal(outbox);
    }
    journal_put(&outbox->entries[outbox->entry_count++], entry);
}

/* What the watch does not allow leaves all the same, and is told to the checker. */
static inline void outbox_watch(struct outbox *outbox, const struct message *message)
{
    if (outbox->watch != NULL && !vote_watch_allows(outbox->watch, message)) {
        const struct journal_entry entry = {.kind = JOURNAL_FORBIDDEN_VOTE,
                                            .sequence = message->sequence,
                                            .view = message->view,
                                            .digest = message->digest};
        outbox_record(outbox, &entry);
    }
}

/* With signatures: the owner's signature of a vote; stands until the next one is made. */
const struct signature *outbox_sign_vote(struct outbox *outbox, const struct message *vote);
/* Puts the authenticator on a message that is about to leave. */
void outbox_seal(struct outbox *outbox, struct message *message);

/* What binds a vote of the owner's to it: its tag, or its signature (borrowed, until the next one is made). */
static inline union vote_auth outbox_vouch(struct outbox *outbox, const struct message *vote)
{
    union vote_auth auth = {.tag = 0};
    if (!seal_is_vote(vote->type) || outbox->keyring == NULL) {
        return auth;
    }
    if (keyring_mode(outbox->keyring) == AUTH_SIGNATURE) {
        auth.signature = outbox_sign_vote(outbox, vote);
    } else {
        auth.tag = auth_tag(outbox->keyring, outbox->owner, vote->type, vote->view, vote->sequence, vote->digest);
    }
    return auth;
}

static inline void outbox_authenticate(struct outbox *outbox, struct message *message, union vote_auth auth)
{
    if (outbox->keyring == NULL) {
        return;
    }
    bool is_signed = keyring_mode(outbox->keyring) == AUTH_SIGNATURE;
    message->tag = is_signed ? 0 : auth.tag;
    if (outbox->auth != AUTH_NONE) {
        outbox_seal(outbox, message);
    }
}

/* `message` is copied but for its destination, and a reference to its payload taken. If the type is one whose votes
 * appear in certificates, it leaves with its owner's tag or signature; returns that (a signature stands until the next
 * one is made). */
static inline union vote_auth outbox_put(struct outbox *outbox, node_id to, const struct message *message)
{
    if (outbox->message_count == outbox->message_capacity) {
        outbox->operations->flush_messages(outbox);
    }
    /* From here on the slot is looked at, never the caller's message: its fields need not be in memory at all. */
    struct message *slot = &outbox->messages[outbox->message_count];
    message_put(slot, message);
    slot->flags &= (uint8_t)~MESSAGE_BUNDLE; /* whatever the node wrote: that one is the driver's */
    slot->to = to;
    slot->sent_ns = outbox->now_ns;
    if (slot->payload != NULL) {
        payload_hold(slot->payload); /* the outbox's own, while the message waits in it */
    }
    union vote_auth auth = outbox_vouch(outbox, slot);
    if (!(slot->flags & MESSAGE_SEALED)) { /* sealed already: somebody's, as it came */
        outbox_authenticate(outbox, slot, auth);
    } else if (outbox->keyring != NULL && keyring_mode(outbox->keyring) == AUTH_NONE) {
        slot->flags &= (uint8_t)~MESSAGE_SEALED; /* nothing is sealed in this run: nobody gets past the tag so */
        outbox_authenticate(outbox, slot, auth);
    }
    outbox->message_count++;
    if (outbox->meter != NULL) {
        uplink_meter_put(outbox->meter, slot);
    }
    outbox_watch(outbox, slot);
    return auth;
}

static inline union vote_auth outbox_push(struct outbox *outbox, const struct message *message)
{
    return outbox_put(outbox, message->to, message);
}

static inline union vote_auth outbox_send(struct outbox *outbox, node_id to, struct message message)
{
    return outbox_put(outbox, to, &message);
}

static inline union vote_auth outbox_broadcast(struct outbox *outbox, struct message message)
{
    return outbox_put(outbox, TO_ALL_REPLICAS, &message);
}

/* A vote with the tag or signature that the node itself claims, for behaviors. A tag that is not the owner's proves
 * nothing, and the vote leaves without a sender, so that no correct replica counts it (auth.h). */
void outbox_put_claiming(struct outbox *outbox, node_id to, const struct message *vote, union vote_auth claimed);

static inline struct payload *outbox_allocate(struct outbox *outbox, uint32_t size)
{
    return outbox->operations->allocate(outbox, size);
}

#endif

/* drip: leaves one correct replica out, the same for all such replicas of a run, and feeds it a decision now and then:
 * so that it executes something before its patience ends, and never asks for the rest (R32). Whoever drips sends it no
 * proposal, vote or answer; a decision comes from what its inner replica would answer to a FETCH, three quarters of the
 * first resend interval after the one before. Fired: decisions fed. */
#include "core/seal.h"
#include "faults/catalogue.h"
#include "faults/sides.h"
#include "faults/wrap.h"

#include <stdlib.h>

struct drip {
    struct wrap wrap; /* first */
    node_id victim;
    sequence_number next; /* to feed it */
    uint64_t due_ns;
    bool feeds; /* what the inner replica says to the victim just now answers our question */
};

static uint64_t interval_ns(const struct wrap *wrap)
{
    const struct protocol_config *protocol = &wrap->protocol;
    uint64_t patience_ns = protocol->retransmit_ns > 0 ? protocol->retransmit_ns : protocol->view_timeout_ns;
    uint64_t interval_ns = patience_ns / 4 * 3;
    return interval_ns > 0 ? interval_ns : 1;
}

/* One decision, or the state where the decision is gone. */
static void feed(struct drip *drip, const struct message *answer, struct outbox *outbox)
{
    bool is_next = answer->type == MESSAGE_DECISION && answer->sequence == drip->next;
    bool is_state = answer->type == MESSAGE_STATE && answer->sequence >= drip->next;
    if (is_next || is_state) {
        drip->next = answer->sequence + 1;
        drip->wrap.base.fired++;
        outbox_send(outbox, drip->victim, *answer);
    }
}

static void drip_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct drip *drip = (struct drip *)wrap;
    if (drip->feeds) {
        feed(drip, message, outbox);
        return;
    }
    bool about_views = message->type == MESSAGE_VIEW_CHANGE || message->type == MESSAGE_NEW_VIEW;
    bool to_client = message->to != TO_ALL_REPLICAS && message->to >= wrap->protocol.replicas;
    if (about_views || to_client) {
        wrap_pass(message, outbox);
        return;
    }
    for (node_id to = 0; wrap_destination(wrap, message, &to); to++) {
        if (to != drip->victim) {
            outbox_send(outbox, to, *message);
        }
    }
}

/* Asks the inner replica for what the victim needs next, in this replica's own name: it can speak as nobody else. */
static void drip_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct drip *drip = (struct drip *)wrap;
    const struct keyring *keyring = wrap->context.keyring;
    const node_id self = wrap->context.id;
    if (drip->victim == NO_NODE || event->now_ns < drip->due_ns) {
        return;
    }
    struct message fetch = {.type = MESSAGE_FETCH, .sequence = drip->next, .sender = self, .to = self};
    if (keyring_mode(keyring) != AUTH_NONE) {
        seal_message(&fetch, outbox_allocate(outbox, seal_size(keyring, self)), keyring, self);
    }
    const struct event asked = {.kind = EVENT_MESSAGE, .now_ns = event->now_ns, .message = &fetch, .from = self};
    drip->due_ns = event->now_ns + interval_ns(wrap);
    drip->feeds = true;
    inner_step(&wrap->inner, &asked, outbox);
    drip->feeds = false;
    if (fetch.payload != NULL) {
        payload_drop(fetch.payload);
    }
}

static bool drip_prepare(struct wrap *wrap)
{
    struct drip *drip = (struct drip *)wrap;
    bool *victims = calloc(wrap->protocol.replicas, sizeof *victims);
    bool drawn = victims != NULL && victims_draw(wrap->context.coalition, victims);
    drip->victim = NO_NODE;
    drip->next = 1;
    for (node_id id = 0; drawn && id < wrap->protocol.replicas && drip->victim == NO_NODE; id++) {
        drip->victim = victims[id] ? id : NO_NODE;
    }
    free(victims);
    return drawn;
}

static const struct wrap_operations operations = {.outgoing = drip_outgoing, .stepped = drip_stepped};

static struct node *drip_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct drip), context, &operations, drip_prepare);
}

const struct behavior behavior_drip = {
    .name = "drip",
    .summary = "leaves one correct replica out, and feeds it just enough that it never asks",
    .create = drip_create,
};

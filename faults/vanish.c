/* vanish: the coalition makes a prepared certificate whose contents no correct replica is to keep (R33), and names it
 * in every later VIEW-CHANGE, so that O orders what nobody else can supply.
 *
 * A view that one of them leads, after one that a correct replica led, plants: the primary shows its proposals to the
 * q-b correct replicas that it takes, and the others give their PREPAREs to it alone, so that with b >= 2 only its
 * inner replica is prepared; with b = 1 it needs a network that loses PREPAREs. The view after that hears nothing of
 * the certificate; where one of them leads it, and those that follow, the primary opens the same sequence numbers with
 * null requests at the same replicas, which are to forget what they had accepted. From then on the holder asks for each
 * next view as soon as one has been opened, so that every V has its certificate in it. They cast no other votes and
 * answer no fetch. Fired: proposals shown to few, null requests, and VIEW-CHANGEs that name or hide a certificate. */
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/view_change.h"
#include "faults/ask.h"
#include "faults/catalogue.h"
#include "faults/wrap.h"

struct vanisher {
    struct wrap wrap;       /* first */
    bool *chosen;           /* n: the correct replicas to whom something is proposed; owned */
    struct payload *naming; /* the last VIEW-CHANGE that names something; a reference is held, or NULL */
    view_number asked;      /* the last view that was asked for */
    view_number opened;     /* of the last NEW-VIEW that was heard or sent; 0: none */
};

static bool led_by_us(const struct wrap *wrap, view_number view)
{
    return coalition_has(wrap->context.coalition, primary_of(view, wrap->protocol.replicas));
}

static bool plants(const struct wrap *wrap, view_number view)
{
    return led_by_us(wrap, view) && (view == 0 || !led_by_us(wrap, view - 1));
}

/* Whether a view is to open without what was prepared: those that forget, and the one after a view that planted. */
static bool is_kept_from(const struct wrap *wrap, view_number view)
{
    return view > 0 && (plants(wrap, view - 1) || (led_by_us(wrap, view) && !plants(wrap, view)));
}

/* --- proposals and votes --- */

static void propose_to_chosen(struct vanisher *vanisher, const struct message *pre_prepare, struct outbox *outbox)
{
    struct wrap *wrap = &vanisher->wrap;
    bool planted = plants(wrap, pre_prepare->view);
    struct message shown = *pre_prepare;
    if (!planted) {
        shown.digest = digest_null();
        shown.payload = NULL;
    }
    for (node_id to = 0; wrap_destination(wrap, pre_prepare, &to); to++) {
        if (vanisher->chosen[to] || (planted && coalition_has(wrap->context.coalition, to))) {
            outbox_send(outbox, to, shown);
        }
    }
    wrap->base.fired++;
}

static void prepare_for_holder(const struct wrap *wrap, const struct message *prepare, struct outbox *outbox)
{
    if (plants(wrap, prepare->view)) {
        outbox_send(outbox, primary_of(prepare->view, wrap->protocol.replicas), *prepare);
    }
}

/* --- VIEW-CHANGE --- */

static struct payload *copy_of(const struct payload *contents, uint32_t size, struct view_change_head head,
                               struct outbox *outbox)
{
    struct payload *copy = outbox_allocate(outbox, size);
    memcpy(copy->bytes, contents->bytes, size);
    memcpy(copy->bytes, &head, sizeof head);
    return copy;
}

static void hide(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct view_change_head head = *view_change_head(message->payload->bytes);
    head.prepared_count = 0;
    struct payload *copy = copy_of(message->payload, view_change_size(wrap_shape(wrap), 0), head, outbox);
    payload_seal(copy);
    struct message changed = *message;
    changed.digest = payload_digest(copy);
    changed.payload = copy;
    wrap_pass(&changed, outbox);
    payload_drop(copy);
    wrap->base.fired++;
}

static void ask(struct vanisher *vanisher, const struct message *message, struct outbox *outbox)
{
    struct wrap *wrap = &vanisher->wrap;
    bool names = view_change_head(message->payload->bytes)->prepared_count > 0;
    vanisher->asked = message->view > vanisher->asked ? message->view : vanisher->asked;
    if (vanisher->naming != NULL) {
        payload_drop(vanisher->naming);
    }
    vanisher->naming = names ? message->payload : NULL;
    if (names) {
        payload_hold(message->payload);
    }
    if (names && is_kept_from(wrap, message->view)) {
        hide(wrap, message, outbox);
        return;
    }
    wrap->base.fired += names;
    wrap_pass(message, outbox);
}

/* The same VIEW-CHANGE for the view after the one that has just been opened, before anybody else asks for it. */
static void ask_first(struct vanisher *vanisher, struct outbox *outbox)
{
    struct wrap *wrap = &vanisher->wrap;
    view_number next = vanisher->opened + 1;
    if (vanisher->naming == NULL || next <= vanisher->asked || is_kept_from(wrap, next)) {
        return;
    }
    vanisher->asked = next;
    struct view_change_head head = *view_change_head(vanisher->naming->bytes);
    head.view = next;
    ask_with(wrap, next, head.stable, copy_of(vanisher->naming, vanisher->naming->size, head, outbox), outbox);
    wrap->base.fired++;
}

/* --- events --- */

static bool vanish_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    struct vanisher *vanisher = (struct vanisher *)wrap;
    if (event->kind != EVENT_MESSAGE || event->message->sender != event->from) {
        return true;
    }
    const struct message *message = event->message;
    if (message->type == MESSAGE_NEW_VIEW && event->from == primary_of(message->view, wrap->protocol.replicas) &&
        message->view > vanisher->opened) {
        vanisher->opened = message->view;
    }
    if (message->type == MESSAGE_PREPARE && led_by_us(wrap, message->view)) {
        return plants(wrap, message->view) && wrap_is_primary(wrap, message->view);
    }
    return message->type != MESSAGE_FETCH;
}

static void vanish_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct vanisher *vanisher = (struct vanisher *)wrap;
    switch (message->type) {
    case MESSAGE_PRE_PREPARE:
        propose_to_chosen(vanisher, message, outbox);
        return;
    case MESSAGE_PREPARE:
        prepare_for_holder(wrap, message, outbox);
        return;
    case MESSAGE_COMMIT:
    case MESSAGE_DECISION: /* shown unasked */
        return;
    case MESSAGE_VIEW_CHANGE:
        ask(vanisher, message, outbox);
        return;
    case MESSAGE_NEW_VIEW:
        vanisher->opened = message->view > vanisher->opened ? message->view : vanisher->opened;
        break;
    default:
        break;
    }
    wrap_pass(message, outbox);
}

static void vanish_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)event;
    ask_first((struct vanisher *)wrap, outbox);
}

static bool vanish_prepare(struct wrap *wrap)
{
    struct vanisher *vanisher = (struct vanisher *)wrap;
    uint32_t q = wrap->protocol.quorum, b = wrap->context.coalition->count;
    uint32_t wanted = q > b ? q - b : 1;
    vanisher->chosen = calloc(wrap->protocol.replicas, sizeof *vanisher->chosen);
    for (node_id i = 0; vanisher->chosen != NULL && i < wrap->protocol.replicas && wanted > 0; i++) {
        vanisher->chosen[i] = !coalition_has(wrap->context.coalition, i);
        wanted -= vanisher->chosen[i];
    }
    return vanisher->chosen != NULL;
}

static void vanish_release(struct wrap *wrap)
{
    struct vanisher *vanisher = (struct vanisher *)wrap;
    if (vanisher->naming != NULL) {
        payload_drop(vanisher->naming);
    }
    free(vanisher->chosen);
}

static const struct wrap_operations operations = {
    .incoming = vanish_incoming,
    .outgoing = vanish_outgoing,
    .stepped = vanish_stepped,
    .release = vanish_release,
};

static struct node *vanish_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct vanisher), context, &operations, vanish_prepare);
}

const struct behavior behavior_vanish = {
    .name = "vanish",
    .summary = "a prepared certificate whose contents nobody else keeps, named in every view change",
    .create = vanish_create,
};

/* collude: all such replicas act as one. They never speak to each other about it: who misbehaves is known from the
 * start, and sides and second requests are functions of the seed.
 *
 * In a view that one of them leads, the primary equivocates, and the others vote for each content to the side that saw
 * it (faults/split.h). Under a correct primary they first move the view. Where they are strong enough to break
 * agreement (b >= 2q-n) they vote for its proposals only to a few of the first side, the q-b that it takes, which
 * execute; so few do not move the others to ask what they missed (R32). Their own inner replicas hear nothing of it:
 * what was prepared is hidden, for nobody inside knows of it. Half a view timeout later they ask, f+1 of them and more,
 * for the next view that is theirs; its primary does not hear the VIEW-CHANGEs of those few, so that its NEW-VIEW need
 * not know what was executed. Weaker ones vote correctly, and ask in vain. */
#include <stdlib.h>

#include "core/quorum.h"
#include "core/request.h"
#include "faults/accomplice.h"
#include "faults/ask.h"
#include "faults/catalogue.h"
#include "faults/split.h"

struct colluder {
    struct split split; /* first */
    bool strong;        /* whether they are enough to break agreement */
    bool *chosen;       /* n: who is to execute under a correct primary; owned */
    view_number view;   /* the last one that its primary was heard in */
    view_number asked;  /* the last view asked for without the inner replica's knowing */
    uint64_t move_ns;   /* when to ask; TIME_NEVER_NS while not under way */
    bool leads_anew;    /* the inner replica has just opened a view */
};

static bool led_by_us(const struct wrap *wrap, view_number view)
{
    return coalition_has(wrap->context.coalition, primary_of(view, wrap->protocol.replicas));
}

/* --- a view that is led by a correct primary --- */

/* PREPARE and COMMIT for what it proposes, to the chosen. */
static void vote_to_chosen(struct colluder *colluder, const struct message *pre_prepare, struct outbox *outbox)
{
    struct wrap *wrap = &colluder->split.wrap;
    struct message vote = {.view = pre_prepare->view,
                           .sequence = pre_prepare->sequence,
                           .digest = pre_prepare->digest,
                           .attempt = pre_prepare->attempt,
                           .sender = wrap->context.id};
    for (node_id to = 0; to < wrap->protocol.replicas; to++) {
        if (!colluder->chosen[to]) {
            continue;
        }
        vote.type = MESSAGE_PREPARE;
        outbox_send(outbox, to, vote);
        vote.type = MESSAGE_COMMIT;
        outbox_send(outbox, to, vote);
    }
    wrap->base.fired++;
}

static void hear_correct_primary(struct colluder *colluder, const struct message *message, struct outbox *outbox)
{
    struct wrap *wrap = &colluder->split.wrap;
    if (colluder->asked > message->view) {
        return; /* this view is over */
    }
    if (colluder->move_ns == TIME_NEVER_NS) {
        colluder->move_ns = wrap->now_ns + wrap->protocol.view_timeout_ns / 2;
    }
    if (colluder->strong) {
        vote_to_chosen(colluder, message, outbox);
    }
}

/* What the inner replica of a strong coalition is not to learn of. */
static bool is_kept_from_inner(const struct colluder *colluder, const struct event *event)
{
    const struct wrap *wrap = &colluder->split.wrap;
    const struct message *message = event->message;
    switch (message->type) {
    case MESSAGE_PRE_PREPARE:
    case MESSAGE_PREPARE:
    case MESSAGE_COMMIT:
        return !led_by_us(wrap, message->view);
    case MESSAGE_CHECKPOINT:
    case MESSAGE_DECISION:
    case MESSAGE_STATE:
        return !led_by_us(wrap, colluder->view);
    case MESSAGE_VIEW_CHANGE: /* of the chosen, which would prove what they prepared */
        return wrap_is_primary(wrap, message->view) && event->from < wrap->protocol.replicas &&
               colluder->chosen[event->from];
    default:
        return false;
    }
}

/* --- events --- */

static bool is_from_its_primary(const struct wrap *wrap, const struct event *event)
{
    const struct message *message = event->message;
    return (message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_NEW_VIEW) &&
           event->from == primary_of(message->view, wrap->protocol.replicas);
}

static void hear_primary(struct colluder *colluder, const struct message *message, struct outbox *outbox)
{
    struct split *split = &colluder->split;
    if (message->view > colluder->view) {
        colluder->view = message->view;
        colluder->move_ns = TIME_NEVER_NS;
    }
    if (message->type != MESSAGE_PRE_PREPARE || message->view < colluder->view) {
        return;
    }
    if (!led_by_us(&split->wrap, message->view)) {
        hear_correct_primary(colluder, message, outbox);
    } else if (message->attempt == 0) {
        split_mark(split, message->view, message->sequence);
    }
}

static bool collude_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct colluder *colluder = (struct colluder *)wrap;
    if (event->kind != EVENT_MESSAGE || event->message->sender != event->from) {
        return true;
    }
    if (is_from_its_primary(wrap, event)) {
        hear_primary(colluder, event->message, outbox);
    }
    if (split_is_second_proposal(&colluder->split, event)) {
        split_mark(&colluder->split, event->message->view, event->message->sequence);
        return false;
    }
    return !colluder->strong || !is_kept_from_inner(colluder, event);
}

static void collude_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct colluder *colluder = (struct colluder *)wrap;
    struct split *split = &colluder->split;
    switch (message->type) {
    case MESSAGE_PRE_PREPARE:
        split_propose(split, message, outbox);
        return;
    case MESSAGE_PREPARE:
        if (split_is_marked(split, message)) {
            split_prepare_and_commit(split, message, outbox);
            return;
        }
        break;
    case MESSAGE_COMMIT:
        if (split_is_marked(split, message)) {
            if (message->attempt > 0) { /* the first one went with the proposal or the PREPARE */
                split_vote(split, message, outbox);
            }
            return;
        }
        break;
    case MESSAGE_VIEW_CHANGE:
        if (message->attempt == 0 && message->view <= colluder->asked) {
            return; /* asked for already */
        }
        break;
    case MESSAGE_NEW_VIEW:
        colluder->leads_anew = colluder->leads_anew || message->attempt == 0;
        colluder->view = message->view > colluder->view ? message->view : colluder->view;
        break;
    default:
        break;
    }
    wrap_pass(message, outbox);
}

/* --- moving the view, and using it --- */

static view_number next_view_of_ours(const struct wrap *wrap, view_number view)
{
    do {
        view++;
    } while (!led_by_us(wrap, view));
    return view;
}

/* A new view in which nothing is asked for would be of no use: the accomplice asks for something. */
static void propose_something(struct colluder *colluder, const struct event *event, struct outbox *outbox)
{
    struct wrap *wrap = &colluder->split.wrap;
    /* a timestamp above those that sequence numbers give it */
    uint64_t timestamp = ((uint64_t)colluder->view + 1) << 32;
    struct payload *request = accomplice_batch(&wrap->context, colluder->view, timestamp, outbox);
    accomplice_submit(request, event->now_ns, outbox);
    const node_id accomplice = wrap->context.coalition->accomplice;
    struct message message = {.type = MESSAGE_REQUEST,
                              .client = accomplice,
                              .timestamp = timestamp,
                              .digest = request_mark(request),
                              .payload = request,
                              .sender = accomplice};
    const struct event asked = {
        .kind = EVENT_MESSAGE, .now_ns = event->now_ns, .message = &message, .from = accomplice};
    inner_step(&wrap->inner, &asked, outbox);
    payload_drop(request);
}

static void collude_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct colluder *colluder = (struct colluder *)wrap;
    if (colluder->move_ns <= event->now_ns) {
        colluder->move_ns = TIME_NEVER_NS;
        colluder->asked = next_view_of_ours(wrap, colluder->view);
        ask_for_view(wrap, colluder->asked, outbox);
        wrap->base.fired++;
    }
    if (colluder->leads_anew) {
        colluder->leads_anew = false;
        propose_something(colluder, event, outbox);
    }
}

static uint64_t collude_deadline(const struct wrap *wrap, uint64_t replica_ns)
{
    uint64_t move_ns = ((const struct colluder *)wrap)->move_ns;
    return move_ns < replica_ns ? move_ns : replica_ns;
}

/* The first q-b of the first side, and at least one. */
static void choose(struct colluder *colluder)
{
    const struct wrap *wrap = &colluder->split.wrap;
    uint32_t q = wrap->protocol.quorum, b = wrap->context.coalition->count;
    uint32_t wanted = q > b ? q - b : 1;
    for (node_id i = 0; i < wrap->protocol.replicas && wanted > 0; i++) {
        if (!colluder->split.side[i] && !coalition_has(wrap->context.coalition, i)) {
            colluder->chosen[i] = true;
            wanted--;
        }
    }
}

static bool collude_prepare(struct wrap *wrap)
{
    struct colluder *colluder = (struct colluder *)wrap;
    uint32_t breaking = quorum_breaking(wrap->protocol.replicas, wrap->protocol.quorum);
    colluder->strong = wrap->context.coalition->count >= breaking;
    colluder->move_ns = TIME_NEVER_NS;
    colluder->chosen = calloc(wrap->protocol.replicas, sizeof *colluder->chosen);
    if (colluder->chosen == NULL || !split_prepare(wrap)) {
        return false;
    }
    choose(colluder);
    return true;
}

static void collude_release(struct wrap *wrap)
{
    free(((struct colluder *)wrap)->chosen);
    split_release(wrap);
}

static const struct wrap_operations operations = {
    .incoming = collude_incoming,
    .outgoing = collude_outgoing,
    .stepped = collude_stepped,
    .deadline = collude_deadline,
    .release = collude_release,
};

static struct node *collude_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct colluder), context, &operations, collude_prepare);
}

const struct behavior behavior_collude = {
    .name = "collude",
    .summary = "act as one: the primary among them equivocates, the others split their votes",
    .needs_accomplice = true,
    .create = collude_create,
};

/* twin: two correct copies behind one identity. Each incoming message is heard by the one, the other, or both; timers
 * and the start by both. The seed decides which of two kinds of twins a run has:
 *  - each message is drawn by itself, and what either copy says goes to everybody;
 *  - there are two worlds (Bano et al.: Twins: BFT systems made robust, OPODIS 2021): a side of the correct replicas
 *    (faults/sides.h) and the clients that were drawn for it belong to each. The first copy of every twin lives in the
 *    one and hears and is heard by nobody else, the second in the other.
 * Where the run has a schedule of twins, neither is drawn: in each view a copy hears and is heard by those that are in
 * its group, and a client's first word goes to one copy, the next client's to the other. VIEW-CHANGEs reach everybody,
 * for else no view that is partitioned would ever be entered.
 * Fired: messages in which the copies differ, that is, which contradict what the other copy has said of the same kind,
 * view and sequence number. */
#include <stdlib.h>

#include "faults/behavior.h"
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/inner.h"
#include "faults/misbehaving.h"
#include "faults/sides.h"

/* What one of the copies has said. */
struct statement {
    struct digest digest;
    sequence_number sequence;
    view_number view;
    uint8_t copy; /* 1 or 2; 0 = nothing said yet */
};

struct twin {
    struct misbehaving base; /* first */
    struct inner copies[2];
    const struct coalition *coalition;
    uint64_t now_ns; /* of this step */
    bool two_worlds;
    bool *world; /* n: that of each correct replica; owned */
    uint32_t window;
    struct statement *said; /* [MESSAGE_NEW_VIEW + 1][window], the newest at each place */
};

static bool is_about_a_view(const struct message *message)
{
    return message->type == MESSAGE_VIEW_CHANGE || message->type == MESSAGE_NEW_VIEW;
}

/* Remembers what was said, and tells whether the other copy has said otherwise. */
static bool contradicts(struct twin *twin, const struct message *message, uint8_t copy)
{
    if (message->type > MESSAGE_NEW_VIEW) {
        return false; /* of no consequence to agreement */
    }
    sequence_number sequence = is_about_a_view(message) ? 0 : message->sequence;
    uint64_t place = is_about_a_view(message) ? message->view : message->sequence;
    struct statement *said = &twin->said[(size_t)message->type * twin->window + place % twin->window];
    if (said->copy == 0 || said->view != message->view || said->sequence != sequence) {
        *said = (struct statement){message->digest, sequence, message->view, copy};
        return false;
    }
    return said->copy != copy && !digest_equal(said->digest, message->digest);
}

/* In the flags of what twins say to each other: which copy speaks. Nobody else ever sees them. */
#define FROM_FIRST 0x20u
#define FROM_SECOND 0x40u
_Static_assert(((FROM_FIRST | FROM_SECOND) & (MESSAGE_SEALED | MESSAGE_ANSWER | MESSAGE_BUNDLE)) == 0,
               "flags of their own");

static void speak_in_world(const struct twin *twin, const struct message *message, uint8_t copy, struct outbox *outbox)
{
    for (node_id to = 0; to < twin->coalition->replicas; to++) {
        bool addressed = message->to == to || (message->to == TO_ALL_REPLICAS && to != twin->base.node.id);
        struct message flagged = *message;
        bool twins = twin->coalition->misbehaving[to];
        if (twins) {
            flagged.flags |= copy == 1 ? FROM_FIRST : FROM_SECOND;
        }
        if (addressed && (twins || twin->world[to] == (copy == 2))) {
            outbox_send(outbox, to, flagged);
        }
    }
}

/* Whether the schedule of twins, if there is one, says who hears this message. */
static bool is_scheduled(const struct twin *twin, const struct message *message)
{
    const struct twin_schedule *schedule = twin->coalition->twins;
    bool names_view = message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_PREPARE ||
                      message->type == MESSAGE_COMMIT || message->type == MESSAGE_NEW_VIEW ||
                      message->type == MESSAGE_DECISION;
    return schedule != NULL && names_view && message->view < schedule->views && twin->now_ns < schedule->until_ns;
}

static uint8_t group_in(const struct twin *twin, view_number view, uint32_t copy, node_id replica)
{
    uint32_t n = twin->coalition->replicas;
    return twin->coalition->twins->groups[(view * 2 + copy) * n + replica];
}

/* `copy` is 1 or 2. Twins are told which copy speaks, and find out themselves which of theirs hears it. */
static void speak_in_group(const struct twin *twin, const struct message *message, uint8_t copy, struct outbox *outbox)
{
    bool scheduled = is_scheduled(twin, message);
    uint8_t group = scheduled ? group_in(twin, message->view, copy - 1u, twin->base.node.id) : 0;
    for (node_id to = 0; to < twin->coalition->replicas; to++) {
        bool addressed = message->to == to || (message->to == TO_ALL_REPLICAS && to != twin->base.node.id);
        bool twins = twin->coalition->misbehaving[to];
        struct message flagged = *message;
        if (twins) {
            flagged.flags |= copy == 1 ? FROM_FIRST : FROM_SECOND;
        }
        if (addressed && (twins || !scheduled || group_in(twin, message->view, 0, to) == group)) {
            outbox_send(outbox, to, flagged);
        }
    }
}

/* As who_hears(). */
static uint32_t who_hears_in_group(const struct twin *twin, const struct event *event)
{
    const struct message *message = event->message;
    uint32_t hearers = 0;
    if (event->from >= twin->coalition->replicas) {
        bool first_word = message->attempt == 0 && twin->now_ns < twin->coalition->twins->until_ns;
        return first_word ? 1u << event->from % 2 : 3;
    }
    if (!is_scheduled(twin, message)) {
        return 3;
    }
    bool second = twin->coalition->misbehaving[event->from] && (message->flags & FROM_SECOND) != 0;
    for (uint32_t copy = 0; copy < 2; copy++) {
        bool together = group_in(twin, message->view, copy, twin->base.node.id) ==
                        group_in(twin, message->view, second, event->from);
        hearers |= together ? 1u << copy : 0;
    }
    return hearers;
}

static void take(struct inner *inner, const struct message *message, struct outbox *outbox)
{
    struct twin *twin = inner->owner;
    uint8_t copy = inner == &twin->copies[0] ? 1 : 2;
    if (contradicts(twin, message, copy)) {
        twin->base.fired++;
    }
    bool to_replicas = message->to == TO_ALL_REPLICAS || message->to < twin->coalition->replicas;
    if (twin->coalition->twins != NULL && to_replicas) {
        speak_in_group(twin, message, copy, outbox);
    } else if (twin->two_worlds && to_replicas) {
        speak_in_world(twin, message, copy, outbox);
    } else {
        outbox_push(outbox, message);
    }
}

/* Bit 0: the first copy hears it, bit 1: the second does. */
static uint32_t who_hears(const struct twin *twin, const struct event *event)
{
    if (event->kind != EVENT_MESSAGE) {
        return 3;
    }
    if (twin->coalition->twins != NULL) {
        return who_hears_in_group(twin, event);
    }
    const struct message *message = event->message;
    uint64_t seed = twin->coalition->seed;
    if (!twin->two_worlds) {
        uint64_t what = ((uint64_t)message->view << 32) | ((uint64_t)message->attempt << 8) | message->type;
        uint64_t drawn = draw(seed, twin->base.node.id, DRAW_TWIN, event->from, what, message->sequence);
        return 1 + draw_below(drawn, 3);
    }
    if (event->from >= twin->coalition->replicas) {
        return 1 + draw_below(draw(seed, DRAW_FOR_ALL, DRAW_TWIN, event->from, 0, 0), 3);
    }
    if (twin->coalition->misbehaving[event->from]) {
        uint32_t speaker = message->flags & (FROM_FIRST | FROM_SECOND);
        return speaker == FROM_FIRST ? 1 : speaker == FROM_SECOND ? 2 : 3;
    }
    return twin->world[event->from] ? 2 : 1;
}

static void twin_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct twin *twin = (struct twin *)node;
    twin->now_ns = event->now_ns;
    uint32_t hearers = who_hears(twin, event);
    for (uint32_t i = 0; i < 2; i++) {
        if ((hearers >> i & 1u) != 0) {
            inner_step(&twin->copies[i], event, outbox);
        }
    }
}

static uint64_t twin_deadline(const struct node *node)
{
    const struct twin *twin = (const struct twin *)node;
    uint64_t first = inner_deadline(&twin->copies[0]), second = inner_deadline(&twin->copies[1]);
    return first < second ? first : second;
}

static void twin_destroy(struct node *node)
{
    struct twin *twin = (struct twin *)node;
    inner_release(&twin->copies[0]);
    inner_release(&twin->copies[1]);
    free(twin->said);
    free(twin->world);
    free(twin);
}

static const struct node_operations operations = {
    .step = twin_step,
    .deadline = twin_deadline,
    .destroy = twin_destroy,
};

static struct node *twin_create(const struct behavior_context *context)
{
    struct twin *twin = calloc(1, sizeof *twin);
    if (twin == NULL) {
        return NULL;
    }
    twin->base.node = (struct node){.operations = &operations, .id = context->id};
    twin->coalition = context->coalition;
    twin->two_worlds = draw_below(draw(context->coalition->seed, DRAW_FOR_ALL, DRAW_HEARING, 0, 0, 0), 2) == 1;
    twin->world = calloc(context->coalition->replicas, sizeof *twin->world);
    twin->window = context->protocol->window;
    twin->said = calloc((size_t)(MESSAGE_NEW_VIEW + 1) * twin->window, sizeof *twin->said);
    bool made = twin->said != NULL && twin->world != NULL && sides_draw(context->coalition, twin->world);
    for (uint32_t i = 0; i < 2; i++) {
        made = made && inner_init(&twin->copies[i], context->id, context->protocol, context->keyring, take, twin);
    }
    if (!made) {
        twin_destroy(&twin->base.node);
        return NULL;
    }
    return &twin->base.node;
}

const struct behavior behavior_twin = {
    .name = "twin",
    .summary = "two correct copies behind one identity, each hearing a part of the messages",
    .create = twin_create,
};

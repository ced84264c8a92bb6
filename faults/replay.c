/* replay: keeps what it hears and says, and beside each message that it broadcasts sends an old one again: its own as
 * they were, those of others under their names. Fired: messages sent again. */
#include <stdlib.h>

#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

#define MEMORY 256u /* messages kept, the newest */

struct replay {
    struct wrap wrap;       /* first */
    struct message *memory; /* MEMORY places, each with a reference to its payload; owned */
    uint64_t kept;          /* messages ever kept */
};

static bool is_worth_keeping(const struct message *message)
{
    return message->type >= MESSAGE_PRE_PREPARE && message->type <= MESSAGE_NEW_VIEW;
}

static void keep(struct replay *replay, const struct message *message)
{
    struct message *place = &replay->memory[replay->kept % MEMORY];
    if (place->payload != NULL) {
        payload_drop(place->payload);
    }
    *place = *message;
    if (place->payload != NULL) {
        payload_hold(place->payload);
    }
    replay->kept++;
}

static void send_again(struct replay *replay, const struct message *beside, struct outbox *outbox)
{
    struct wrap *wrap = &replay->wrap;
    uint32_t count = replay->kept < MEMORY ? (uint32_t)replay->kept : MEMORY;
    uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_REPLAY, beside->type, beside->view,
                          beside->sequence);
    outbox_broadcast(outbox, replay->memory[draw_below(drawn, count)]);
    wrap->base.fired++;
}

static bool replay_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    if (event->kind == EVENT_MESSAGE && is_worth_keeping(event->message)) {
        keep((struct replay *)wrap, event->message);
    }
    return true;
}

static void replay_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct replay *replay = (struct replay *)wrap;
    wrap_pass(message, outbox);
    if (is_worth_keeping(message)) {
        if (replay->kept > 0) {
            send_again(replay, message, outbox);
        }
        keep(replay, message);
    }
}

static bool replay_prepare(struct wrap *wrap)
{
    struct replay *replay = (struct replay *)wrap;
    replay->memory = calloc(MEMORY, sizeof *replay->memory);
    return replay->memory != NULL;
}

static void replay_release(struct wrap *wrap)
{
    struct replay *replay = (struct replay *)wrap;
    for (uint32_t i = 0; replay->memory != NULL && i < MEMORY; i++) {
        if (replay->memory[i].payload != NULL) {
            payload_drop(replay->memory[i].payload);
        }
    }
    free(replay->memory);
}

static const struct wrap_operations operations = {
    .incoming = replay_incoming,
    .outgoing = replay_outgoing,
    .release = replay_release,
};

static struct node *replay_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct replay), context, &operations, replay_prepare);
}

const struct behavior behavior_replay = {
    .name = "replay",
    .summary = "sends old messages again, its own and those of others",
    .create = replay_create,
};

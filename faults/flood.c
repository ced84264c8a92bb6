/* flood: answers each message of a correct node with a burst of votes, checkpoints and fetches for sequence numbers far
 * outside the window and for views that nobody asked for. What other flooders send is not answered, lest they feed on
 * each other. Fired: messages, a broadcast once. */
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

#define BURST 32u
#define MOST_BURST 100000u

static const enum message_type types[] = {MESSAGE_PREPARE, MESSAGE_COMMIT, MESSAGE_CHECKPOINT, MESSAGE_FETCH};

/* A sequence number beyond any window that is in use: 2^32 and above; sometimes the very last ones. */
static sequence_number far_sequence(uint64_t drawn)
{
    return drawn % 16 == 0 ? UINT64_MAX - (drawn >> 60) : (drawn >> 1) | (UINT64_C(1) << 32);
}

static void flood_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    const struct coalition *coalition = wrap->context.coalition;
    if (event->kind != EVENT_MESSAGE || coalition_has(coalition, event->from)) {
        return;
    }
    const uint64_t burst = behavior_value(&wrap->context, 0, BURST);
    for (uint64_t i = 0; i < burst; i++) {
        uint64_t number = wrap->base.fired++;
        uint64_t drawn = draw(coalition->seed, wrap->context.id, DRAW_FLOOD, number, 0, 0);
        struct message message = {
            .type = (uint8_t)types[number % (sizeof types / sizeof types[0])],
            .view = drawn % 2 == 0 ? 0 : (view_number)(drawn >> 32),
            .sequence = far_sequence(drawn),
            .digest = draw_digest(coalition->seed, wrap->context.id, DRAW_FLOOD, number, 0, 1),
            .sender = wrap->context.id,
        };
        outbox_broadcast(outbox, message);
    }
}

static const struct wrap_operations operations = {.stepped = flood_stepped};

static struct node *flood_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_flood = {
    .name = "flood",
    .summary = "answers each message with a burst of votes far outside the window",
    .create = flood_create,
    .parameters =
        {{.name = "burst", .initial = "32", .help = "messages in answer to each", .least = 1, .most = MOST_BURST}},
};

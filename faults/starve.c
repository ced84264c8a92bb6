/* starve: serves all clients but one, the same for all such replicas of a run. It hears nothing that this client asks
 * for, nor what backups relay of it, so that as primary it never proposes it; all else it does correctly. A primary
 * that makes progress and leaves one request out must still be replaced (R23, R35). Fired: requests not heard. */
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

static bool starve_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    (void)outbox;
    if (event->kind != EVENT_MESSAGE || event->message->type != MESSAGE_REQUEST) {
        return true;
    }
    uint64_t drawn = draw(wrap->context.coalition->seed, DRAW_FOR_ALL, DRAW_STARVED, 0, 0, 0);
    node_id starved = wrap->protocol.replicas + draw_below(drawn, wrap->protocol.clients);
    if (event->message->client != starved) {
        return true;
    }
    wrap->base.fired++;
    return false;
}

static const struct wrap_operations operations = {.incoming = starve_incoming};

static struct node *starve_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_starve = {
    .name = "starve",
    .summary = "serves all clients but one",
    .create = starve_create,
};

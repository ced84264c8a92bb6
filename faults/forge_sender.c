/* forge-sender: beside each message of the three phases and each reply it sends one under another replica's name, with
 * a digest or result of its own making; a backup also a pre-prepare under the primary's. The network stamps the true
 * origin, so that none may ever count (R7). Fired: forged messages, a broadcast once. */
#include "core/quorum.h"
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

/* Any replica but this one; this one where there is no other. */
static node_id another(const struct wrap *wrap, const struct message *message)
{
    uint32_t replicas = wrap->protocol.replicas;
    if (replicas == 1) {
        return wrap->context.id;
    }
    uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_IDENTITY, message->type, message->view,
                          message->sequence);
    return (wrap->context.id + 1 + draw_below(drawn, replicas - 1)) % replicas;
}

static void forge(struct wrap *wrap, const struct message *like, enum message_type type, node_id as,
                  struct outbox *outbox)
{
    struct message forged = *like;
    forged.type = (uint8_t)type;
    forged.payload = NULL;
    forged.sender = as;
    forged.digest = draw_digest(wrap->context.coalition->seed, wrap->context.id, DRAW_FALSE_DIGEST, like->view,
                                like->sequence, TO_ALL_REPLICAS);
    wrap_pass(&forged, outbox);
    wrap->base.fired++;
}

static void forge_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    wrap_pass(message, outbox);
    switch (message->type) {
    case MESSAGE_PREPARE:
        forge(wrap, message, MESSAGE_PRE_PREPARE, primary_of(message->view, wrap->protocol.replicas), outbox);
        forge(wrap, message, MESSAGE_PREPARE, another(wrap, message), outbox);
        break;
    case MESSAGE_PRE_PREPARE:
    case MESSAGE_COMMIT:
    case MESSAGE_REPLY:
        forge(wrap, message, (enum message_type)message->type, another(wrap, message), outbox);
        break;
    default:
        break;
    }
}

static const struct wrap_operations operations = {.outgoing = forge_outgoing};

static struct node *forge_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_forge_sender = {
    .name = "forge-sender",
    .summary = "sends votes, proposals and replies under other replicas' names",
    .create = forge_create,
};

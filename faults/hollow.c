/* hollow: the right digest with wrong contents. What it sends as PRE-PREPARE, BATCH, DECISION, STATE and NEW-VIEW says
 * all that a correct one says, and certificates in it are genuine; but the contents beside them are others. A batch
 * becomes the accomplice's, which is valid in itself, so that only hashing it tells; of other contents one byte is
 * changed. Each destination gets the wrong contents, the right ones, or both (R20, R27, R32). Fired: messages with
 * wrong contents, each destination once. */
#include <string.h>

#include "core/fetch.h"
#include "faults/accomplice.h"
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

enum filling { FILLING_WRONG, FILLING_BOTH, FILLING_RIGHT, FILLINGS };

static bool has_accomplice(const struct wrap *wrap)
{
    return wrap->context.coalition->accomplice != NO_NODE;
}

/* A valid batch that is not the one that was ordered; the reference is the caller's. */
static struct payload *another_batch(const struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct payload *batch = accomplice_batch(&wrap->context, message->view, message->sequence, outbox);
    accomplice_submit(batch, wrap->now_ns, outbox);
    return batch;
}

/* The same contents but for the last byte. */
static struct payload *scratched(const struct payload *payload, struct outbox *outbox)
{
    struct payload *copy = outbox_allocate(outbox, payload->size);
    memcpy(copy->bytes, payload->bytes, payload->size);
    copy->bytes[copy->size - 1] ^= 1;
    payload_seal(copy);
    return copy;
}

/* The same head and certificate around another batch. */
static struct payload *hollow_decision(const struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct payload *batch = another_batch(wrap, message, outbox);
    const unsigned char *old = decision_batch(message->payload, wrap_shape(wrap));
    uint32_t before = (uint32_t)(old - message->payload->bytes);
    struct payload *decision = outbox_allocate(outbox, before + batch->size);
    memcpy(decision->bytes, message->payload->bytes, before);
    struct decision_head head = *decision_head(message->payload);
    head.batch_size = batch->size;
    memcpy(decision->bytes, &head, sizeof head);
    memcpy(decision->bytes + before, batch->bytes, batch->size);
    payload_drop(batch);
    payload_seal(decision);
    return decision;
}

/* What takes the place of the contents; the reference is the caller's. */
static struct payload *hollow_contents(const struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    bool of_batch = message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_BATCH;
    if (of_batch && has_accomplice(wrap)) {
        return another_batch(wrap, message, outbox);
    }
    if (message->type == MESSAGE_DECISION && has_accomplice(wrap)) {
        return hollow_decision(wrap, message, outbox);
    }
    return scratched(message->payload, outbox);
}

static bool is_hollowed(const struct message *message)
{
    bool carries = message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_BATCH ||
                   message->type == MESSAGE_DECISION || message->type == MESSAGE_STATE ||
                   message->type == MESSAGE_NEW_VIEW;
    return carries && message->payload != NULL && message->payload->size > 0;
}

/* What a destination gets. Of a broadcast at least one destination gets the right contents too: what nobody can prepare
 * deceives nobody. */
static enum filling draw_filling(const struct wrap *wrap, const struct message *message, node_id to, bool first)
{
    uint64_t occasion = (uint64_t)message->type << 48 | (uint64_t)message->attempt << 32 | to;
    uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_HOLLOW, message->view,
                          message->sequence, occasion);
    enum filling filling = (enum filling)draw_below(drawn, FILLINGS);
    return first && message->to == TO_ALL_REPLICAS && filling == FILLING_WRONG ? FILLING_BOTH : filling;
}

/* The right ones leave first, the links mix them. */
static void hollow_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    if (!is_hollowed(message)) {
        wrap_pass(message, outbox);
        return;
    }
    bool first = true;
    for (node_id to = 0; wrap_destination(wrap, message, &to); to++) {
        if (draw_filling(wrap, message, to, first) != FILLING_WRONG) {
            outbox_send(outbox, to, *message);
        }
        first = false;
    }
    struct message hollow = *message;
    hollow.payload = hollow_contents(wrap, message, outbox);
    first = true;
    for (node_id to = 0; wrap_destination(wrap, message, &to); to++) {
        if (draw_filling(wrap, message, to, first) != FILLING_RIGHT) {
            outbox_send(outbox, to, hollow);
            wrap->base.fired++;
        }
        first = false;
    }
    payload_drop(hollow.payload);
}

static const struct wrap_operations operations = {.outgoing = hollow_outgoing};

static struct node *hollow_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_hollow = {
    .name = "hollow",
    .summary = "the right digest with wrong contents: in proposals, new views, and answers to a fetch",
    .needs_accomplice = true,
    .create = hollow_create,
};

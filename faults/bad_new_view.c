/* bad-new-view: as the primary of a new view it spoils its NEW-VIEW, for each destination in another way; and once in
 * each view, beside a COMMIT, it opens the next view that it leads with nothing but its own word. No correct replica
 * may enter by any of them (R14, R17). Fired: NEW-VIEWs, each destination once. */
#include <string.h>

#include "core/view_change.h"
#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

enum spoil {
    SPOIL_DIGEST,   /* O names another digest, or has one entry more where it is empty */
    SPOIL_TAG,      /* the pre-prepares in O are not the primary's */
    SPOIL_OMISSION, /* O is empty, or has one entry more where it is */
    SPOIL_QUORUM,   /* one VIEW-CHANGE too few */
    SPOIL_VOTER,    /* the first VIEW-CHANGE is said to be somebody else's */
    SPOILS
};

struct spoiler {
    struct wrap wrap; /* first */
    view_number opened;
};

/* A NEW-VIEW in parts, of which another one is made. */
struct parts {
    struct new_view_head head;
    const unsigned char *changes; /* V */
    uint32_t changes_size;
    const struct order_entry *order;           /* O */
    const struct signature *change_signatures; /* of V, and of O; NULL without signatures */
    const struct signature *order_signatures;
};

static struct parts take_apart(const struct payload *payload, struct proof_shape shape)
{
    struct parts parts = {.head = *new_view_head(payload), .changes = payload->bytes + sizeof(struct new_view_head)};
    parts.order = new_view_order(payload, shape);
    parts.changes_size = (uint32_t)((const unsigned char *)parts.order - parts.changes);
    if (shape.signatures > 0) {
        parts.change_signatures = new_view_signatures(payload);
        parts.order_signatures = parts.change_signatures + parts.head.change_count;
    }
    return parts;
}

/* Without its last VIEW-CHANGE. */
static void leave_one_out(struct parts *parts, const struct payload *payload, struct proof_shape shape)
{
    const struct change_head *last = NULL, *change = NULL;
    while ((change = new_view_change(payload, shape, change)) != NULL) {
        last = change;
    }
    parts->changes_size = (uint32_t)((const unsigned char *)last - parts->changes);
    parts->head.change_count--;
}

static unsigned char *append(unsigned char *out, const void *bytes, size_t size)
{
    if (size > 0) {
        memcpy(out, bytes, size);
    }
    return out + size;
}

/* The contents; the reference is the caller's. Room for one entry of O more where `add` says so. */
static struct payload *put_together(const struct parts *parts, struct proof_shape shape, bool add,
                                    struct outbox *outbox)
{
    uint32_t kept = parts->head.order_count, count = kept + add, changes = parts->head.change_count;
    uint32_t signatures = shape.signatures > 0 ? changes + count : 0;
    uint32_t size = (uint32_t)(sizeof parts->head + parts->changes_size + count * sizeof *parts->order +
                               signatures * sizeof(struct signature));
    struct payload *payload = outbox_allocate(outbox, size);
    struct new_view_head head = parts->head;
    head.order_count = count;
    memset(payload->bytes, 0, size);
    unsigned char *out = append(payload->bytes, &head, sizeof head);
    out = append(out, parts->changes, parts->changes_size);
    out = append(out, parts->order, kept * sizeof *parts->order) + add * sizeof *parts->order;
    if (signatures > 0) {
        out = append(out, parts->change_signatures, changes * sizeof(struct signature));
        append(out, parts->order_signatures, kept * sizeof(struct signature));
    }
    return payload;
}

/* The first entry of O names something else, tagged or signed by this primary all the same. */
static void spoil_digest(const struct wrap *wrap, struct payload *payload, struct outbox *outbox)
{
    const struct behavior_context *context = &wrap->context;
    struct proof_shape shape = wrap_shape(wrap);
    view_number view = new_view_head(payload)->view;
    size_t at = (size_t)((const unsigned char *)new_view_order(payload, shape) - payload->bytes);
    struct order_entry entry;
    memcpy(&entry, payload->bytes + at, sizeof entry);
    entry.sequence = entry.sequence == 0 ? 1 : entry.sequence;
    entry.digest = draw_digest(context->coalition->seed, context->id, DRAW_NEW_VIEW, view, entry.sequence, 0);
    struct message proposal = {.type = MESSAGE_PRE_PREPARE, .digest = entry.digest};
    proposal.view = view;
    proposal.sequence = entry.sequence;
    union vote_auth auth = outbox_vouch(outbox, &proposal);
    entry.tag = shape.signatures > 0 ? 0 : auth.tag;
    memcpy(payload->bytes + at, &entry, sizeof entry);
    if (shape.signatures > 0) {
        const struct signature *place = new_view_order_auth(payload, shape, 0).signature;
        memcpy(payload->bytes + ((const unsigned char *)place - payload->bytes), auth.signature, sizeof *place);
    }
}

/* The first entry of O is not the primary's own: one bit of its tag or signature is another. */
static void spoil_author(struct payload *payload, struct proof_shape shape)
{
    const struct order_entry *entry = new_view_order(payload, shape);
    const void *place = &entry->tag;
    if (shape.signatures > 0) {
        place = new_view_order_auth(payload, shape, 0).signature;
    }
    payload->bytes[(const unsigned char *)place - payload->bytes] ^= 1;
}

static struct payload *spoil(const struct wrap *wrap, const struct payload *payload, enum spoil how,
                             struct outbox *outbox)
{
    struct proof_shape shape = wrap_shape(wrap);
    struct parts parts = take_apart(payload, shape);
    bool empty = parts.head.order_count == 0;
    if (how == SPOIL_QUORUM) {
        leave_one_out(&parts, payload, shape);
    } else if (how == SPOIL_OMISSION) {
        parts.head.order_count = 0;
    }
    bool add = empty && (how == SPOIL_DIGEST || how == SPOIL_TAG || how == SPOIL_OMISSION);
    struct payload *spoilt = put_together(&parts, shape, add, outbox);
    if (how == SPOIL_DIGEST || add) {
        spoil_digest(wrap, spoilt, outbox);
    } else if (how == SPOIL_TAG) {
        spoil_author(spoilt, shape);
    } else if (how == SPOIL_VOTER) {
        struct change_head *first = (struct change_head *)(void *)(spoilt->bytes + sizeof(struct new_view_head));
        first->author = (first->author + 1) % wrap->protocol.replicas;
    }
    payload_seal(spoilt);
    return spoilt;
}

static void spoil_for_each(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    for (node_id to = 0; wrap_destination(wrap, message, &to); to++) {
        uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_NEW_VIEW, message->view, to, 1);
        enum spoil how = (enum spoil)draw_below(drawn, SPOILS);
        struct payload *spoilt = spoil(wrap, message->payload, how, outbox);
        struct message changed = *message;
        changed.digest = payload_digest(spoilt);
        changed.payload = spoilt;
        outbox_send(outbox, to, changed);
        payload_drop(spoilt);
        wrap->base.fired++;
    }
}

/* The next view after `view` that this node leads, opened with no VIEW-CHANGE at all. */
static void open_on_its_own(struct spoiler *spoiler, view_number view, struct outbox *outbox)
{
    struct wrap *wrap = &spoiler->wrap;
    uint32_t replicas = wrap->protocol.replicas;
    view_number next = view + 1 + (wrap->context.id + replicas - (view + 1) % replicas) % replicas;
    if (next <= spoiler->opened) {
        return;
    }
    spoiler->opened = next;
    const struct parts parts = {.head = {.view = next}};
    struct payload *payload = put_together(&parts, wrap_shape(wrap), false, outbox);
    payload_seal(payload);
    const struct message message = {
        .type = MESSAGE_NEW_VIEW,
        .view = next,
        .digest = payload_digest(payload),
        .payload = payload,
        .sender = wrap->context.id,
    };
    outbox_broadcast(outbox, message);
    payload_drop(payload);
    wrap->base.fired += replicas - 1;
}

static void spoiler_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    if (message->type == MESSAGE_NEW_VIEW) {
        spoil_for_each(wrap, message, outbox);
        return;
    }
    wrap_pass(message, outbox);
    if (message->type == MESSAGE_COMMIT) {
        open_on_its_own((struct spoiler *)wrap, message->view, outbox);
    }
}

static const struct wrap_operations operations = {.outgoing = spoiler_outgoing};

static struct node *spoiler_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct spoiler), context, &operations, NULL);
}

const struct behavior behavior_bad_new_view = {
    .name = "bad-new-view",
    .summary = "opens its views with a wrong O, too few view changes, something else for each",
    .create = spoiler_create,
};

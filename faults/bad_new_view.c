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
    const struct order_entry *order; /* O */
};

static struct parts take_apart(const struct payload *payload)
{
    struct parts parts = {.head = *new_view_head(payload), .changes = payload->bytes + sizeof(struct new_view_head)};
    parts.order = new_view_order(payload);
    parts.changes_size = (uint32_t)((const unsigned char *)parts.order - parts.changes);
    return parts;
}

/* Without its last VIEW-CHANGE. */
static void leave_one_out(struct parts *parts, const struct payload *payload)
{
    const struct change_head *last = NULL, *change = NULL;
    while ((change = new_view_change(payload, change)) != NULL) {
        last = change;
    }
    parts->changes_size = (uint32_t)((const unsigned char *)last - parts->changes);
    parts->head.change_count--;
}

/* The contents; the reference is the caller's. Room for one entry of O more where `add` says so. */
static struct payload *put_together(const struct parts *parts, bool add, struct outbox *outbox)
{
    uint32_t kept = parts->head.order_count, count = kept + add;
    uint32_t order_size = count * (uint32_t)sizeof(struct order_entry);
    uint32_t size = (uint32_t)sizeof parts->head + parts->changes_size + order_size;
    struct payload *payload = outbox_allocate(outbox, size);
    struct new_view_head head = parts->head;
    head.order_count = count;
    unsigned char *out = payload->bytes;
    memset(out, 0, size);
    memcpy(out, &head, sizeof head);
    if (parts->changes_size > 0) {
        memcpy(out + sizeof head, parts->changes, parts->changes_size);
    }
    if (kept > 0) {
        memcpy(out + sizeof head + parts->changes_size, parts->order, kept * sizeof *parts->order);
    }
    return payload;
}

static struct order_entry *first_entry(struct payload *payload, uint32_t changes_size)
{
    return (struct order_entry *)(void *)(payload->bytes + sizeof(struct new_view_head) + changes_size);
}

static void spoil_order(const struct wrap *wrap, view_number view, struct order_entry *entry)
{
    const struct behavior_context *context = &wrap->context;
    entry->sequence = entry->sequence == 0 ? 1 : entry->sequence;
    entry->digest = draw_digest(context->coalition->seed, context->id, DRAW_NEW_VIEW, view, entry->sequence, 0);
    entry->tag = auth_tag(context->keyring, context->id, MESSAGE_PRE_PREPARE, view, entry->sequence, entry->digest);
}

static struct payload *spoil(const struct wrap *wrap, const struct payload *payload, enum spoil how,
                             struct outbox *outbox)
{
    struct parts parts = take_apart(payload);
    bool empty = parts.head.order_count == 0;
    if (how == SPOIL_QUORUM) {
        leave_one_out(&parts, payload);
    } else if (how == SPOIL_OMISSION) {
        parts.head.order_count = 0;
    }
    bool add = empty && (how == SPOIL_DIGEST || how == SPOIL_TAG || how == SPOIL_OMISSION);
    struct payload *spoilt = put_together(&parts, add, outbox);
    struct order_entry *entry = first_entry(spoilt, parts.changes_size);
    if (how == SPOIL_DIGEST || add) {
        spoil_order(wrap, parts.head.view, entry);
    } else if (how == SPOIL_TAG) {
        entry->tag ^= 1;
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
        changed.digest = spoilt->digest;
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
    struct payload *payload = put_together(&parts, false, outbox);
    payload_seal(payload);
    const struct message message = {
        .type = MESSAGE_NEW_VIEW,
        .view = next,
        .digest = payload->digest,
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

/* bad-tag: every vote names the right digest, with a tag or signature that proves nothing. Where such a vote counted, a
 * correct replica would build certificates that all others refuse; it must count nowhere (R30, core/auth.h). Fired:
 * votes, a broadcast once. */
#include <string.h>

#include "faults/catalogue.h"
#include "faults/draw.h"
#include "faults/wrap.h"

static void bad_tag_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    if (!seal_is_vote(message->type)) {
        wrap_pass(message, outbox);
        return;
    }
    const uint64_t drawn = draw(wrap->context.coalition->seed, wrap->context.id, DRAW_FALSE_DIGEST, message->type,
                                message->view, message->sequence);
    struct signature signature = {{0}};
    union vote_auth claimed = {.tag = drawn};
    if (keyring_mode(wrap->context.keyring) == AUTH_SIGNATURE) {
        memcpy(signature.bytes, &drawn, sizeof drawn);
        claimed.signature = &signature;
    }
    outbox_put_claiming(outbox, message->to, message, claimed);
    wrap->base.fired++;
}

static const struct wrap_operations operations = {.outgoing = bad_tag_outgoing};

static struct node *bad_tag_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct wrap), context, &operations, NULL);
}

const struct behavior behavior_bad_tag = {
    .name = "bad-tag",
    .summary = "votes with the right digest and a tag that proves nothing",
    .create = bad_tag_create,
};

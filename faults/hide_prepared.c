/* hide-prepared: its VIEW-CHANGEs have an empty P, whatever it has prepared; and once in each view, when it has just
 * prepared something, it asks for the next one as if it had not. Fired: VIEW-CHANGEs that hide something. */
#include <string.h>

#include "core/view_change.h"
#include "faults/ask.h"
#include "faults/catalogue.h"
#include "faults/wrap.h"

struct hide {
    struct wrap wrap; /* first */
    view_number asked;
};

/* The same VIEW-CHANGE without P. */
static void hide(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    uint32_t size = view_change_size(wrap_shape(wrap), 0);
    struct payload *contents = outbox_allocate(outbox, size);
    memcpy(contents->bytes, message->payload->bytes, size);
    struct view_change_head head;
    memcpy(&head, contents->bytes, sizeof head);
    wrap->base.fired += head.prepared_count > 0;
    head.prepared_count = 0;
    memcpy(contents->bytes, &head, sizeof head);
    payload_seal(contents);
    struct message changed = *message;
    changed.digest = payload_digest(contents);
    changed.payload = contents;
    wrap_pass(&changed, outbox);
    payload_drop(contents);
}

static void hide_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct hide *state = (struct hide *)wrap;
    if (message->type == MESSAGE_VIEW_CHANGE) {
        hide(wrap, message, outbox);
        return;
    }
    wrap_pass(message, outbox);
    if (message->type == MESSAGE_COMMIT && message->view >= state->asked) {
        state->asked = message->view + 1;
        ask_for_view(wrap, state->asked, outbox);
        wrap->base.fired++;
    }
}

static const struct wrap_operations operations = {.outgoing = hide_outgoing};

static struct node *hide_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct hide), context, &operations, NULL);
}

const struct behavior behavior_hide_prepared = {
    .name = "hide-prepared",
    .summary = "view changes with an empty P, whatever it has prepared",
    .create = hide_create,
};

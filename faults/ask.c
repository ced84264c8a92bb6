#include "faults/ask.h"

#include <string.h>

#include "core/view_change.h"

void ask_with(struct wrap *wrap, view_number view, sequence_number stable, struct payload *contents,
              struct outbox *outbox)
{
    payload_seal(contents);
    struct message message = {
        .type = MESSAGE_VIEW_CHANGE,
        .view = view,
        .sequence = stable,
        .digest = payload_digest(contents),
        .payload = contents,
        .sender = wrap->context.id,
    };
    outbox_broadcast(outbox, message);
    payload_drop(contents);
}

void ask_for_view(struct wrap *wrap, view_number view, struct outbox *outbox)
{
    uint32_t size = view_change_size(wrap_shape(wrap), 0);
    struct payload *contents = outbox_allocate(outbox, size);
    memset(contents->bytes, 0, size);
    const struct view_change_head head = {.view = view, .author = wrap->context.id};
    memcpy(contents->bytes, &head, sizeof head);
    ask_with(wrap, view, 0, contents, outbox);
}

#include "core/message.h"

static const char *const names[MESSAGE_TYPES] = {
    [MESSAGE_NONE] = "none",
    [MESSAGE_PRE_PREPARE] = "pre_prepare",
    [MESSAGE_PREPARE] = "prepare",
    [MESSAGE_COMMIT] = "commit",
    [MESSAGE_CHECKPOINT] = "checkpoint",
    [MESSAGE_VIEW_CHANGE] = "view_change",
    [MESSAGE_NEW_VIEW] = "new_view",
    [MESSAGE_FETCH] = "fetch",
    [MESSAGE_BATCH] = "batch",
    [MESSAGE_DECISION] = "decision",
    [MESSAGE_STATE] = "state",
    [MESSAGE_REQUEST] = "request",
    [MESSAGE_REPLY] = "reply",
};

const char *message_type_name(enum message_type type)
{
    return type < MESSAGE_TYPES ? names[type] : NULL;
}

#include "core/reject.h"

#include <stddef.h>

static const char *const names[REJECT_REASONS] = {
    [REJECT_NONE] = "none",
    [REJECT_FORGED_SENDER] = "forged_sender",
    [REJECT_NOT_AUTHENTIC] = "not_authentic",
    [REJECT_UNKNOWN_TYPE] = "unknown_type",
    [REJECT_NOT_A_REPLICA] = "not_a_replica",
    [REJECT_MALFORMED] = "malformed",
    [REJECT_WRONG_DIGEST] = "wrong_digest",
    [REJECT_BAD_REQUEST] = "bad_request",
    [REJECT_OLD_REQUEST] = "old_request",
    [REJECT_OLD_VIEW] = "old_view",
    [REJECT_FUTURE_VIEW] = "future_view",
    [REJECT_VIEW_CHANGING] = "view_changing",
    [REJECT_NOT_THE_PRIMARY] = "not_the_primary",
    [REJECT_OUTSIDE_WINDOW] = "outside_window",
    [REJECT_CONFLICTING_PRE_PREPARE] = "conflicting_pre_prepare",
    [REJECT_DUPLICATE_PRE_PREPARE] = "duplicate_pre_prepare",
    [REJECT_PREPARE_OF_PRIMARY] = "prepare_of_primary",
    [REJECT_DUPLICATE_VOTE] = "duplicate_vote",
    [REJECT_CONFLICTING_VOTE] = "conflicting_vote",
    [REJECT_NO_ROOM] = "no_room",
    [REJECT_OBSOLETE] = "obsolete",
    [REJECT_BAD_CERTIFICATE] = "bad_certificate",
    [REJECT_BAD_NEW_VIEW] = "bad_new_view",
    [REJECT_BAD_STATE] = "bad_state",
    [REJECT_UNASKED] = "unasked",
};

const char *reject_name(enum reject reason)
{
    return (size_t)reason < REJECT_REASONS ? names[reason] : NULL;
}

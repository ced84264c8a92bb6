/* What drivers tell the checker about those who decide for others: an entry for each PRE-PREPARE and NEW-VIEW that
 * leaves a primary, once for each content, however many copies of it go out in a row. What the contents are is found
 * from themselves: a primary may claim the same digest for others. One thread. */
#ifndef PBFT_NET_PROPOSAL_H
#define PBFT_NET_PROPOSAL_H

#include "core/journal.h"
#include "core/message.h"

/* What an author proposed or ordered last. Starts from {0}. */
struct proposal {
    struct digest digest;   /* as the message claims */
    struct digest contents; /* of the contents that came with it; null without any */
    sequence_number sequence;
    view_number view;
    node_id author;
    uint8_t type; /* MESSAGE_NONE: nothing yet */
};

static inline bool proposal_is_one(const struct message *message)
{
    return message->type == MESSAGE_PRE_PREPARE || message->type == MESSAGE_NEW_VIEW;
}

/* Whether this message of `author`, which is one, differs from the last; then `*entry`, with a reference to its
 * contents held for the entry's reader, is to be told. */
bool proposal_note(struct proposal *last, const struct message *message, node_id author, struct journal_entry *entry);

#endif

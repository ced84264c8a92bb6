#include "net/proposal.h"

bool proposal_note(struct proposal *last, const struct message *message, node_id author, struct journal_entry *entry)
{
    struct payload *contents = message_contents(message);
    const struct digest hashed = contents == NULL ? digest_null() : payload_digest(contents);
    if (last->type == message->type && last->author == author && last->sequence == message->sequence &&
        last->view == message->view && digest_equal(last->digest, message->digest) &&
        digest_equal(last->contents, hashed)) {
        return false;
    }
    *last = (struct proposal){message->digest, hashed, message->sequence, message->view, author, message->type};
    if (contents != NULL) {
        payload_hold(contents);
    }
    *entry = (struct journal_entry){
        .kind = message->type == MESSAGE_NEW_VIEW ? JOURNAL_NEW_VIEW_SENT : JOURNAL_PROPOSED,
        .node = author,
        .time_ns = message->sent_ns,
        .sequence = message->sequence,
        .digest = message->digest,
        .view = message->view,
        .batch = contents,
    };
    return true;
}

/* Authenticated messages: with `--auth mac` and `signature` a message leaves with an authenticator, a payload of its
 * own around the contents, and is taken apart again at its receiver. With `none` neither happens: the channel is ideal.
 *
 *   mac         a vector of MACs, one for each receiver, over the whole message (OSDI 1999, section 5.2)
 *   signature   one signature for all receivers. A vote's (PRE-PREPARE, PREPARE, COMMIT, CHECKPOINT, VIEW-CHANGE) is
 *               over what the vote says (auth_statement()), so that it serves in certificates too; the contents are
 *               bound by the digest in it, which the handlers compare; `attempt` and `flags` are the transport's and
 *               not signed. Any other's is over the whole message. */
#ifndef PBFT_CORE_SEAL_H
#define PBFT_CORE_SEAL_H

#include "core/auth.h"
#include "core/message.h"
#include "core/verifier.h"

/* Whether what the message says stands for its author in certificates: it carries a tag, or a signature of a vote. */
static inline bool seal_is_vote(uint8_t type)
{
    return type >= MESSAGE_PRE_PREPARE && type <= MESSAGE_VIEW_CHANGE;
}

/* Bytes of the authenticator of a message that goes to `to`. */
uint32_t seal_size(const struct keyring *keyring, node_id to);

/* Fills in the authenticator: `seal` is a payload of seal_size() bytes, not sealed yet, that becomes the message's; it
 * takes over the caller's reference to the contents that the message carried. In the name of `author`. */
void seal_message(struct message *message, struct payload *seal, const struct keyring *keyring, node_id author);
/* The same for a vote whose signature was made already. */
void seal_with_signature(struct message *message, struct payload *seal, const struct signature *signature);

/* Whether the message that came out of the ring of `from` is authentic to `self`; `*opened` is then the message with
 * its contents, whose payload lives as long as the sealed one. `verifier`: of `self`, or NULL. */
bool seal_open(const struct message *message, const struct keyring *keyring, struct verifier *verifier, node_id self,
               node_id from, struct message *opened);

/* A sealed message taken apart without a look at its authenticator; and put together again as it came. */
struct message seal_unwrapped(const struct message *sealed, const struct keyring *keyring);
struct message seal_rewrapped(const struct message *opened, const struct keyring *keyring);

#endif

/* Authenticated messages: with `--auth mac` and `signature` a message leaves with an authenticator, a payload of its
 * own around the contents, and is taken apart again at its receiver (OSDI 1999, section 5.2: an authenticator is a
 * vector of MACs, one for each receiver). With `none` neither happens: the channel is ideal. */
#ifndef PBFT_CORE_SEAL_H
#define PBFT_CORE_SEAL_H

#include "core/auth.h"
#include "core/message.h"

/* Bytes of the authenticator of a message that goes to `to`. */
uint32_t seal_size(const struct keyring *keyring, node_id to);

/* Fills in the authenticator: `seal` is a payload of seal_size() bytes, not sealed yet, that becomes the message's; it
 * takes over the caller's reference to the contents that the message carried. Signed as `author`. */
void seal_message(struct message *message, struct payload *seal, const struct keyring *keyring, node_id author);

/* Whether the message that came out of the ring of `from` is authentic to `self`; `*opened` is then the message with
 * its contents, whose payload lives as long as the sealed one. */
bool seal_open(const struct message *message, const struct keyring *keyring, node_id self, node_id from,
               struct message *opened);

#endif

/* Who may speak as whom. Every node has a secret key; the keyring of a run holds them all, is made before the run
 * from its seed, and is immutable afterwards: shared by all threads without locks.
 *
 * A tag is a 64-bit PRF (SipHash-2-4, libsodium) under the author's key. Behaviours get at the keyring only through
 * the outbox, which tags as the node that it belongs to: nobody can sign as another (R30). */
#ifndef PBFT_CORE_AUTH_H
#define PBFT_CORE_AUTH_H

#include "core/digest.h"
#include "core/types.h"

struct keyring;
struct message;

/* Keys for `nodes` nodes drawn from `seed`. NULL if memory is lacking. Release with keyring_destroy(). */
struct keyring *keyring_create(uint32_t nodes, uint64_t seed);
void keyring_destroy(struct keyring *keyring);

/* The tag of a message of this content by `author`. `type` is an enum message_type. */
uint64_t auth_tag(const struct keyring *keyring, node_id author, uint8_t type, view_number view,
                  sequence_number sequence, struct digest digest);

/* The tag of a client's request over its timestamp and operation. */
uint64_t auth_request_tag(const struct keyring *keyring, node_id client, uint64_t timestamp, const void *operation,
                          uint32_t size);

#endif

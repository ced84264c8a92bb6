/* Who may speak as whom. Every node has a secret key; the keyring of a run holds them all, is made before the run
 * from its seed, and is immutable afterwards: shared by all threads without locks.
 *
 * A tag is a 64-bit PRF (SipHash-2-4, libsodium) under the author's key. Behaviours get at the keyring only through
 * the outbox, which tags as the node that it belongs to: nobody can sign as another (R30).
 *
 * What a wrong tag means. Correct replicas add up the tags of the votes that they count without a look at each: a PRF
 * for each vote would slow down the path that all votes take. So no wrong tag may get in. With `none` and `mac` the
 * outbox is the network's ingress: as it stamps the origin (R7), it makes the tag of every message for the node that it
 * belongs to, whatever that node wrote, be it a correct replica, a behavior, a plugin or a copy of a twin. A vote whose
 * node insists on another tag (outbox_put_claiming()) is not that node's vote: it leaves without a sender, and whoever
 * receives it rejects it as forged (R7). With `signature` it leaves as it is, since every receiver verifies it. Either
 * way no counted vote can spoil the XOR of a certificate. */
#ifndef PBFT_CORE_AUTH_H
#define PBFT_CORE_AUTH_H

#include "core/config.h"
#include "core/digest.h"
#include "core/types.h"

struct keyring;

/* Keys for `nodes` nodes drawn from `seed`. NULL if memory is lacking. Release with keyring_destroy(). */
struct keyring *keyring_create(uint32_t nodes, uint64_t seed);
void keyring_destroy(struct keyring *keyring);

/* Makes the keys for MACs (one for each pair of a replica and a node), or for signatures (Ed25519). `replicas` of the
 * nodes are replicas. Once, before the run. False if memory is lacking. AUTH_NONE needs nothing. */
bool keyring_equip(struct keyring *keyring, enum auth_mode mode, uint32_t replicas);
enum auth_mode keyring_mode(const struct keyring *keyring);
uint32_t keyring_replicas(const struct keyring *keyring);
uint32_t keyring_nodes(const struct keyring *keyring);

/* What was computed with a keyring: MACs, signatures made, and signatures verified. */
struct auth_work {
    uint64_t macs, signatures, verifications;
};

/* From here on counts into `work`, which the caller keeps; NULL ends it. Only where one thread uses the keyring. */
void keyring_count(struct keyring *keyring, struct auth_work *work);

/* A MAC that `one` and `other` share, of which one at least is a replica: SipHash-2-4 under their pair's key. */
uint64_t auth_mac(const struct keyring *keyring, node_id one, node_id other, const void *bytes, size_t size);

/* An Ed25519 signature (RFC 8032). It is a function of key and contents: signed again it is the same bytes. */
struct signature {
    unsigned char bytes[64];
};

struct signature auth_sign(const struct keyring *keyring, node_id author, const void *bytes, size_t size);
/* Does the work each time; replicas ask their verifier (verifier.h), which remembers. */
bool auth_verify(const struct keyring *keyring, node_id author, const void *bytes, size_t size,
                 const struct signature *signature);

/* What the signature of a vote is over, with its purpose in front and each field in a place of its own, lowest byte
 * first. The signature of the message is thus also the vote's signature inside a certificate. */
struct vote_statement {
    unsigned char bytes[48];
};

struct vote_statement auth_statement(node_id author, uint8_t type, view_number view, sequence_number sequence,
                                     struct digest digest);
struct signature auth_sign_vote(const struct keyring *keyring, node_id author, uint8_t type, view_number view,
                                sequence_number sequence, struct digest digest);

/* What binds a vote to its author (R30): its tag, or with signatures where its signature stands, borrowed (NULL: lost).
 * Which of them follows from the run's mode. */
union vote_auth {
    uint64_t tag;
    const struct signature *signature;
};

/* A secret of this node's alone, for hashing what others choose. */
#define AUTH_HASH_KEY_BYTES 16
void auth_hash_key(const struct keyring *keyring, node_id node, unsigned char key[AUTH_HASH_KEY_BYTES]);

/* The tag of a message of this content by `author`. `type` is an enum message_type. */
uint64_t auth_tag(const struct keyring *keyring, node_id author, uint8_t type, view_number view,
                  sequence_number sequence, struct digest digest);

/* The tag of a client's request over its timestamp and operation. */
uint64_t auth_request_tag(const struct keyring *keyring, node_id client, uint64_t timestamp, const void *operation,
                          uint32_t size);

#endif

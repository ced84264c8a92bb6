/* How long a replica is busy, under the virtual clock: with each message that it receives for a drawn time, and, if the
 * costs of authenticating are wanted, with what the step really signed and verified and with hashing contents.
 *
 * The costs are one core's of an x86-64 machine, measured with libsodium 1.0.18: SipHash-2-4 62 ns for a message's
 * 64 bytes and 1 ns for each further byte, BLAKE2b-256 259 ns and 2.5 ns, Ed25519 36 us to sign and 112 us to verify.
 *
 *   before it acts     hashes the contents; with mac a keyed hash, with signatures a verification of the message, with
 *                      either a keyed hash of each request that a batch holds
 *   then it acts       what it commits and executes bears this time
 *   before it sends    verifies what signatures of certificates it has not verified before, hashes contents that it
 *                      made, with mac takes a keyed hash for each receiver of each message, with signatures signs each
 *                      message (a vote once for all its copies); then all that the step put out leaves
 *
 * Clients are never busy. */
#ifndef PBFT_NET_PROCESSING_H
#define PBFT_NET_PROCESSING_H

#include "core/auth.h"
#include "core/message.h"
#include "net/delay.h"

struct processing {
    struct delay delay; /* of each message received */
    bool auth;          /* and what authenticating takes */
};

static inline bool processing_is_none(const struct processing *processing)
{
    return processing->delay.kind == DELAY_NONE && !processing->auth;
}

/* `none`, a distribution, `auth`, or `auth+` and a distribution. */
bool processing_parse(const char *text, struct processing *processing, struct error *error);
/* The text that reads as the same; `size` 128 is always enough. */
void processing_text(const struct processing *processing, char *text, size_t size);

/* What authenticating takes before a replica acts on a message. */
uint64_t processing_receive_ns(enum auth_mode mode, const struct message *message);
/* And afterwards, before what it puts out leaves, without hashing: `work` is what the step did, or did so far, with
 * `message` (NULL: a timer). */
uint64_t processing_work_ns(enum auth_mode mode, const struct auth_work *work, const struct message *message);
/* Hashing so many bytes. */
double processing_hash_ns(double bytes);
/* Hashing contents that a replica made and sends for the first time; 0 for what was hashed when it came. */
uint64_t processing_contents_ns(const struct message *message);

#endif

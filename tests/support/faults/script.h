/* Hands one replica of a cluster, whose pump is deaf, what a correct cluster would send it, message by message, so that
 * a test can compare what a misbehaving replica says with what a correct one says to the same. */
#ifndef PBFT_TESTS_SUPPORT_SCRIPT_H
#define PBFT_TESTS_SUPPORT_SCRIPT_H

#include "tests/support/faults/cluster.h"

/* A deaf cluster of `n`, replica `id` behaving so (NULL: correct), with a window of 1024, its START done. */
void script_create(struct cluster *cluster, uint32_t n, node_id id, const char *behavior);
/* As above, for another seed than 7. */
void script_create_seeded(struct cluster *cluster, uint32_t n, node_id id, const char *behavior, uint64_t seed);
/* As the first, all of `ids` misbehaving. */
void script_create_coalition(struct cluster *cluster, uint32_t n, const node_id *ids, uint32_t count,
                             const char *behavior);

/* The request that the first client makes as its `timestamp`-th; the caller drops the reference. */
struct payload *script_request(struct cluster *cluster, uint64_t timestamp);
/* The request reaches the replica; the timestamp is also the sequence number in what follows. */
void script_client_asks(struct cluster *cluster, node_id id, uint64_t timestamp);
void script_primary_proposes(struct cluster *cluster, node_id id, sequence_number sequence);
/* A vote of view 0 by `from` for what the client asked for. */
void script_vote(struct cluster *cluster, node_id id, node_id from, enum message_type type, sequence_number sequence);
/* The digest of script_request(timestamp). */
struct digest script_digest(struct cluster *cluster, uint64_t timestamp);

/* All that a backup, or the primary 0, hears about a request that is ordered as `sequence`. */
void script_backup_decides(struct cluster *cluster, node_id id, sequence_number sequence);
void script_primary_decides(struct cluster *cluster, sequence_number sequence);

/* Whether the same messages left both, in the same order (tags and payloads by their contents). */
bool script_same(const struct cluster *a, const struct cluster *b);
bool script_same_message(const struct message *a, const struct message *b);

#endif

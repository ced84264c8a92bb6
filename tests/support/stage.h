/* A stage for one replica under test: it is fed messages from any node, said in the paper's words, and what it puts
 * out is compared with exact traces. Every other node is played by the test; what a node says carries its true tag.
 *
 * Payloads are named by letters in the order in which they were made: a, b, c.. (after z: p26, p27..). In traces:
 *
 *     messages   "pre_prepare v0 s1 a > all"   "reply v0 t1 r0 > c0"   "request c0 t1 > r0"   "checkpoint s4 ? > all"
 *     journal    "executed v0 s1 a 1"   "committed v0 s2 b"   "stable s4 ?"
 *
 * A word "?" in an expected line stands for any word. A digest without a name is eight hexadecimal digits. */
#ifndef PBFT_TESTS_SUPPORT_STAGE_H
#define PBFT_TESTS_SUPPORT_STAGE_H

#include "core/replica.h"
#include "tests/support/collector.h"

/* Zero means the default, given in brackets. */
struct stage_options {
    uint32_t replicas;            /* n [4] */
    node_id id;                   /* of the replica under test */
    uint32_t quorum;              /* [quorum_size(n)] */
    uint32_t clients;             /* [4] */
    uint32_t batch;               /* [1] */
    uint32_t pipeline;            /* [the window] */
    uint32_t checkpoint_interval; /* [8] */
    uint32_t window;              /* [2 * checkpoint_interval] */
    uint64_t view_timeout_ns;     /* [10 s: out of the way] */
    uint64_t retransmit_ns;       /* [off] */
    uint64_t bandwidth;           /* [no limit] */
    enum auth_mode auth;          /* [none] */
};

#define STAGE_NAMES 1024

struct stage {
    struct protocol_config config;
    node_id id;
    struct keyring *keyring;
    struct replica *replica;
    struct collector out;
    uint64_t now_ns;
    uint32_t named;
    struct payload *payloads[STAGE_NAMES]; /* by letter; the stage holds a reference each until it closes */
};

/* Creates and starts the replica. The stage must not move. */
void stage_open(struct stage *stage, struct stage_options options);
/* Destroys everything. Returns the number of payloads to which a reference was left behind: 0, unless core leaks. */
uint32_t stage_close(struct stage *stage);

/* A request of the client with that index, with its tag; the text is the operation. The stage owns the payload. */
struct payload *stage_request_of(struct stage *stage, uint32_t client, uint64_t timestamp, const char *operation);
/* The requests of both payloads, one after the other. */
struct payload *stage_batch_of(struct stage *stage, const struct payload *first, const struct payload *second);
/* A payload of these bytes, sealed. */
struct payload *stage_payload_of(struct stage *stage, const void *bytes, uint32_t size);

/* Each delivers one message, in the name of `from` and with its tag, and returns why it was not acted on, or
 * REJECT_NONE. A NULL payload stands for the null request. */
enum reject stage_request(struct stage *stage, uint32_t client, uint64_t timestamp, struct payload *payload);
enum reject stage_pre_prepare(struct stage *stage, node_id from, view_number view, sequence_number sequence,
                              struct payload *payload);
enum reject stage_prepare(struct stage *stage, node_id from, view_number view, sequence_number sequence,
                          const struct payload *payload);
enum reject stage_commit(struct stage *stage, node_id from, view_number view, sequence_number sequence,
                         const struct payload *payload);
enum reject stage_checkpoint(struct stage *stage, node_id from, sequence_number sequence, struct digest digest);
/* Any message, as it is; only sender (if NO_NODE) and tag are filled in. */
enum reject stage_deliver(struct stage *stage, node_id from, struct message message);

/* Time goes on to `now_ns`, and the replica gets its timer. */
void stage_timer(struct stage *stage, uint64_t now_ns);
/* It was down until `now_ns`, and is started again with its state as it was. */
void stage_come_back(struct stage *stage, uint64_t now_ns);
uint64_t stage_deadline(const struct stage *stage);

/* Id of the client with that index. */
node_id stage_client(const struct stage *stage, uint32_t index);
/* The k-th replica that is neither the one under test nor primary(view); NO_NODE past the last. */
node_id stage_other_backup(const struct stage *stage, view_number view, uint32_t k);
/* The k-th replica that is not the one under test; NO_NODE past the last. */
node_id stage_other(const struct stage *stage, uint32_t k);

/* PREPAREs of the other backups number first .. first+count-1; COMMITs and CHECKPOINTs of the other replicas so. */
void stage_prepares(struct stage *stage, view_number view, sequence_number sequence, const struct payload *payload,
                    uint32_t first, uint32_t count);
void stage_commits(struct stage *stage, view_number view, sequence_number sequence, const struct payload *payload,
                   uint32_t first, uint32_t count);
void stage_checkpoints(struct stage *stage, sequence_number sequence, struct digest digest, uint32_t first,
                       uint32_t count);
/* The pre-prepare (if the replica under test is a backup) and every vote of everybody else. */
void stage_decide(struct stage *stage, view_number view, sequence_number sequence, struct payload *payload);
/* How many PREPAREs of others make the replica under test prepared, once it is pre-prepared: q-2 at a backup, whose
 * own and whose primary's vote count too, q-1 at the primary. */
uint32_t stage_prepares_needed(const struct stage *stage, view_number view);

struct replica_status stage_status(const struct stage *stage);

/* What was put out since the last stage_forget(). */
uint32_t stage_sent(const struct stage *stage, enum message_type type);
uint32_t stage_recorded(const struct stage *stage, enum journal_kind kind);
/* The last message of this type; there must be one. */
const struct message *stage_last(const struct stage *stage, enum message_type type);
void stage_forget(struct stage *stage);

/* Whether exactly these messages, or journal entries, were put out since the last stage_forget(), in this order;
 * `lines` ends with NULL. If not, prints both on stderr. */
bool stage_sent_is(const struct stage *stage, const char *const *lines);
bool stage_journal_is(const struct stage *stage, const char *const *lines);

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING ((const char *const[]){NULL})

#endif

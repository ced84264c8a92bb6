/* A stage for one client under test: it is fed replies from any replica, and what it sends is looked at. */
#ifndef PBFT_TESTS_SUPPORT_CLIENT_STAGE_H
#define PBFT_TESTS_SUPPORT_CLIENT_STAGE_H

#include "core/client.h"
#include "tests/support/collector.h"

struct client_stage {
    struct protocol_config protocol;
    struct client_config config;
    struct keyring *keyring;
    struct client *client;
    struct collector out;
    uint64_t now_ns;
};

/* Client `replicas` of a run with that many replicas, which waits for `config.reply_quorum` (0: f+1) replies, with
 * `config.timeout_ns` (0: 100). Starts it at time 0. The stage must not move. */
void client_stage_open(struct client_stage *stage, uint32_t replicas, struct client_config config);
/* Returns the number of payloads to which a reference was left behind. */
uint32_t client_stage_close(struct client_stage *stage);

/* A reply from a replica; returns why it was not counted, or REJECT_NONE. */
enum reject client_stage_reply(struct client_stage *stage, node_id from, view_number view, uint64_t timestamp,
                               uint64_t result);
enum reject client_stage_deliver(struct client_stage *stage, node_id from, struct message message);

/* Time goes on to `now_ns`, and the client gets its timer. */
void client_stage_timer(struct client_stage *stage, uint64_t now_ns);
uint64_t client_stage_deadline(const struct client_stage *stage);
struct client_status client_stage_status(const struct client_stage *stage);

#endif

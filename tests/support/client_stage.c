#include "tests/support/client_stage.h"

#include <assert.h>
#include <string.h>

#include "core/quorum.h"

static void step(struct client_stage *stage, const struct event *event)
{
    node_step(client_node(stage->client), event, &stage->out.outbox);
    collector_gather(&stage->out);
}

void client_stage_open(struct client_stage *stage, uint32_t replicas, struct client_config config)
{
    memset(stage, 0, sizeof *stage);
    stage->protocol = (struct protocol_config){.replicas = replicas, .clients = 1, .quorum = quorum_size(replicas)};
    config.id = replicas;
    config.reply_quorum = config.reply_quorum != 0 ? config.reply_quorum : quorum_weak(replicas);
    config.timeout_ns = config.timeout_ns != 0 ? config.timeout_ns : 100;
    stage->config = config;
    stage->keyring = keyring_create(replicas + 1, 1);
    assert(stage->keyring != NULL);
    stage->client = client_create(&stage->config, &stage->protocol, stage->keyring);
    assert(stage->client != NULL);
    collector_create(&stage->out, stage->keyring, config.id);
    const struct event start = {.kind = EVENT_START};
    step(stage, &start);
}

uint32_t client_stage_close(struct client_stage *stage)
{
    node_destroy(client_node(stage->client));
    uint32_t left = collector_destroy(&stage->out);
    keyring_destroy(stage->keyring);
    memset(stage, 0, sizeof *stage);
    return left;
}

enum reject client_stage_deliver(struct client_stage *stage, node_id from, struct message message)
{
    const struct client_status before = client_stage_status(stage);
    const struct event event = {.kind = EVENT_MESSAGE, .now_ns = stage->now_ns, .from = from, .message = &message};
    step(stage, &event);
    const struct client_status after = client_stage_status(stage);
    for (uint32_t reason = 0; reason < REJECT_REASONS; reason++) {
        if (after.rejected[reason] != before.rejected[reason]) {
            return (enum reject)reason;
        }
    }
    return REJECT_NONE;
}

enum reject client_stage_reply(struct client_stage *stage, node_id from, view_number view, uint64_t timestamp,
                               uint64_t result)
{
    struct message message = {.type = MESSAGE_REPLY, .sender = from, .to = stage->config.id};
    message.view = view;
    message.timestamp = timestamp;
    message.digest.words[0] = result;
    return client_stage_deliver(stage, from, message);
}

void client_stage_timer(struct client_stage *stage, uint64_t now_ns)
{
    assert(now_ns >= stage->now_ns);
    stage->now_ns = now_ns;
    const struct event event = {.kind = EVENT_TIMER, .now_ns = now_ns};
    step(stage, &event);
}

uint64_t client_stage_deadline(const struct client_stage *stage)
{
    return node_deadline(client_node(stage->client));
}

struct client_status client_stage_status(const struct client_stage *stage)
{
    struct client_status status;
    client_status(stage->client, &status);
    return status;
}

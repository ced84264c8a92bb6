#include "tests/support/stage.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/request.h"

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* The mode that a test asks for; what asks for none can be run in each. */
static enum auth_mode auth_of(struct stage_options options)
{
    const char *wanted = getenv("PBFT_STAGE_AUTH");
    if (options.auth != AUTH_NONE || wanted == NULL) {
        return options.auth;
    }
    return strcmp(wanted, "mac") == 0 ? AUTH_MAC : AUTH_SIGNATURE;
}

static struct protocol_config config_of(struct stage_options options)
{
    struct protocol_config config = {
        .auth = auth_of(options), .retransmit_ns = options.retransmit_ns, .bandwidth = options.bandwidth};
    config.replicas = or_default(options.replicas, 4);
    config.clients = or_default(options.clients, 4);
    config.quorum = or_default(options.quorum, quorum_size(config.replicas));
    config.batch = or_default(options.batch, 1);
    config.checkpoint_interval = or_default(options.checkpoint_interval, 8);
    config.window = or_default(options.window, 2 * config.checkpoint_interval);
    config.pipeline = or_default(options.pipeline, config.window);
    config.view_timeout_ns = options.view_timeout_ns != 0 ? options.view_timeout_ns : 10000000000;
    return config;
}

/* What was put out is looked at without its authenticator. */
static void unwrap_sent(struct stage *stage)
{
    for (uint32_t index = 0; index < stage->out.message_count; index++) {
        struct message *message = &stage->out.messages[index];
        if (message->flags & MESSAGE_SEALED) {
            struct payload *seal = message->payload;
            *message = seal_unwrapped(message, stage->keyring);
            message->tag = 0;
            if (message->payload != NULL) {
                payload_hold(message->payload);
            }
            payload_drop(seal);
        }
    }
}

static void step(struct stage *stage, const struct event *event)
{
    node_step(replica_node(stage->replica), event, &stage->out.outbox);
    collector_gather(&stage->out);
    unwrap_sent(stage);
    assert(stage->out.forbidden == 0); /* I8, R13, always */
}

void stage_open(struct stage *stage, struct stage_options options)
{
    memset(stage, 0, sizeof *stage);
    stage->config = config_of(options);
    stage->id = options.id;
    stage->keyring = keyring_create(stage->config.replicas + stage->config.clients, 1);
    assert(stage->keyring != NULL);
    bool equipped = keyring_equip(stage->keyring, stage->config.auth, stage->config.replicas);
    assert(equipped);
    (void)equipped;
    stage->replica = replica_create(stage->id, &stage->config, stage->keyring);
    assert(stage->replica != NULL);
    collector_create(&stage->out, stage->keyring, stage->id);
    collector_watch(&stage->out, stage->config.window);
    const struct event start = {.kind = EVENT_START, .now_ns = stage->now_ns};
    step(stage, &start);
}

uint32_t stage_close(struct stage *stage)
{
    node_destroy(replica_node(stage->replica));
    for (uint32_t index = 0; index < stage->named; index++) {
        payload_drop(stage->payloads[index]);
    }
    uint32_t left = collector_destroy(&stage->out);
    keyring_destroy(stage->keyring);
    memset(stage, 0, sizeof *stage);
    return left;
}

static struct payload *name(struct stage *stage, struct payload *payload)
{
    assert(stage->named < STAGE_NAMES);
    payload_seal(payload);
    stage->payloads[stage->named++] = payload;
    return payload;
}

struct payload *stage_payload_of(struct stage *stage, const void *bytes, uint32_t size)
{
    struct payload *payload = collector_allocate(&stage->out, size);
    memcpy(payload->bytes, bytes, size);
    return name(stage, payload);
}

struct payload *stage_request_of(struct stage *stage, uint32_t client, uint64_t timestamp, const char *operation)
{
    uint32_t size = (uint32_t)strlen(operation);
    struct payload *payload = collector_allocate(&stage->out, (uint32_t)request_footprint(size));
    request_write(payload->bytes, stage->keyring, stage_client(stage, client), timestamp, operation, size);
    return name(stage, payload);
}

struct payload *stage_batch_of(struct stage *stage, const struct payload *first, const struct payload *second)
{
    struct payload *payload = collector_allocate(&stage->out, first->size + second->size);
    memcpy(payload->bytes, first->bytes, first->size);
    memcpy(payload->bytes + first->size, second->bytes, second->size);
    return name(stage, payload);
}

/* The counter that the step moved; each message moves one at most. */
static enum reject reason_between(const struct replica_status *before, const struct replica_status *after)
{
    for (uint32_t reason = 0; reason < REJECT_REASONS; reason++) {
        if (after->rejected[reason] != before->rejected[reason]) {
            return (enum reject)reason;
        }
    }
    return REJECT_NONE;
}

enum reject stage_deliver(struct stage *stage, node_id from, struct message message)
{
    if (message.sender == NO_NODE) {
        message.sender = from;
    }
    message.to = stage->id;
    message.sent_ns = stage->now_ns;
    message.tag = auth_tag(stage->keyring, from, message.type, message.view, message.sequence, message.digest);
    if (message.payload != NULL) {
        payload_hold(message.payload); /* the delivery's own */
    }
    if (stage->config.auth != AUTH_NONE && !(message.flags & MESSAGE_SEALED)) {
        seal_message(&message, collector_allocate(&stage->out, seal_size(stage->keyring, message.to)), stage->keyring,
                     from);
    }
    const struct replica_status before = stage_status(stage);
    const struct event event = {.kind = EVENT_MESSAGE, .now_ns = stage->now_ns, .from = from, .message = &message};
    step(stage, &event);
    if (message.payload != NULL) {
        payload_drop(message.payload);
    }
    const struct replica_status after = stage_status(stage);
    assert(after.in_log <= stage->config.window); /* I13, always */
    return reason_between(&before, &after);
}

static struct digest digest_in(const struct payload *payload)
{
    return payload == NULL ? digest_null() : payload_digest(payload);
}

static struct message vote(enum message_type type, view_number view, sequence_number sequence, struct digest digest)
{
    struct message message = {.type = (uint8_t)type, .sender = NO_NODE};
    message.view = view;
    message.sequence = sequence;
    message.digest = digest;
    return message;
}

enum reject stage_request(struct stage *stage, uint32_t client, uint64_t timestamp, struct payload *payload)
{
    struct message message = {.type = MESSAGE_REQUEST, .sender = NO_NODE};
    message.client = stage_client(stage, client);
    message.timestamp = timestamp;
    message.digest = digest_in(payload);
    message.payload = payload;
    return stage_deliver(stage, message.client, message);
}

enum reject stage_pre_prepare(struct stage *stage, node_id from, view_number view, sequence_number sequence,
                              struct payload *payload)
{
    struct message message = vote(MESSAGE_PRE_PREPARE, view, sequence, digest_in(payload));
    message.payload = payload;
    return stage_deliver(stage, from, message);
}

enum reject stage_prepare(struct stage *stage, node_id from, view_number view, sequence_number sequence,
                          const struct payload *payload)
{
    return stage_deliver(stage, from, vote(MESSAGE_PREPARE, view, sequence, digest_in(payload)));
}

enum reject stage_commit(struct stage *stage, node_id from, view_number view, sequence_number sequence,
                         const struct payload *payload)
{
    return stage_deliver(stage, from, vote(MESSAGE_COMMIT, view, sequence, digest_in(payload)));
}

enum reject stage_checkpoint(struct stage *stage, node_id from, sequence_number sequence, struct digest digest)
{
    return stage_deliver(stage, from, vote(MESSAGE_CHECKPOINT, 0, sequence, digest));
}

void stage_timer(struct stage *stage, uint64_t now_ns)
{
    assert(now_ns >= stage->now_ns);
    stage->now_ns = now_ns;
    const struct event event = {.kind = EVENT_TIMER, .now_ns = now_ns};
    step(stage, &event);
}

void stage_come_back(struct stage *stage, uint64_t now_ns)
{
    stage->now_ns = now_ns;
    const struct event start = {.kind = EVENT_START, .now_ns = now_ns};
    step(stage, &start);
}

uint64_t stage_deadline(const struct stage *stage)
{
    return node_deadline(replica_node(stage->replica));
}

node_id stage_client(const struct stage *stage, uint32_t index)
{
    return stage->config.replicas + index;
}

static node_id nth_besides(const struct stage *stage, node_id primary, uint32_t k)
{
    for (node_id node = 0; node < stage->config.replicas; node++) {
        if (node != stage->id && node != primary && k-- == 0) {
            return node;
        }
    }
    return NO_NODE;
}

node_id stage_other_backup(const struct stage *stage, view_number view, uint32_t k)
{
    return nth_besides(stage, primary_of(view, stage->config.replicas), k);
}

node_id stage_other(const struct stage *stage, uint32_t k)
{
    return nth_besides(stage, NO_NODE, k);
}

void stage_prepares(struct stage *stage, view_number view, sequence_number sequence, const struct payload *payload,
                    uint32_t first, uint32_t count)
{
    for (uint32_t k = first; k < first + count; k++) {
        node_id from = stage_other_backup(stage, view, k);
        assert(from != NO_NODE);
        (void)stage_prepare(stage, from, view, sequence, payload);
    }
}

void stage_commits(struct stage *stage, view_number view, sequence_number sequence, const struct payload *payload,
                   uint32_t first, uint32_t count)
{
    for (uint32_t k = first; k < first + count; k++) {
        node_id from = stage_other(stage, k);
        assert(from != NO_NODE);
        (void)stage_commit(stage, from, view, sequence, payload);
    }
}

void stage_checkpoints(struct stage *stage, sequence_number sequence, struct digest digest, uint32_t first,
                       uint32_t count)
{
    for (uint32_t k = first; k < first + count; k++) {
        node_id from = stage_other(stage, k);
        assert(from != NO_NODE);
        (void)stage_checkpoint(stage, from, sequence, digest);
    }
}

static bool plays_primary(const struct stage *stage, view_number view)
{
    return primary_of(view, stage->config.replicas) == stage->id;
}

void stage_decide(struct stage *stage, view_number view, sequence_number sequence, struct payload *payload)
{
    uint32_t n = stage->config.replicas;
    if (!plays_primary(stage, view)) {
        (void)stage_pre_prepare(stage, primary_of(view, n), view, sequence, payload);
    }
    stage_prepares(stage, view, sequence, payload, 0, plays_primary(stage, view) ? n - 1 : n - 2);
    stage_commits(stage, view, sequence, payload, 0, n - 1);
}

uint32_t stage_prepares_needed(const struct stage *stage, view_number view)
{
    uint32_t counted = plays_primary(stage, view) ? 1 : 2;
    return stage->config.quorum > counted ? stage->config.quorum - counted : 0;
}

struct replica_status stage_status(const struct stage *stage)
{
    struct replica_status status;
    replica_status(stage->replica, &status);
    return status;
}

uint32_t stage_sent(const struct stage *stage, enum message_type type)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < stage->out.message_count; index++) {
        count += stage->out.messages[index].type == type;
    }
    return count;
}

uint32_t stage_recorded(const struct stage *stage, enum journal_kind kind)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < stage->out.entry_count; index++) {
        count += stage->out.entries[index].kind == kind;
    }
    return count;
}

const struct message *stage_last(const struct stage *stage, enum message_type type)
{
    for (uint32_t index = stage->out.message_count; index-- > 0;) {
        if (stage->out.messages[index].type == type) {
            return &stage->out.messages[index];
        }
    }
    fprintf(stderr, "replica %" PRIu32 " has put out no %s\n", stage->id, message_type_name(type));
    abort();
}

void stage_forget(struct stage *stage)
{
    collector_forget(&stage->out);
}

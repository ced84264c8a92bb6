#include "tests/support/faults/script.h"

#include "core/request.h"

static void create(struct cluster *cluster, uint32_t n, const node_id *ids, uint32_t count, const char *behavior,
                   uint64_t seed)
{
    struct cluster_options options = {
        .replicas = n,
        .requests = 0,
        .seed = seed,
        .checkpoint_interval = 512,
        .pipeline = 1000,
        .at_ns = 100 * MS,
        .until_ns = 300 * MS,
    };
    for (uint32_t i = 0; i < count; i++) {
        options.behavior[ids[i]] = behavior;
    }
    cluster_create(cluster, &options);
    cluster->pump.deaf = true;
    for (uint32_t i = 0; i < count; i++) {
        pump_start(&cluster->pump, ids[i]);
    }
}

void script_create_coalition(struct cluster *cluster, uint32_t n, const node_id *ids, uint32_t count,
                             const char *behavior)
{
    create(cluster, n, ids, count, behavior, 7);
}

void script_create(struct cluster *cluster, uint32_t n, node_id id, const char *behavior)
{
    create(cluster, n, &id, 1, behavior, 7);
}

void script_create_seeded(struct cluster *cluster, uint32_t n, node_id id, const char *behavior, uint64_t seed)
{
    create(cluster, n, &id, 1, behavior, seed);
}

struct payload *script_request(struct cluster *cluster, uint64_t timestamp)
{
    unsigned char operation[16];
    node_id client = cluster->protocol.replicas;
    client_operation(client, timestamp, operation, sizeof operation);
    struct payload *request = pump_allocate(&cluster->pump, (uint32_t)request_footprint(sizeof operation));
    request_write(request->bytes, cluster->keyring, client, timestamp, operation, sizeof operation);
    payload_seal(request);
    return request;
}

struct digest script_digest(struct cluster *cluster, uint64_t timestamp)
{
    struct payload *request = script_request(cluster, timestamp);
    struct digest digest = payload_digest(request);
    payload_drop(request);
    return digest;
}

static void hand_over(struct cluster *cluster, node_id id, node_id from, struct message message, uint64_t timestamp,
                      bool with_payload)
{
    struct payload *request = script_request(cluster, timestamp);
    message.sender = from;
    message.to = id;
    message.digest = payload_digest(request);
    message.payload = with_payload ? request : NULL;
    if (message.type <= MESSAGE_VIEW_CHANGE) {
        message.tag = auth_tag(cluster->keyring, from, message.type, message.view, message.sequence, message.digest);
    }
    pump_deliver(&cluster->pump, id, from, &message);
    payload_drop(request);
}

void script_client_asks(struct cluster *cluster, node_id id, uint64_t timestamp)
{
    struct message message = {.type = MESSAGE_REQUEST, .client = cluster->protocol.replicas, .timestamp = timestamp};
    hand_over(cluster, id, message.client, message, timestamp, true);
}

void script_primary_proposes(struct cluster *cluster, node_id id, sequence_number sequence)
{
    struct message message = {.type = MESSAGE_PRE_PREPARE, .sequence = sequence};
    hand_over(cluster, id, 0, message, sequence, true);
}

void script_vote(struct cluster *cluster, node_id id, node_id from, enum message_type type, sequence_number sequence)
{
    struct message message = {.type = (uint8_t)type, .sequence = sequence};
    hand_over(cluster, id, from, message, sequence, false);
}

static void all_vote(struct cluster *cluster, node_id id, enum message_type type, sequence_number sequence)
{
    for (node_id from = type == MESSAGE_PREPARE ? 1 : 0; from < cluster->protocol.replicas; from++) {
        if (from != id) {
            script_vote(cluster, id, from, type, sequence);
        }
    }
}

void script_backup_decides(struct cluster *cluster, node_id id, sequence_number sequence)
{
    script_primary_proposes(cluster, id, sequence);
    all_vote(cluster, id, MESSAGE_PREPARE, sequence);
    all_vote(cluster, id, MESSAGE_COMMIT, sequence);
}

void script_primary_decides(struct cluster *cluster, sequence_number sequence)
{
    script_client_asks(cluster, 0, sequence);
    all_vote(cluster, 0, MESSAGE_PREPARE, sequence);
    all_vote(cluster, 0, MESSAGE_COMMIT, sequence);
}

bool script_same_message(const struct message *a, const struct message *b)
{
    bool payloads = a->payload == NULL || b->payload == NULL
                        ? a->payload == b->payload
                        : digest_equal(payload_digest(a->payload), payload_digest(b->payload));
    return payloads && a->type == b->type && a->attempt == b->attempt && a->view == b->view &&
           a->sequence == b->sequence && digest_equal(a->digest, b->digest) && a->tag == b->tag &&
           a->sender == b->sender && a->to == b->to;
}

bool script_same(const struct cluster *a, const struct cluster *b)
{
    if (a->pump.sent_count != b->pump.sent_count) {
        return false;
    }
    for (size_t i = 0; i < a->pump.sent_count; i++) {
        if (!script_same_message(&a->pump.sent[i].message, &b->pump.sent[i].message)) {
            return false;
        }
    }
    return true;
}

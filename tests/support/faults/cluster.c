#include "tests/support/faults/cluster.h"

#include <assert.h>
#include <string.h>

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static void configure(struct cluster *cluster, const struct cluster_options *options)
{
    uint32_t interval = or_else(options->checkpoint_interval, 4);
    cluster->protocol = (struct protocol_config){
        .replicas = options->replicas,
        .clients = or_else(options->clients, 1),
        .accomplices = 1,
        .quorum = or_else(options->quorum, quorum_size(options->replicas)),
        .batch = 1,
        .pipeline = or_else(options->pipeline, 4),
        .checkpoint_interval = interval,
        .window = 2 * interval,
        .view_timeout_ns = 200 * MS,
        .retransmit_ns = options->retransmit_ns,
        .auth = AUTH_NONE,
    };
    cluster->coalition = (struct coalition){
        .replicas = options->replicas,
        .misbehaving = cluster->misbehaving,
        .accomplice = options->replicas + cluster->protocol.clients,
        .seed = options->seed,
    };
    for (node_id i = 0; i < options->replicas; i++) {
        cluster->misbehaving[i] = options->behavior[i] != NULL;
        cluster->coalition.count += cluster->misbehaving[i];
    }
}

static struct node *create_replica(struct cluster *cluster, const struct cluster_options *options, node_id id)
{
    if (options->behavior[id] == NULL) {
        cluster->replicas[id] = replica_create(id, &cluster->protocol, cluster->keyring);
        return replica_node(cluster->replicas[id]);
    }
    const struct behavior_context context = {
        .id = id,
        .protocol = &cluster->protocol,
        .keyring = cluster->keyring,
        .coalition = &cluster->coalition,
        .at_ns = options->at_ns,
        .until_ns = options->until_ns,
    };
    const struct behavior *behavior = behavior_find(options->behavior[id]);
    assert(behavior != NULL);
    return behavior->create(&context);
}

void cluster_create(struct cluster *cluster, const struct cluster_options *options)
{
    memset(cluster, 0, sizeof *cluster);
    configure(cluster, options);
    uint32_t n = options->replicas, clients = cluster->protocol.clients;
    assert(n <= CLUSTER_MAX && clients <= CLUSTER_MAX);
    cluster->keyring = keyring_create(n + clients + 1, options->seed);
    struct node *nodes[2 * CLUSTER_MAX];
    for (node_id i = 0; i < n; i++) {
        nodes[i] = create_replica(cluster, options, i);
        assert(nodes[i] != NULL);
    }
    for (uint32_t i = 0; i < clients; i++) {
        const struct client_config config = {
            .id = n + i,
            .requests = options->requests,
            .operation_size = 16,
            .timeout_ns = 200 * MS,
            .reply_quorum = quorum_weak(n),
        };
        cluster->clients[i] = client_create(&config, &cluster->protocol, cluster->keyring);
        nodes[n + i] = client_node(cluster->clients[i]);
    }
    pump_create(&cluster->pump, nodes, n + clients, n, cluster->keyring);
    cluster->pump.seed = options->seed;
}

void cluster_destroy(struct cluster *cluster)
{
    pump_destroy(&cluster->pump);
    keyring_destroy(cluster->keyring);
}

uint64_t cluster_accepted(const struct cluster *cluster)
{
    uint64_t accepted = 0;
    for (uint32_t i = 0; i < cluster->protocol.clients; i++) {
        struct client_status status;
        client_status(cluster->clients[i], &status);
        accepted += status.accepted;
    }
    return accepted;
}

uint64_t cluster_fired(const struct cluster *cluster, node_id id)
{
    assert(cluster->misbehaving[id]);
    return behavior_fired(cluster->pump.nodes[id]);
}

const struct journal_entry *cluster_executed(const struct cluster *cluster, node_id replica, sequence_number sequence)
{
    for (size_t i = 0; i < cluster->pump.entry_count; i++) {
        const struct journal_entry *entry = &cluster->pump.entries[i];
        if (entry->kind == JOURNAL_EXECUTED && entry->node == replica && entry->sequence == sequence) {
            return entry;
        }
    }
    return NULL;
}

sequence_number cluster_last(const struct cluster *cluster, node_id replica)
{
    struct replica_status status;
    replica_status(cluster->replicas[replica], &status);
    return status.executed;
}

sequence_number cluster_disagreement(const struct cluster *cluster)
{
    for (sequence_number sequence = 1;; sequence++) {
        const struct journal_entry *first = NULL;
        for (node_id i = 0; i < cluster->protocol.replicas; i++) {
            const struct journal_entry *entry = cluster_executed(cluster, i, sequence);
            if (first != NULL && entry != NULL && !digest_equal(first->digest, entry->digest)) {
                return sequence;
            }
            first = first == NULL ? entry : first;
        }
        if (first == NULL) {
            return 0;
        }
    }
}

uint64_t cluster_rejected(const struct cluster *cluster, enum reject reason)
{
    uint64_t rejected = 0;
    for (node_id i = 0; i < cluster->protocol.replicas; i++) {
        if (cluster->replicas[i] != NULL) {
            struct replica_status status;
            replica_status(cluster->replicas[i], &status);
            rejected += status.rejected[reason];
        }
    }
    return rejected;
}

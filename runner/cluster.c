#include "runner/cluster.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "core/auth.h"
#include "faults/outage.h"
#include "runner/draw.h"

/* ---- the accomplice client: misbehaving replicas send its requests themselves; it only takes replies ---- */

static void sink_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    (void)node;
    (void)event;
    (void)outbox;
}

static uint64_t sink_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void sink_destroy(struct node *node)
{
    free(node);
}

static const struct node_operations sink_operations = {
    .step = sink_step,
    .deadline = sink_deadline,
    .destroy = sink_destroy,
};

static struct node *sink_create(node_id id)
{
    struct node *node = malloc(sizeof *node);
    if (node != NULL) {
        *node = (struct node){.operations = &sink_operations, .id = id};
    }
    return node;
}

/* ---- the parts ---- */

static struct protocol_config protocol_of(const struct scenario *scenario)
{
    return (struct protocol_config){
        .replicas = scenario->nodes,
        .clients = scenario->clients,
        .quorum = scenario->quorum,
        .batch = scenario->batch,
        .pipeline = scenario->pipeline,
        .checkpoint_interval = scenario->checkpoint_interval,
        .window = scenario->window,
        .view_timeout_ns = scenario->view_timeout_ns,
        .retransmit_ns = scenario->retransmit_ns,
        .bandwidth = scenario->bandwidth,
        .auth = scenario->auth,
        .prefault = scenario->clock == CLOCK_REAL,
    };
}

static void assign_behaviors(struct cluster *cluster, const struct scenario *scenario, uint32_t index)
{
    scenario_draw_byzantine(scenario, index, cluster->coalesced);
    uint32_t count = 0;
    for (node_id id = 0; id < scenario->nodes; id++) {
        cluster->misbehaving[id] = cluster->coalesced[id];
        if (!cluster->coalesced[id]) {
            continue;
        }
        const struct behavior *behavior = scenario_behavior_of(scenario, id);
        assert(behavior != NULL);
        cluster->behaviors[id] = behavior;
        cluster->protocol.accomplices = cluster->protocol.accomplices > 0 || behavior->needs_accomplice;
        count++;
    }
    cluster->coalition = (struct coalition){
        .replicas = scenario->nodes,
        .misbehaving = cluster->coalesced,
        .count = count,
        .accomplice = cluster->protocol.accomplices > 0 ? scenario->nodes + scenario->clients : NO_NODE,
        .seed = scenario->seed + index,
        .twins = scenario->twins,
    };
}

static void assign_outages(struct cluster *cluster, const struct scenario *scenario)
{
    const struct schedule *schedule = scenario->schedule;
    for (size_t i = 0; schedule != NULL && i < schedule->outage_count; i++) {
        const struct outage *outage = &schedule->outages[i];
        cluster->outages[outage->replica] = true;
        cluster->misbehaving[outage->replica] = cluster->misbehaving[outage->replica] ||
                                                schedule_outage_misbehaves(outage, scenario->deadline_ns);
    }
}

/* A replica, or what plays its part. */
static struct node *create_life(struct cluster *cluster, const struct scenario *scenario, uint32_t index, node_id id)
{
    if (!cluster->misbehaving[id]) {
        assert(cluster->replicas[id] == NULL);
        cluster->replicas[id] = replica_create(id, &cluster->protocol, cluster->keyring);
        return cluster->replicas[id] == NULL ? NULL : replica_node(cluster->replicas[id]);
    }
    const struct behavior *behavior = cluster->behaviors[id];
    const struct behavior_context context = {
        .id = id,
        .protocol = &cluster->protocol,
        .keyring = cluster->keyring,
        .coalition = &cluster->coalition,
        .values = scenario_chosen_behavior_of(scenario, id).values,
        .at_ns = scenario_draw_crash_ns(scenario, index, id),
        .plugin = behavior == NULL ? NULL : behavior->plugin,
    };
    return behavior == NULL ? outage_replica_create(&context) : behavior->create(&context);
}

/* A node that goes down as the schedule says. */
static struct node *create_outages(struct cluster *cluster, const struct scenario *scenario, uint32_t index, node_id id)
{
    const struct schedule *schedule = scenario->schedule;
    struct downtime *downtimes = calloc(schedule->outage_count, sizeof *downtimes);
    struct node **lives = calloc(schedule->outage_count + 1, sizeof(struct node *));
    uint32_t count = 0;
    for (size_t i = 0; downtimes != NULL && i < schedule->outage_count; i++) {
        const struct outage *outage = &schedule->outages[i];
        if (outage->replica == id) {
            downtimes[count++] = (struct downtime){outage->at_ns, outage->until_ns, outage->state_lost};
        }
    }
    bool made = downtimes != NULL && lives != NULL;
    uint32_t needed = made ? outage_lives(downtimes, count) : 0;
    for (uint32_t i = 0; i < needed && made; i++) {
        lives[i] = create_life(cluster, scenario, index, id);
        made = lives[i] != NULL;
    }
    struct node *node = made ? outage_create(id, downtimes, count, lives) : NULL;
    for (uint32_t i = 0; node == NULL && i < needed; i++) {
        node_destroy(lives[i]);
    }
    free(downtimes);
    free(lives);
    return node;
}

static bool create_replica(struct cluster *cluster, const struct scenario *scenario, uint32_t index, node_id id)
{
    cluster->nodes[id] = cluster->outages[id] ? create_outages(cluster, scenario, index, id)
                                              : create_life(cluster, scenario, index, id);
    if (cluster->nodes[id] == NULL || cluster->misbehaving[id]) {
        return cluster->nodes[id] != NULL;
    }
    cluster->watches[id] = vote_watch_create(cluster->protocol.replicas, cluster->protocol.window);
    return cluster->watches[id] != NULL;
}

uint64_t cluster_fired(const struct cluster *cluster, node_id id)
{
    const struct node *node = cluster->nodes[id];
    uint64_t fired = 0;
    assert(cluster->behaviors[id] != NULL);
    if (!cluster->outages[id]) {
        return behavior_fired(node);
    }
    for (uint32_t life = 0; life < outage_life_count(node); life++) {
        fired += behavior_fired(outage_life(node, life));
    }
    return fired;
}

const struct replica *cluster_replica(const struct cluster *cluster, node_id id)
{
    const struct node *node = cluster->nodes[id];
    if (cluster->replicas[id] != NULL) {
        return cluster->replicas[id];
    }
    return behavior_replica(cluster->outages[id] ? outage_present_life(node) : node);
}

/* The first requests mod clients have one request more. In an open loop planned times interleave: client i starts at
 * i / rate and goes on every clients / rate. */
static bool create_client(struct cluster *cluster, const struct scenario *scenario, uint32_t i)
{
    struct client_config config = {
        .id = scenario->nodes + i,
        .requests = scenario->requests / scenario->clients + (i < scenario->requests % scenario->clients),
        .operation_size = scenario->payload,
        .timeout_ns = scenario->client_timeout_ns,
        .reply_quorum = scenario->reply_quorum,
    };
    if (scenario->rate > 0) {
        config.start_ns = (uint64_t)floor((double)i * 1e9 / scenario->rate);
        double interval_ns = floor((double)scenario->clients * 1e9 / scenario->rate);
        config.interval_ns = interval_ns < 1 ? 1 : (uint64_t)interval_ns;
    }
    cluster->clients[i] = client_create(&config, &cluster->protocol, cluster->keyring);
    cluster->nodes[config.id] = cluster->clients[i] == NULL ? NULL : client_node(cluster->clients[i]);
    return cluster->nodes[config.id] != NULL;
}

static bool create_nodes(struct cluster *cluster, const struct scenario *scenario, uint32_t index)
{
    for (node_id id = 0; id < scenario->nodes; id++) {
        if (!create_replica(cluster, scenario, index, id)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < scenario->clients; i++) {
        if (!create_client(cluster, scenario, i)) {
            return false;
        }
    }
    if (cluster->protocol.accomplices > 0) {
        node_id id = cluster->coalition.accomplice;
        cluster->nodes[id] = sink_create(id);
        return cluster->nodes[id] != NULL;
    }
    return true;
}

static bool count_work(struct cluster *cluster, const struct scenario *scenario)
{
    if (scenario->processing.auth) {
        cluster->work = calloc(1, sizeof *cluster->work);
        keyring_count(cluster->keyring, cluster->work);
    }
    return !scenario->processing.auth || cluster->work != NULL;
}

static bool allocate(struct cluster *cluster, const struct scenario *scenario)
{
    size_t nodes = (size_t)scenario->nodes + scenario->clients + 1; /* the accomplice, perhaps */
    cluster->misbehaving = calloc(scenario->nodes, sizeof *cluster->misbehaving);
    cluster->coalesced = calloc(scenario->nodes, sizeof *cluster->coalesced);
    cluster->outages = calloc(scenario->nodes, sizeof *cluster->outages);
    cluster->behaviors = calloc(scenario->nodes, sizeof *cluster->behaviors);
    cluster->replicas = calloc(scenario->nodes, sizeof *cluster->replicas);
    cluster->clients = calloc(scenario->clients, sizeof *cluster->clients);
    cluster->nodes = calloc(nodes, sizeof *cluster->nodes);
    cluster->watches = calloc(nodes, sizeof *cluster->watches);
    return cluster->misbehaving != NULL && cluster->coalesced != NULL && cluster->outages != NULL &&
           cluster->behaviors != NULL && cluster->replicas != NULL && cluster->clients != NULL &&
           cluster->nodes != NULL && cluster->watches != NULL;
}

bool cluster_create(struct cluster *cluster, const struct scenario *scenario, uint32_t index, struct error *error)
{
    assert(scenario->nodes >= 1 && scenario->clients >= 1);
    *cluster = (struct cluster){.protocol = protocol_of(scenario)};
    bool done = allocate(cluster, scenario);
    if (done) {
        assign_behaviors(cluster, scenario, index);
        assign_outages(cluster, scenario);
        cluster->node_count = scenario->nodes + scenario->clients + cluster->protocol.accomplices;
        cluster->keyring = keyring_create(cluster->node_count, scenario->seed + index);
        done = cluster->keyring != NULL && keyring_equip(cluster->keyring, scenario->auth, scenario->nodes) &&
               count_work(cluster, scenario) && create_nodes(cluster, scenario, index);
    }
    if (!done) {
        cluster_destroy(cluster);
        return error_set(error, "not enough memory for %u replicas with a window of %u and %u clients", scenario->nodes,
                         scenario->window, scenario->clients);
    }
    return true;
}

void cluster_destroy(struct cluster *cluster)
{
    for (uint32_t i = 0; cluster->nodes != NULL && i < cluster->node_count; i++) {
        node_destroy(cluster->nodes[i]);
    }
    for (uint32_t i = 0; cluster->watches != NULL && i < cluster->node_count; i++) {
        vote_watch_destroy(cluster->watches[i]);
    }
    keyring_destroy(cluster->keyring);
    free(cluster->work);
    free(cluster->misbehaving);
    free(cluster->coalesced);
    free(cluster->outages);
    free(cluster->behaviors);
    free(cluster->replicas);
    free(cluster->clients);
    free(cluster->nodes);
    free(cluster->watches);
    *cluster = (struct cluster){.nodes = NULL};
}

struct driver_options cluster_driver_options(const struct cluster *cluster, const struct scenario *scenario,
                                             uint32_t index)
{
    return (struct driver_options){
        .nodes = cluster->nodes,
        .replicas = scenario->nodes,
        .node_count = cluster->node_count,
        .keyring = cluster->keyring,
        .watches = cluster->watches,
        .links =
            {
                .seed = scenario->seed + index,
                .replicas = scenario->nodes,
                .delay = scenario->delay,
                .client_delay = scenario->client_delay,
                .placement = scenario->placement.matrix == NULL ? NULL : &scenario->placement,
                .bandwidth = scenario->bandwidth,
                .drop = scenario->drop,
                .client_drop = scenario->client_drop,
                .duplicate = scenario->duplicate,
                .reorder = scenario->reorder,
                .reorder_extra_ns = scenario->reorder_extra_ns,
                .gst_ns = scenario->gst_ns,
                .fifo = scenario->fifo,
                .schedule = scenario->schedule,
            },
        .processing = scenario->processing,
        .work = cluster->work,
        .deadline_ns = scenario->deadline_ns,
        .stall_ns = scenario->stall_ns,
        .window = scenario->window,
        .batch = scenario->batch,
        .time_scale = scenario->time_scale,
        .delay_lines = scenario->delay_lines,
        .pin = scenario->pin,
    };
}

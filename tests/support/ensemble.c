#include "tests/support/ensemble.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"

struct delivery {
    uint64_t due_ns, serial;
    struct message message; /* its payload: one reference held */
    node_id to;
};

static bool earlier(const struct delivery *one, const struct delivery *other)
{
    return one->due_ns != other->due_ns ? one->due_ns < other->due_ns : one->serial < other->serial;
}

static void heap_put(struct ensemble *ensemble, struct delivery delivery)
{
    if (ensemble->pending == ensemble->capacity) {
        ensemble->capacity = ensemble->capacity * 2 + 64;
        ensemble->heap = realloc(ensemble->heap, ensemble->capacity * sizeof *ensemble->heap);
        assert(ensemble->heap != NULL);
    }
    uint32_t place = ensemble->pending++;
    for (; place > 0 && earlier(&delivery, &ensemble->heap[(place - 1) / 2]); place = (place - 1) / 2) {
        ensemble->heap[place] = ensemble->heap[(place - 1) / 2];
    }
    ensemble->heap[place] = delivery;
}

static struct delivery heap_take(struct ensemble *ensemble)
{
    struct delivery first = ensemble->heap[0], last = ensemble->heap[--ensemble->pending];
    uint32_t place = 0;
    for (;;) {
        uint32_t child = 2 * place + 1;
        if (child + 1 < ensemble->pending && earlier(&ensemble->heap[child + 1], &ensemble->heap[child])) {
            child++;
        }
        if (child >= ensemble->pending || !earlier(&ensemble->heap[child], &last)) {
            break;
        }
        ensemble->heap[place] = ensemble->heap[child];
        place = child;
    }
    ensemble->heap[place] = last;
    return first;
}

/* 0 .. below-1, by xorshift64*. */
static uint64_t draw(struct ensemble *ensemble, uint64_t below)
{
    uint64_t state = ensemble->random;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    ensemble->random = state;
    return (state * 0x2545f4914f6cdd1dULL >> 20) % below;
}

static bool takes_part(const struct ensemble *ensemble, node_id node)
{
    return node >= ensemble->config.replicas || node >= 64 || (ensemble->options.silent >> node & 1) == 0;
}

static void schedule(struct ensemble *ensemble, const struct message *message, node_id to)
{
    ensemble->sent[message->type]++;
    bool between_replicas = message->sender < ensemble->config.replicas && to < ensemble->config.replicas;
    uint32_t copies = 1;
    if (between_replicas && draw(ensemble, 100) < ensemble->options.drop) {
        copies = 0;
    } else if (between_replicas && draw(ensemble, 100) < ensemble->options.duplicate) {
        copies = 2;
    }
    for (; copies > 0; copies--) {
        if (message->payload != NULL) {
            payload_hold(message->payload);
        }
        uint64_t delay_ns = 1 + draw(ensemble, ensemble->options.delay_ns);
        heap_put(ensemble, (struct delivery){.due_ns = ensemble->now_ns + delay_ns,
                                             .serial = ensemble->serial++,
                                             .message = *message,
                                             .to = to});
    }
}

static void keep_journal(struct ensemble *ensemble, node_id node)
{
    struct collector *collector = &ensemble->collectors[node];
    for (uint32_t index = 0; index < collector->entry_count; index++) {
        if (ensemble->entries == ensemble->entry_capacity) {
            ensemble->entry_capacity = ensemble->entry_capacity * 2 + 64;
            ensemble->journal = realloc(ensemble->journal, ensemble->entry_capacity * sizeof *ensemble->journal);
            assert(ensemble->journal != NULL);
        }
        ensemble->journal[ensemble->entries] = collector->entries[index];
        ensemble->journal[ensemble->entries++].node = node;
    }
}

static void step(struct ensemble *ensemble, node_id node, struct event event)
{
    struct collector *collector = &ensemble->collectors[node];
    event.now_ns = ensemble->now_ns;
    if (takes_part(ensemble, node)) {
        node_step(ensemble->nodes[node], &event, &collector->outbox);
    }
    collector_gather(collector);
    assert(collector->forbidden == 0); /* I8, R13, always */
    for (uint32_t index = 0; index < collector->message_count; index++) {
        const struct message *message = &collector->messages[index];
        node_id first = message->to == TO_ALL_REPLICAS ? 0 : message->to;
        node_id end = message->to == TO_ALL_REPLICAS ? ensemble->config.replicas : message->to + 1;
        for (node_id to = first; to < end; to++) {
            if (to != node) {
                schedule(ensemble, message, to);
            }
        }
    }
    keep_journal(ensemble, node);
    collector_forget(collector);
}

static void deliver(struct ensemble *ensemble, struct delivery *delivery)
{
    ensemble->now_ns = delivery->due_ns;
    step(ensemble, delivery->to,
         (struct event){.kind = EVENT_MESSAGE, .from = delivery->message.sender, .message = &delivery->message});
    if (delivery->message.payload != NULL) {
        payload_drop(delivery->message.payload);
    }
}

static struct protocol_config config_of(struct ensemble_options *options)
{
    options->replicas = options->replicas != 0 ? options->replicas : 4;
    options->clients = options->clients != 0 ? options->clients : 1;
    options->requests = options->requests != 0 ? options->requests : 1;
    options->delay_ns = options->delay_ns != 0 ? options->delay_ns : 1;
    struct protocol_config config = {.replicas = options->replicas, .clients = options->clients};
    config.quorum = options->quorum != 0 ? options->quorum : quorum_size(config.replicas);
    config.batch = options->batch != 0 ? options->batch : 1;
    config.checkpoint_interval = options->checkpoint_interval != 0 ? options->checkpoint_interval : 8;
    config.window = options->window != 0 ? options->window : 2 * config.checkpoint_interval;
    config.pipeline = options->pipeline != 0 ? options->pipeline : config.window;
    config.view_timeout_ns = options->view_timeout_ns != 0 ? options->view_timeout_ns : 10000000000;
    config.retransmit_ns = options->retransmit_ns;
    config.auth = options->auth;
    return config;
}

static void create_nodes(struct ensemble *ensemble)
{
    const struct protocol_config *config = &ensemble->config;
    for (node_id id = 0; id < config->replicas; id++) {
        ensemble->replicas[id] = replica_create(id, config, ensemble->keyring);
        assert(ensemble->replicas[id] != NULL);
        ensemble->nodes[id] = replica_node(ensemble->replicas[id]);
    }
    for (uint32_t index = 0; index < config->clients; index++) {
        const struct client_config client = {.id = config->replicas + index,
                                             .requests = ensemble->options.requests,
                                             .operation_size = 16,
                                             .timeout_ns = config->view_timeout_ns,
                                             .reply_quorum = quorum_weak(config->replicas)};
        ensemble->clients[index] = client_create(&client, config, ensemble->keyring);
        assert(ensemble->clients[index] != NULL);
        ensemble->nodes[client.id] = client_node(ensemble->clients[index]);
    }
}

void ensemble_open(struct ensemble *ensemble, struct ensemble_options options)
{
    memset(ensemble, 0, sizeof *ensemble);
    ensemble->config = config_of(&options);
    ensemble->options = options;
    ensemble->random = (options.seed + 1) * 0x9e3779b97f4a7c15ULL;
    ensemble->count = options.replicas + options.clients;
    ensemble->keyring = keyring_create(ensemble->count, 1);
    ensemble->nodes = calloc(ensemble->count, sizeof *ensemble->nodes);
    ensemble->replicas = calloc(options.replicas, sizeof *ensemble->replicas);
    ensemble->clients = calloc(options.clients, sizeof *ensemble->clients);
    ensemble->collectors = calloc(ensemble->count, sizeof *ensemble->collectors);
    assert(ensemble->keyring != NULL && ensemble->nodes != NULL && ensemble->replicas != NULL &&
           ensemble->clients != NULL && ensemble->collectors != NULL);
    bool equipped = keyring_equip(ensemble->keyring, options.auth, options.replicas);
    assert(equipped);
    (void)equipped;
    create_nodes(ensemble);
    for (node_id node = 0; node < ensemble->count; node++) {
        collector_create(&ensemble->collectors[node], ensemble->keyring, node);
        if (node < options.replicas) {
            collector_watch(&ensemble->collectors[node], ensemble->config.window);
        }
    }
    for (node_id node = 0; node < ensemble->count; node++) {
        step(ensemble, node, (struct event){.kind = EVENT_START});
    }
}

uint32_t ensemble_close(struct ensemble *ensemble)
{
    while (ensemble->pending > 0) {
        struct delivery delivery = heap_take(ensemble);
        if (delivery.message.payload != NULL) {
            payload_drop(delivery.message.payload);
        }
    }
    for (node_id node = 0; node < ensemble->count; node++) {
        node_destroy(ensemble->nodes[node]);
    }
    uint32_t left = 0;
    for (node_id node = 0; node < ensemble->count; node++) {
        left += collector_destroy(&ensemble->collectors[node]);
    }
    keyring_destroy(ensemble->keyring);
    free(ensemble->nodes);
    free(ensemble->replicas);
    free(ensemble->clients);
    free(ensemble->collectors);
    free(ensemble->heap);
    free(ensemble->journal);
    memset(ensemble, 0, sizeof *ensemble);
    return left;
}

static bool all_accepted(const struct ensemble *ensemble)
{
    for (uint32_t index = 0; index < ensemble->config.clients; index++) {
        struct client_status status;
        client_status(ensemble->clients[index], &status);
        if (status.accepted < ensemble->options.requests) {
            return false;
        }
    }
    return true;
}

/* The node with the earliest timer among those that take part. */
static node_id next_timer(const struct ensemble *ensemble, uint64_t *due_ns)
{
    node_id earliest = NO_NODE;
    *due_ns = TIME_NEVER_NS;
    for (node_id node = 0; node < ensemble->count; node++) {
        uint64_t deadline_ns = takes_part(ensemble, node) ? node_deadline(ensemble->nodes[node]) : TIME_NEVER_NS;
        if (deadline_ns < *due_ns) {
            earliest = node;
            *due_ns = deadline_ns;
        }
    }
    return earliest;
}

/* The earliest event; false when nothing will ever happen again. */
static bool advance(struct ensemble *ensemble)
{
    uint64_t timer_ns;
    node_id timed = next_timer(ensemble, &timer_ns);
    if (ensemble->pending > 0 && ensemble->heap[0].due_ns <= timer_ns) {
        struct delivery delivery = heap_take(ensemble);
        deliver(ensemble, &delivery);
        return true;
    }
    if (timed != NO_NODE) {
        ensemble->now_ns = timer_ns > ensemble->now_ns ? timer_ns : ensemble->now_ns;
        step(ensemble, timed, (struct event){.kind = EVENT_TIMER});
    }
    return timed != NO_NODE;
}

bool ensemble_run(struct ensemble *ensemble, uint64_t deadline_ns)
{
    while (ensemble->now_ns <= deadline_ns) {
        if (ensemble->pending == 0 && all_accepted(ensemble)) {
            return true;
        }
        if (!advance(ensemble)) {
            return false;
        }
    }
    return false;
}

bool ensemble_settle(struct ensemble *ensemble, uint64_t deadline_ns)
{
    bool goes_on = true;
    while (goes_on && ensemble->now_ns <= deadline_ns && !ensemble_agrees(ensemble)) {
        goes_on = advance(ensemble);
    }
    return ensemble_agrees(ensemble);
}

struct replica_status ensemble_status(const struct ensemble *ensemble, node_id replica)
{
    struct replica_status status;
    replica_status(ensemble->replicas[replica], &status);
    return status;
}

bool ensemble_agrees(const struct ensemble *ensemble)
{
    struct replica_status first = {0};
    bool any = false;
    for (node_id id = 0; id < ensemble->config.replicas; id++) {
        if (!takes_part(ensemble, id)) {
            continue;
        }
        struct replica_status status = ensemble_status(ensemble, id);
        first = any ? first : status;
        any = true;
        if (status.executed != first.executed || status.history != first.history ||
            !digest_equal(status.state, first.state)) {
            return false;
        }
    }
    return any;
}

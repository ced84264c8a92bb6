#include "core/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "core/request.h"

/* A replica's word on the outstanding request. */
struct claim {
    uint64_t timestamp; /* 0: none yet */
    uint64_t result;
    view_number view;
};

/* What each reply touches comes first: thousands of clients share a thread. */
struct client {
    struct node node;     /* first: a client is a node */
    uint64_t timestamp;   /* of the outstanding or last request */
    uint64_t planned_ns;  /* when the next request is due to be sent; TIME_NEVER_NS when there is none */
    uint64_t retry_ns;    /* when the outstanding one is sent again */
    struct claim *claims; /* one for each replica */
    const struct keyring *keyring;
    uint32_t replicas;
    uint16_t attempt;
    bool outstanding;
    uint64_t rejected[REJECT_REASONS];
    struct payload *request; /* the outstanding one; a reference is held */
    struct digest mark;      /* its request_mark() */
    view_number view;        /* highest that an accepted result vouches for: where the primary is believed to be */
    uint64_t accepted;
    uint64_t backoff_ns;
    unsigned char *operation; /* scratch of config.operation_size bytes */
    struct client_config config;
};

/* Weyl sequence and finalizer of SplitMix64 (Steele, Lea, Flood: OOPSLA 2014). */
static uint64_t mix(uint64_t state)
{
    state += 0x9e3779b97f4a7c15ULL;
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9ULL;
    state = (state ^ (state >> 27)) * 0x94d049bb133111ebULL;
    return state ^ (state >> 31);
}

void client_operation(node_id client, uint64_t timestamp, unsigned char *operation, uint32_t size)
{
    uint64_t state = mix(mix(client) ^ timestamp);
    for (uint32_t offset = 0; offset < size; offset += 8) {
        state = mix(state);
        memcpy(operation + offset, &state, size - offset < 8 ? size - offset : 8);
    }
}

static void send_request(const struct client *client, struct outbox *outbox, node_id to)
{
    const struct message message = {
        .type = MESSAGE_REQUEST,
        .attempt = client->attempt,
        .client = client->config.id,
        .timestamp = client->timestamp,
        .digest = client->mark,
        .payload = client->request,
        .sender = client->config.id,
    };
    outbox_put(outbox, to, &message);
}

/* First T, then 2T, 4T, 8T, 8T.. (R29). */
static uint64_t next_backoff(const struct client *client)
{
    uint64_t longest = client->config.timeout_ns * 8;
    return client->backoff_ns * 2 < longest ? client->backoff_ns * 2 : longest;
}

static void submit(struct client *client, uint64_t now_ns, struct outbox *outbox)
{
    client->timestamp++;
    client->attempt = 0;
    client->outstanding = true;
    client->backoff_ns = client->config.timeout_ns;
    client->retry_ns = now_ns + client->backoff_ns;
    client_operation(client->config.id, client->timestamp, client->operation, client->config.operation_size);
    client->request = outbox_allocate(outbox, (uint32_t)request_footprint(client->config.operation_size));
    request_write(client->request->bytes, client->keyring, client->config.id, client->timestamp, client->operation,
                  client->config.operation_size);
    payload_seal(client->request);
    client->mark = request_mark(client->request);
    const struct journal_entry entry = {.kind = JOURNAL_SUBMITTED,
                                        .time_ns = now_ns,
                                        .timestamp = client->timestamp,
                                        .digest = client->mark,
                                        .client = client->config.id,
                                        .planned_ns = client->planned_ns};
    outbox_record(outbox, &entry);
    send_request(client, outbox, primary_of(client->view, client->replicas));
}

static void resend(struct client *client, uint64_t now_ns, struct outbox *outbox)
{
    client->attempt = client->attempt < UINT16_MAX ? client->attempt + 1 : 1; /* 0: sent for the first time */
    client->backoff_ns = next_backoff(client);
    client->retry_ns = now_ns + client->backoff_ns;
    send_request(client, outbox, TO_ALL_REPLICAS);
}

static void plan_next(struct client *client, uint64_t now_ns)
{
    if (client->timestamp == client->config.requests) {
        client->planned_ns = TIME_NEVER_NS;
    } else if (client->config.interval_ns == 0) {
        client->planned_ns = now_ns;
    } else {
        client->planned_ns += client->config.interval_ns;
    }
}

static enum reject validate(const struct client *client, const struct event *event)
{
    const struct message *message = event->message;
    if (message->sender != event->from) {
        return REJECT_FORGED_SENDER;
    }
    if (message->type != MESSAGE_REPLY) {
        return REJECT_UNKNOWN_TYPE;
    }
    if (event->from >= client->replicas) {
        return REJECT_NOT_A_REPLICA;
    }
    if (!client->outstanding || message->timestamp != client->timestamp) {
        return message->timestamp <= client->timestamp ? REJECT_OBSOLETE : REJECT_UNASKED;
    }
    const struct claim *claim = &client->claims[event->from];
    if (claim->timestamp == message->timestamp) {
        return claim->result == message->digest.words[0] ? REJECT_DUPLICATE_VOTE : REJECT_CONFLICTING_VOTE;
    }
    return REJECT_NONE;
}

/* `view` is the lowest that the agreeing replicas name: a liar among them cannot raise it. */
static void accept(struct client *client, uint64_t result, view_number view, uint64_t now_ns, struct outbox *outbox)
{
    const struct journal_entry entry = {.kind = JOURNAL_ACCEPTED,
                                        .time_ns = now_ns,
                                        .timestamp = client->timestamp,
                                        .digest = client->mark,
                                        .client = client->config.id,
                                        .result = result};
    outbox_record(outbox, &entry);
    payload_drop(client->request);
    client->request = NULL;
    client->outstanding = false;
    client->accepted++;
    if (view > client->view) {
        client->view = view;
    }
    plan_next(client, now_ns);
}

static enum reject on_reply(struct client *client, const struct event *event, struct outbox *outbox)
{
    enum reject reason = validate(client, event);
    if (reason != REJECT_NONE) {
        return reason;
    }
    const struct message *message = event->message;
    uint64_t result = message->digest.words[0];
    client->claims[event->from] = (struct claim){client->timestamp, result, message->view};
    uint32_t matching = 0;
    view_number lowest = UINT32_MAX;
    for (uint32_t replica = 0; replica < client->replicas; replica++) {
        const struct claim *claim = &client->claims[replica];
        if (claim->timestamp == client->timestamp && claim->result == result) {
            matching++;
            lowest = claim->view < lowest ? claim->view : lowest;
        }
    }
    if (matching >= client->config.reply_quorum) {
        accept(client, result, lowest, event->now_ns, outbox);
    }
    return REJECT_NONE;
}

static enum reject receive(struct client *client, const struct event *event, struct outbox *outbox)
{
    if (keyring_mode(client->keyring) == AUTH_NONE) {
        return on_reply(client, event, outbox);
    }
    struct message message;
    if (!seal_open(event->message, client->keyring, NULL, client->config.id, event->from, &message)) {
        return REJECT_NOT_AUTHENTIC;
    }
    struct event opened = *event;
    opened.message = &message;
    return on_reply(client, &opened, outbox);
}

static void client_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct client *client = (struct client *)node;
    if (event->kind == EVENT_MESSAGE) {
        client->rejected[receive(client, event, outbox)]++;
    }
    if (!client->outstanding && client->planned_ns <= event->now_ns) {
        submit(client, event->now_ns, outbox);
    } else if (client->outstanding && client->retry_ns <= event->now_ns) {
        resend(client, event->now_ns, outbox);
    }
}

static uint64_t client_deadline(const struct node *node)
{
    const struct client *client = (const struct client *)node;
    return client->outstanding ? client->retry_ns : client->planned_ns;
}

static void client_destroy(struct node *node)
{
    struct client *client = (struct client *)node;
    if (client->request != NULL) {
        payload_drop(client->request);
    }
    free(client->operation);
    free(client->claims);
    free(client);
}

static const struct node_operations operations = {
    .step = client_step,
    .deadline = client_deadline,
    .destroy = client_destroy,
};

struct client *client_create(const struct client_config *config, const struct protocol_config *protocol,
                             const struct keyring *keyring)
{
    assert(config->timeout_ns > 0 && config->reply_quorum >= 1);
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    client->node = (struct node){.operations = &operations, .id = config->id};
    client->config = *config;
    client->replicas = protocol->replicas;
    client->keyring = keyring;
    client->planned_ns = config->requests > 0 ? config->start_ns : TIME_NEVER_NS;
    client->operation = calloc(1, config->operation_size > 0 ? config->operation_size : 1);
    client->claims = calloc(protocol->replicas, sizeof *client->claims);
    if (client->operation == NULL || client->claims == NULL) {
        client_destroy(&client->node);
        return NULL;
    }
    return client;
}

struct node *client_node(struct client *client)
{
    return &client->node;
}

void client_status(const struct client *client, struct client_status *status)
{
    memset(status, 0, sizeof *status);
    status->submitted = client->timestamp;
    status->accepted = client->accepted;
    memcpy(status->rejected, client->rejected, sizeof status->rejected);
    status->rejected[REJECT_NONE] = 0;
}

#include "core/replica.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/handlers.h"
#include "core/propose.h"
#include "core/stable.h"

static enum reject dispatch(const struct step *step)
{
    const struct event *event = step->event;
    const struct message *message = event->message;
    if (message->sender != event->from) {
        return REJECT_FORGED_SENDER; /* R7 */
    }
    if (message->type == MESSAGE_REQUEST) {
        return on_request(step);
    }
    if (!replica_is_replica(step->replica, event->from)) {
        return REJECT_NOT_A_REPLICA;
    }
    switch (message->type) {
    case MESSAGE_PREPARE:
        return on_prepare(step);
    case MESSAGE_COMMIT:
        return on_commit(step);
    case MESSAGE_PRE_PREPARE:
        return on_pre_prepare(step);
    case MESSAGE_CHECKPOINT:
        return on_checkpoint(step);
    default:
        return REJECT_UNKNOWN_TYPE;
    }
}

static void replica_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct replica *replica = (struct replica *)node;
    const struct step step = {.replica = replica, .event = event, .outbox = outbox};
    if (event->kind == EVENT_MESSAGE) {
        replica->rejected[dispatch(&step)]++;
    }
    propose_ready(&step);
}

static uint64_t replica_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void replica_destroy(struct node *node)
{
    struct replica *replica = (struct replica *)node;
    log_destroy(&replica->log);
    checkpoints_destroy(&replica->checkpoints);
    client_table_destroy(&replica->clients);
    free(replica);
}

static const struct node_operations operations = {
    .step = replica_step,
    .deadline = replica_deadline,
    .destroy = replica_destroy,
};

struct replica *replica_create(node_id id, const struct protocol_config *config, const struct keyring *keyring)
{
    assert(id < config->replicas && config->replicas <= MAX_REPLICAS);
    assert(config->quorum >= 1 && config->quorum <= config->replicas);
    assert(config->batch >= 1 && config->pipeline >= 1 && config->pipeline <= config->window);
    assert(config->checkpoint_interval >= 1 && config->window >= 2 * config->checkpoint_interval);
    struct replica *replica = calloc(1, sizeof *replica);
    if (replica == NULL) {
        return NULL;
    }
    replica->node = (struct node){.operations = &operations, .id = id};
    replica->config = *config;
    replica->keyring = keyring;
    replica->id = id;
    replica->replicas = config->replicas;
    replica->quorum = config->quorum;
    replica->active = true;
    service_reset(&replica->service);
    bool created = log_create(&replica->log, config->replicas, config->window);
    created = checkpoints_create(&replica->checkpoints, config->replicas, config->quorum, config->checkpoint_interval,
                                 config->window) && created;
    created = client_table_create(&replica->clients, config->replicas, config->clients + config->accomplices) &&
              created;
    if (!created) {
        replica_destroy(&replica->node);
        return NULL;
    }
    return replica;
}

struct node *replica_node(struct replica *replica)
{
    return &replica->node;
}

void replica_status(const struct replica *replica, struct replica_status *status)
{
    memset(status, 0, sizeof *status);
    status->view = replica->view;
    status->active = replica->active;
    status->executed = replica->executed;
    status->stable = replica->log.low;
    status->state = stable_state_digest(replica);
    status->history = replica->history;
    memcpy(status->rejected, replica->rejected, sizeof status->rejected);
    status->rejected[REJECT_NONE] = 0;
    status->in_log = log_in_use(&replica->log);
}

#include "runner/bench_counting.h"

#include <stdlib.h>

#include "core/log.h"

/* Sequence numbers that a node keeps, and of these behind what it has decided: the fastest quorum runs ahead of the
 * slowest node, and late votes come. */
#define WINDOW 1024u
#define KEPT 256u

struct counter {
    struct node node;
    struct counting_config config;
    struct log log;
    uint64_t proposed, decided, low; /* decided: without gaps */
};

static struct digest digest_at(sequence_number sequence)
{
    return (struct digest){{sequence, 1}};
}

static union vote_auth nobody(void)
{
    return (union vote_auth){.tag = 0};
}

static void send(const struct counter *counter, struct outbox *outbox, enum message_type type, sequence_number sequence)
{
    outbox_broadcast(outbox, (struct message){.type = (uint8_t)type,
                                              .sequence = sequence,
                                              .digest = digest_at(sequence),
                                              .sender = counter->node.id});
}

static void propose(struct counter *counter, struct outbox *outbox)
{
    while (counter->node.id == 0 && counter->proposed < counter->config.decisions &&
           counter->proposed < counter->decided + counter->config.pipeline) {
        counter->proposed++;
        log_open(&counter->log, counter->proposed, 0, digest_at(counter->proposed), 0, nobody(), NULL);
        send(counter, outbox, MESSAGE_PRE_PREPARE, counter->proposed);
    }
}

static void move_on(struct counter *counter, struct outbox *outbox)
{
    while (log_contains(&counter->log, counter->decided + 1) &&
           log_slot(&counter->log, counter->decided + 1)->commits.complete) {
        counter->decided++;
    }
    if (counter->decided > counter->log.low + 2 * KEPT) {
        log_advance(&counter->log, counter->decided - KEPT);
    }
    propose(counter, outbox);
}

static void advance(struct counter *counter, struct outbox *outbox, sequence_number sequence)
{
    struct slot *slot = log_slot(&counter->log, sequence);
    if (!slot->prepares.complete && slot->prepares.opened && slot->prepares.count >= counter->config.quorum) {
        slot->prepares.complete = true;
        log_vote(&counter->log, PHASE_COMMIT, sequence, 0, slot->digest, counter->node.id, nobody());
        send(counter, outbox, MESSAGE_COMMIT, sequence);
    }
    if (slot->prepares.complete && !slot->commits.complete && slot->commits.count >= counter->config.quorum) {
        slot->commits.complete = true;
        move_on(counter, outbox);
    }
}

static void on_message(struct counter *counter, const struct event *event, struct outbox *outbox)
{
    const struct message *message = event->message;
    if (!log_contains(&counter->log, message->sequence)) {
        return; /* decided long ago */
    }
    if (message->type == MESSAGE_PRE_PREPARE) {
        log_open(&counter->log, message->sequence, 0, message->digest, event->from, nobody(), NULL);
        log_vote(&counter->log, PHASE_PREPARE, message->sequence, 0, message->digest, counter->node.id, nobody());
        send(counter, outbox, MESSAGE_PREPARE, message->sequence);
    } else {
        log_vote(&counter->log, message->type == MESSAGE_PREPARE ? PHASE_PREPARE : PHASE_COMMIT, message->sequence, 0,
                 message->digest, event->from, message->auth);
    }
    advance(counter, outbox, message->sequence);
}

static void counter_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct counter *counter = (struct counter *)node;
    if (event->kind == EVENT_START) {
        propose(counter, outbox);
    } else if (event->kind == EVENT_MESSAGE) {
        on_message(counter, event, outbox);
    }
}

static uint64_t counter_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void counter_destroy(struct node *node)
{
    struct counter *counter = (struct counter *)node;
    log_destroy(&counter->log);
    free(counter);
}

static const struct node_operations counter_operations = {
    .step = counter_step,
    .deadline = counter_deadline,
    .destroy = counter_destroy,
};

struct node *counting_node_create(node_id id, const struct counting_config *config)
{
    struct counter *counter = calloc(1, sizeof *counter);
    if (counter == NULL) {
        return NULL;
    }
    counter->node = (struct node){.operations = &counter_operations, .id = id};
    counter->config = *config;
    if (!log_create(&counter->log, config->replicas, WINDOW, config->pipeline, AUTH_NONE)) {
        counter_destroy(&counter->node);
        return NULL;
    }
    return &counter->node;
}

uint64_t counting_node_decided(const struct node *node)
{
    return ((const struct counter *)node)->decided;
}

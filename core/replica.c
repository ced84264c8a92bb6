#include "core/replica.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/agreement.h"
#include "core/catch_up.h"
#include "core/change_view.h"
#include "core/handlers.h"
#include "core/propose.h"
#include "core/zeroed.h"

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
    case MESSAGE_VIEW_CHANGE:
        return on_view_change(step);
    case MESSAGE_NEW_VIEW:
        return on_new_view(step);
    case MESSAGE_FETCH:
        return on_fetch(step);
    case MESSAGE_BATCH:
        return on_batch(step);
    case MESSAGE_DECISION:
        return on_decision(step);
    case MESSAGE_STATE:
        return on_state(step);
    default:
        return REJECT_UNKNOWN_TYPE;
    }
}

/* R9: what belongs to a view that is not open yet waits for its NEW-VIEW. */
static enum reject keep_early(const struct step *step, enum reject reason)
{
    const struct message *message = step->event->message;
    bool waits = (reason == REJECT_FUTURE_VIEW || reason == REJECT_VIEW_CHANGING) && message->type <= MESSAGE_COMMIT;
    if (!waits) {
        return reason;
    }
    if (message->type != MESSAGE_PRE_PREPARE && message->payload != NULL) {
        return REJECT_MALFORMED; /* a vote has no contents, which would be kept with it */
    }
    if (message->type == MESSAGE_PRE_PREPARE &&
        step->event->from != primary_of(message->view, step->replica->replicas)) {
        return REJECT_NOT_THE_PRIMARY;
    }
    /* with its signature, which it will be worth in a certificate */
    const struct message kept = seal_rewrapped(message, step->replica->keyring);
    return early_keep(&step->replica->early, &kept, step->event->from) ? REJECT_NONE : REJECT_NO_ROOM;
}

/* Who sends again may have missed what is behind this replica already. */
static void answer_resend(const struct step *step)
{
    const struct message *message = step->event->message;
    bool agreement = message->type >= MESSAGE_PRE_PREPARE && message->type <= MESSAGE_COMMIT;
    if (message->attempt == 0 || (message->flags & MESSAGE_ANSWER)) {
        return;
    }
    sequence_number executed = step->replica->executed;
    bool pushed = message->type == MESSAGE_DECISION;
    bool settled = message->type == MESSAGE_CHECKPOINT && message->sequence <= step->replica->log.low;
    if (message->type == MESSAGE_VIEW_CHANGE) {
        catch_up_answer(step, step->event->from, executed);
    } else if (((agreement || pushed) && message->sequence <= executed) || settled) {
        catch_up_answer(step, step->event->from, message->sequence);
    }
}

static void act_on(const struct step *step)
{
    enum reject reason = dispatch(step);
    if (reason != REJECT_FORGED_SENDER && replica_is_replica(step->replica, step->event->from)) {
        answer_resend(step);
    }
    if (reason != REJECT_NONE) {
        step->replica->rejected[keep_early(step, reason)]++;
    }
}

/* With `--auth mac` and `signature`: only what its origin authenticated, out of its wrapping. */
static void receive(const struct step *step)
{
    struct replica *replica = step->replica;
    if (!replica->opens) {
        act_on(step);
        return;
    }
    struct message message;
    if (!seal_open(step->event->message, replica->keyring, replica->rules.proofs.verifier, replica->id,
                   step->event->from, &message)) {
        replica->rejected[REJECT_NOT_AUTHENTIC]++;
        return;
    }
    struct event event = *step->event;
    event.message = &message;
    const struct step opened = {.replica = replica, .event = &event, .outbox = step->outbox};
    act_on(&opened);
}

static void play_early(const struct step *step)
{
    struct replica *replica = step->replica;
    struct early_message early;
    uint32_t cursor = 0;
    while (early_take(&replica->early, replica->view, &cursor, &early)) {
        const struct message *kept = &early.message;
        /* where nothing is sealed the flag is only something that its sender wrote */
        bool sealed = replica->opens && (kept->flags & MESSAGE_SEALED);
        const struct message message = sealed ? seal_unwrapped(kept, replica->keyring) : *kept;
        const struct event event = {
            .now_ns = step->event->now_ns, .message = &message, .from = early.from, .kind = EVENT_MESSAGE};
        const struct step again = {.replica = replica, .event = &event, .outbox = step->outbox};
        act_on(&again);
        if (early.message.payload != NULL) {
            payload_drop(early.message.payload);
        }
    }
}

/* Timers may have run out, and a VIEW-CHANGE have been the one that its primary waited for. */
static void change_views(const struct step *step)
{
    struct replica *replica = step->replica;
    change_view_check_timer(step);
    if (!replica->active) {
        struct payload *new_view = change_view_make_new_view(step);
        if (new_view != NULL) {
            change_view_enter(step, new_view);
            payload_drop(new_view);
        }
    }
}

/* All that a step may lead to. Not inlined, so that replica_step() needs no room for it. */
static __attribute__((noinline)) void step_on(struct replica *replica, const struct event *event, struct outbox *outbox)
{
    const struct step step = {.replica = replica, .event = event, .outbox = outbox};
    bool was_active = replica->active;
    view_number was_in = replica->view;
    replica->only_counted = false;
    replica->uplink.now_ns = event->now_ns;
    outbox->meter = replica->uplink.rate > 0 ? &replica->uplink : NULL;
    if (event->kind == EVENT_MESSAGE) {
        receive(&step);
    } else if (event->kind == EVENT_START) {
        change_view_restart_timers(&step);
    }
    if (replica->only_counted && event->now_ns < replica->wake_ns) {
        outbox->meter = NULL;
        return;
    }
    change_views(&step);
    if (replica->active && (!was_active || replica->view != was_in)) {
        play_early(&step);
    }
    propose_ready(&step);
    catch_up_tick(&step);
    outbox->meter = NULL;
    uint64_t view_ns = change_view_deadline(replica), resend_ns = catch_up_deadline(replica);
    replica->wake_ns = view_ns < resend_ns ? view_ns : resend_ns;
}

static void replica_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct replica *replica = (struct replica *)node;
    bool counted = event->kind == EVENT_MESSAGE && event->now_ns < replica->wake_ns && !replica->opens &&
                   agreement_only_counts(replica, event->message, event->from);
    if (!counted) {
        step_on(replica, event, outbox);
    }
}

static uint32_t replica_count(struct node *node, uint64_t now_ns, const struct message *messages,
                              const struct reference *references, uint32_t number)
{
    struct replica *replica = (struct replica *)node;
    uint32_t counted = 0;
    if (now_ns < replica->wake_ns && !replica->opens) {
        while (counted < number &&
               agreement_only_counts(replica, &messages[references[counted].slot], references[counted].from)) {
            counted++;
        }
    }
    return counted;
}

static uint32_t replica_count_brief(struct node *node, uint64_t now_ns, node_id from, view_number view,
                                    const struct brief_vote *votes, uint32_t number)
{
    struct replica *replica = (struct replica *)node;
    uint32_t counted = 0;
    if (now_ns < replica->wake_ns && !replica->opens && agreement_hears(replica, from, view)) {
        while (counted < number &&
               agreement_adds(replica, !(votes[counted].head & BRIEF_COMMIT), votes[counted].head & ~BRIEF_COMMIT,
                              votes[counted].digest, (union vote_auth){.tag = votes[counted].tag}, from)) {
            counted++;
        }
    }
    return counted;
}

static void replica_expect(const struct node *node, const struct message *message)
{
    const struct replica *replica = (const struct replica *)node;
    __builtin_prefetch(&replica->log.slots[message->sequence & replica->log.mask], 1);
}

static uint64_t replica_deadline(const struct node *node)
{
    return ((const struct replica *)node)->wake_ns;
}

static void drop_payloads(struct replica *replica)
{
    for (uint32_t index = 0; replica->peers != NULL && index < replica->replicas; index++) {
        if (replica->peers[index].change != NULL) {
            payload_drop(replica->peers[index].change);
        }
    }
    if (replica->views.new_view != NULL) {
        payload_drop(replica->views.new_view);
    }
}

static void replica_destroy(struct node *node)
{
    struct replica *replica = (struct replica *)node;
    drop_payloads(replica);
    log_destroy(&replica->log);
    checkpoints_destroy(&replica->checkpoints);
    snapshots_destroy(&replica->snapshots);
    client_table_destroy(&replica->clients);
    early_destroy(&replica->early);
    verifier_destroy(&replica->verifier);
    free(replica->peer_signatures);
    free(replica->peers);
    free(replica->changes);
    free(replica->proof);
    free(replica);
}

static const struct node_operations operations = {
    .step = replica_step,
    .count = replica_count,
    .count_brief = replica_count_brief,
    .expect = replica_expect,
    .deadline = replica_deadline,
    .destroy = replica_destroy,
};

static bool create_signature_parts(struct replica *replica)
{
    uint32_t replicas = replica->replicas;
    replica->peer_signatures = calloc((size_t)replicas * PEER_AUTHS, sizeof *replica->peer_signatures);
    if (replica->peer_signatures == NULL) {
        return false;
    }
    for (uint32_t index = 0; index < replicas; index++) {
        replica->peers[index].signatures = &replica->peer_signatures[(size_t)index * PEER_AUTHS];
    }
    replica->rules.proofs.verifier = &replica->verifier;
    return verifier_create(&replica->verifier, replica->keyring, replica->id, replica->config.window);
}

static bool create_parts(struct replica *replica)
{
    const struct protocol_config *config = &replica->config;
    uint32_t clients = config->clients + config->accomplices;
    enum auth_mode mode = keyring_mode(replica->keyring);
    bool created = log_create(&replica->log, config->replicas, config->window, config->pipeline, mode);
    created = checkpoints_create(&replica->checkpoints, config->replicas, config->quorum, config->checkpoint_interval,
                                 config->window, mode) &&
              created;
    created = snapshots_create(&replica->snapshots, clients, config->checkpoint_interval, config->window) && created;
    created = client_table_create(&replica->clients, config->replicas, clients) && created;
    created = early_create(&replica->early, config->replicas, config->window) && created;
    replica->peers = zeroed_of_each(config->replicas, config->replicas, sizeof *replica->peers);
    replica->changes = malloc(config->replicas * sizeof *replica->changes);
    replica->proof = calloc(1, proof_size(replica->rules.proofs.shape));
    return created && replica->peers != NULL && replica->changes != NULL && replica->proof != NULL &&
           (mode != AUTH_SIGNATURE || create_signature_parts(replica));
}

struct replica *replica_create(node_id id, const struct protocol_config *config, const struct keyring *keyring)
{
    assert(id < config->replicas && config->replicas <= MAX_REPLICAS);
    assert(config->quorum >= 1 && config->quorum <= config->replicas);
    assert(config->batch >= 1 && config->pipeline >= 1 && config->pipeline <= config->window);
    assert(config->checkpoint_interval >= 1 && config->window >= 2 * config->checkpoint_interval);
    const size_t size = (sizeof(struct replica) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    struct replica *replica = aligned_alloc(CACHE_LINE, size);
    if (replica == NULL) {
        return NULL;
    }
    memset(replica, 0, size);
    replica->node = (struct node){.operations = &operations, .id = id};
    replica->config = *config;
    replica->keyring = keyring;
    replica->id = id;
    replica->replicas = config->replicas;
    replica->quorum = config->quorum;
    replica->active = true;
    replica->opens = keyring_mode(keyring) != AUTH_NONE;
    replica->rules = (struct view_rules){proof_rules(keyring, config->replicas, config->quorum), config->window};
    replica->views.deadline_ns = TIME_NEVER_NS;
    replica->catch_up.resend_ns = TIME_NEVER_NS;
    replica->wake_ns = TIME_NEVER_NS;
    replica->uplink = (struct uplink_meter){.rate = config->bandwidth, .others = config->replicas - 1};
    service_reset(&replica->service);
    bool created = create_parts(replica);
    if (!created) {
        replica_destroy(&replica->node);
        return NULL;
    }
    if (config->prefault) {
        log_prefault(&replica->log);
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
    status->state = state_digest(&replica->service, &replica->clients, replica->history);
    status->history = replica->history;
    memcpy(status->rejected, replica->rejected, sizeof status->rejected);
    status->rejected[REJECT_NONE] = 0;
    status->verified = replica->verifier.computed;
    status->recalled = replica->verifier.recalled;
    status->in_log = log_in_use(&replica->log);
    status->buffered_peak = replica->early.peak;
}

#include "faults/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "faults/draw.h"
#include "faults/wrap.h"

_Static_assert((int)PBFT_PRE_PREPARE == (int)MESSAGE_PRE_PREPARE && (int)PBFT_PREPARE == (int)MESSAGE_PREPARE &&
                   (int)PBFT_COMMIT == (int)MESSAGE_COMMIT && (int)PBFT_CHECKPOINT == (int)MESSAGE_CHECKPOINT &&
                   (int)PBFT_VIEW_CHANGE == (int)MESSAGE_VIEW_CHANGE && (int)PBFT_NEW_VIEW == (int)MESSAGE_NEW_VIEW,
               "a plugin names messages as core does");
_Static_assert((int)PBFT_FETCH == (int)MESSAGE_FETCH && (int)PBFT_BATCH == (int)MESSAGE_BATCH &&
                   (int)PBFT_DECISION == (int)MESSAGE_DECISION && (int)PBFT_STATE == (int)MESSAGE_STATE &&
                   (int)PBFT_REQUEST == (int)MESSAGE_REQUEST && (int)PBFT_REPLY == (int)MESSAGE_REPLY,
               "a plugin names messages as core does");
_Static_assert(PBFT_TO_ALL == TO_ALL_REPLICAS && PBFT_NEVER == TIME_NEVER_NS, "and nodes and times");

struct plugged {
    struct wrap wrap; /* first */
    struct pbft_host host;
    void *state;
    bool started;
    struct outbox *outbox; /* while a step is under way */
};

static struct plugged *plugged_of(struct pbft_host *host)
{
    return (struct plugged *)(void *)((char *)host - offsetof(struct plugged, host));
}

static const struct pbft_behavior *behavior_of(const struct plugged *plugged)
{
    return plugged->wrap.context.plugin;
}

/* --- messages as a plugin sees them --- */

static struct pbft_message shown(const struct message *message, node_id from)
{
    struct payload *contents = message_contents(message);
    return (struct pbft_message){
        .type = message->type,
        .answer = (message->flags & MESSAGE_ANSWER) != 0,
        .attempt = message->attempt,
        .from = from,
        .to = message->to,
        .view = message->view,
        .sequence = message->sequence,
        .digest = {message->digest.words[0], message->digest.words[1]},
        .contents = contents == NULL ? NULL : contents->bytes,
        .contents_size = contents == NULL ? 0 : contents->size,
        .handle = contents,
    };
}

/* The contents that `message` names, with a reference for the caller; NULL if there are none. */
static struct payload *contents_of(struct plugged *plugged, const struct pbft_message *message)
{
    const struct payload *named = message->handle;
    if (named != NULL && message->contents == named->bytes && message->contents_size == named->size) {
        struct payload *same = (struct payload *)(uintptr_t)named;
        payload_hold(same);
        return same;
    }
    if (message->contents == NULL || message->contents_size == 0 || message->contents_size > UINT32_MAX / 2) {
        return NULL;
    }
    struct payload *made = outbox_allocate(plugged->outbox, (uint32_t)message->contents_size);
    memcpy(made->bytes, message->contents, message->contents_size);
    payload_seal(made);
    return made;
}

static void host_send(struct pbft_host *host, const struct pbft_message *message)
{
    struct plugged *plugged = plugged_of(host);
    if (plugged->outbox == NULL || message->type == MESSAGE_NONE || message->type >= MESSAGE_TYPES) {
        return; /* between steps nothing leaves, and such a message is none */
    }
    struct message out = {
        .type = message->type,
        .flags = message->answer ? MESSAGE_ANSWER : 0,
        .attempt = message->attempt,
        .view = message->view,
        .sequence = message->sequence,
        .digest = {{message->digest[0], message->digest[1]}},
        .sender = host->id,
        .to = message->to,
        .payload = contents_of(plugged, message),
    };
    outbox_push(plugged->outbox, &out);
    if (out.payload != NULL) {
        payload_drop(out.payload);
    }
}

static void host_fired(struct pbft_host *host)
{
    plugged_of(host)->wrap.base.fired++;
}

static uint64_t host_draw(const struct pbft_host *host, uint64_t a, uint64_t b, uint64_t c)
{
    const struct plugged *plugged = (const void *)((const char *)host - offsetof(struct plugged, host));
    return draw(plugged->wrap.context.coalition->seed, host->id, DRAW_PLUGIN, a, b, c);
}

/* --- the wrapper --- */

static bool plugin_incoming(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct plugged *plugged = (struct plugged *)wrap;
    const struct pbft_behavior *behavior = behavior_of(plugged);
    plugged->outbox = outbox;
    plugged->host.now_ns = event->now_ns;
    if (event->kind != EVENT_MESSAGE || behavior->incoming == NULL) {
        return true;
    }
    const struct pbft_message message = shown(event->message, event->from);
    return behavior->incoming(&plugged->host, plugged->state, &message);
}

static void plugin_outgoing(struct wrap *wrap, const struct message *message, struct outbox *outbox)
{
    struct plugged *plugged = (struct plugged *)wrap;
    if (behavior_of(plugged)->outgoing == NULL) {
        wrap_pass(message, outbox);
        return;
    }
    const struct pbft_message given = shown(message, wrap->context.id);
    behavior_of(plugged)->outgoing(&plugged->host, plugged->state, &given);
}

static uint64_t plugin_wakes_ns(const struct plugged *plugged)
{
    const struct pbft_behavior *behavior = behavior_of(plugged);
    return behavior->deadline == NULL ? TIME_NEVER_NS : behavior->deadline(&plugged->host, plugged->state);
}

static void plugin_stepped(struct wrap *wrap, const struct event *event, struct outbox *outbox)
{
    struct plugged *plugged = (struct plugged *)wrap;
    (void)outbox;
    if (behavior_of(plugged)->timer != NULL && plugin_wakes_ns(plugged) <= event->now_ns) {
        behavior_of(plugged)->timer(&plugged->host, plugged->state);
    }
    plugged->outbox = NULL;
}

static uint64_t plugin_deadline(const struct wrap *wrap, uint64_t replica_ns)
{
    const struct plugged *plugged = (const struct plugged *)wrap;
    uint64_t own_ns = plugin_wakes_ns(plugged);
    return own_ns < replica_ns ? own_ns : replica_ns;
}

static bool plugin_prepare(struct wrap *wrap)
{
    struct plugged *plugged = (struct plugged *)wrap;
    const struct pbft_behavior *behavior = behavior_of(plugged);
    plugged->host = (struct pbft_host){
        .id = wrap->context.id,
        .replicas = wrap->protocol.replicas,
        .faults = quorum_faults(wrap->protocol.replicas),
        .quorum = wrap->protocol.quorum,
        .clients = wrap->protocol.clients,
        .view_timeout_ns = wrap->protocol.view_timeout_ns,
        .misbehaving = wrap->context.coalition->misbehaving,
        .send = host_send,
        .fired = host_fired,
        .draw = host_draw,
    };
    plugged->state = calloc(1, behavior->state_size + 1);
    if (plugged->state == NULL) {
        return false;
    }
    plugged->started = true;
    return behavior->start == NULL || behavior->start(&plugged->host, plugged->state);
}

static void plugin_release(struct wrap *wrap)
{
    struct plugged *plugged = (struct plugged *)wrap;
    if (plugged->started && behavior_of(plugged)->stop != NULL) {
        behavior_of(plugged)->stop(&plugged->host, plugged->state);
    }
    free(plugged->state);
}

static const struct wrap_operations operations = {
    .incoming = plugin_incoming,
    .outgoing = plugin_outgoing,
    .stepped = plugin_stepped,
    .deadline = plugin_deadline,
    .release = plugin_release,
};

struct node *plugin_create(const struct behavior_context *context)
{
    return wrap_create(sizeof(struct plugged), context, &operations, plugin_prepare);
}

#include "net/bundle.h"

#include <assert.h>
#include <stdlib.h>

#include "net/payload.h"

/* Fewer are not worth the memory that a bundle needs. */
#define BUNDLE_LEAST 4u
#define NO_WAY UINT32_MAX

/* --- packing ----------------------------------------------------------------------------------------------------- */

#define TYPE_SHIFT 62

static const uint8_t packed_types[4] = {MESSAGE_PREPARE, MESSAGE_COMMIT, MESSAGE_REPLY, MESSAGE_REQUEST};
_Static_assert(BRIEF_COMMIT == UINT64_C(1) << TYPE_SHIFT, "a packed vote is a brief one");

static enum message_type type_of(const union packed *packed)
{
    return (enum message_type)packed_types[packed->head >> TYPE_SHIFT];
}

/* Whether it loses nothing by being packed beside `first`, which went the same way before it, or is it. */
static bool is_packable(const struct message *message, node_id author, const struct message *first, bool of_clients)
{
    if (message->flags != 0 || message->attempt != 0 || message->sender != author ||
        message->sequence >> TYPE_SHIFT != 0 || message->sent_ns != first->sent_ns) {
        return false;
    }
    switch (message->type) {
    case MESSAGE_PREPARE:
    case MESSAGE_COMMIT:
        return message->to == TO_ALL_REPLICAS && message->payload == NULL && message->view == first->view;
    case MESSAGE_REPLY:
        return !of_clients && message->to != TO_ALL_REPLICAS && message->payload == NULL && message->tag == 0 &&
               message->digest.words[1] == 0 && message->view == first->view;
    case MESSAGE_REQUEST:
        return of_clients && message->client == author && message->tag == 0 && message->digest.words[1] == 0;
    default:
        return false;
    }
}

static void pack(union packed *packed, const struct message *message)
{
    uint64_t type = 0;
    switch (message->type) {
    case MESSAGE_REPLY:
        type = 2;
        packed->reply.result = message->digest.words[0];
        packed->reply.to = message->to;
        break;
    case MESSAGE_REQUEST:
        type = 3;
        packed->request.mark = message->digest.words[0];
        packed->request.payload = message->payload;
        packed->request.client = message->client;
        break;
    default:
        type = message->type == MESSAGE_COMMIT;
        packed->vote.digest = message->digest;
        packed->vote.tag = message->tag;
    }
    packed->head = type << TYPE_SHIFT | message->sequence;
}

void bundle_unpack(struct bundle *bundle, uint32_t index, struct message *message, node_id *from)
{
    const union packed *packed = &bundle_packed(bundle)[index];
    const enum message_type type = type_of(packed);
    *message = (struct message){
        .type = (uint8_t)type,
        .view = bundle->view,
        .sequence = packed->head & ((UINT64_C(1) << TYPE_SHIFT) - 1),
        .sent_ns = bundle->sent_ns,
        .sender = bundle->from,
        .to = bundle->to,
    };
    if (type == MESSAGE_REPLY) {
        message->digest.words[0] = packed->reply.result;
        message->to = packed->reply.to;
    } else if (type == MESSAGE_REQUEST) {
        message->digest.words[0] = packed->request.mark;
        message->payload = packed->request.payload;
        message->client = message->sender = packed->request.client;
    } else {
        message->digest = packed->vote.digest;
        message->tag = packed->vote.tag;
    }
    *from = message->sender;
}

/* --- a bundle ---------------------------------------------------------------------------------------------------- */

static struct payload *contents_of(struct bundle *bundle, uint32_t index)
{
    if (!bundle->packed) {
        return bundle_messages(bundle)[index].payload;
    }
    const union packed *packed = &bundle_packed(bundle)[index];
    return type_of(packed) == MESSAGE_REQUEST ? packed->request.payload : NULL;
}

static void reclaim(struct payload *payload)
{
    struct bundle *bundle = bundle_of(payload);
    for (uint32_t i = 0; i < bundle->count; i++) {
        struct payload *contents = contents_of(bundle, i);
        if (contents != NULL) {
            payload_drop(contents);
        }
    }
    free(payload);
}

/* For `capacity` messages that go the same way as `first`, which is its author's. */
static struct payload *create(uint32_t capacity, bool packed, bool numbered, const struct message *first,
                              node_id author)
{
    const size_t each = (packed ? sizeof(union packed) : sizeof(struct message) + sizeof(struct reference)) +
                        (numbered ? sizeof(uint64_t) : 0);
    struct payload *payload = payload_allocate((uint32_t)(sizeof(struct bundle) + capacity * each));
    payload->reclaim = reclaim;
    *bundle_of(payload) = (struct bundle){
        .capacity = capacity,
        .packed = packed,
        .numbered = numbered,
        .view = first->view,
        .from = author,
        .to = first->to,
        .sent_ns = first->sent_ns,
    };
    return payload;
}

static void add(struct bundle *bundle, const struct message *message, node_id author, uint64_t number)
{
    const uint32_t place = bundle->count++;
    if (bundle->packed) {
        pack(&bundle_packed(bundle)[place], message);
    } else {
        bundle_messages(bundle)[place] = *message;
        bundle_references(bundle)[place] = (struct reference){.slot = place, .from = author};
    }
    if (bundle->numbered) {
        bundle_numbers(bundle)[place] = number;
    }
}

/* --- what goes together ------------------------------------------------------------------------------------------ */

/* A replica's broadcasts go one way, and what is for each agent of clients another; of clients, what is for each
 * replica. Where messages to one replica could go two ways, none is taken, so that they keep their order. */
static uint32_t way_of(const struct bundler *bundler, node_id to)
{
    const struct topology *topology = bundler->topology;
    if (bundler->of_clients) {
        return to < topology->replicas ? to : NO_WAY;
    }
    if (to == TO_ALL_REPLICAS) {
        return 0;
    }
    const bool client = to >= topology->replicas && to < topology->nodes;
    return client ? 1 + topology_agent_of(topology, to) - topology->replicas : NO_WAY;
}

bool bundler_init(struct bundler *bundler, const struct topology *topology, uint32_t agent, bool numbered)
{
    bundler->topology = topology;
    bundler->of_clients = agent >= topology->replicas;
    bundler->numbered = numbered;
    const uint32_t ways = bundler->of_clients ? topology->replicas : 1 + topology->client_agents;
    assert(ways <= UINT16_MAX);
    bundler->ways = calloc(ways, sizeof *bundler->ways);
    return bundler->ways != NULL;
}

void bundler_destroy(struct bundler *bundler)
{
    free(bundler->ways);
}

bool bundler_plan(struct bundler *bundler, const struct message *messages, const node_id *authors, uint32_t count)
{
    assert(count <= BUNDLE_MOST);
    if (bundler->topology == NULL || count < BUNDLE_LEAST) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t index = way_of(bundler, messages[i].to);
        if (index == NO_WAY) {
            while (i-- > 0) {
                bundler->ways[bundler->way[i]].expected = 0;
            }
            return false;
        }
        struct way *way = &bundler->ways[index];
        if (way->expected++ == 0) {
            way->first = &messages[i];
            way->packable = true;
        }
        way->packable = way->packable && is_packable(&messages[i], authors[i], way->first, bundler->of_clients);
        bundler->way[i] = (uint16_t)index;
    }
    return true;
}

const struct message *bundler_take(struct bundler *bundler, uint32_t index, const struct message *message,
                                   node_id author, uint64_t number, struct message *out)
{
    struct way *way = &bundler->ways[bundler->way[index]];
    if (way->open == NULL) {
        if (way->expected < BUNDLE_LEAST) {
            way->expected--;
            return message;
        }
        way->open = create(way->expected, way->packable, bundler->numbered, message, author);
    }
    struct bundle *bundle = bundle_of(way->open);
    add(bundle, message, author, number);
    if (bundle->count < bundle->capacity) {
        return NULL;
    }
    *out = (struct message){.flags = MESSAGE_BUNDLE,
                            .sequence = bundle->count,
                            .payload = way->open,
                            .sent_ns = bundle->sent_ns,
                            .sender = author,
                            .to = bundle->to};
    way->open = NULL;
    way->expected = 0;
    return out;
}

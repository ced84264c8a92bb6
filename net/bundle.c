#include "net/bundle.h"

#include <assert.h>
#include <stdlib.h>

#include "net/payload.h"

/* Fewer are not worth the memory that a bundle needs. */
#define BUNDLE_LEAST 4u
#define NO_WAY UINT32_MAX

static void reclaim(struct payload *payload)
{
    const struct bundle *bundle = bundle_of(payload);
    for (uint32_t i = 0; i < bundle->count; i++) {
        if (bundle->messages[i].payload != NULL) {
            payload_drop(bundle->messages[i].payload);
        }
    }
    free(payload);
}

static struct payload *create(uint32_t capacity, bool numbered)
{
    const size_t each = sizeof(struct message) + sizeof(struct reference) + (numbered ? sizeof(uint64_t) : 0);
    struct payload *payload = payload_allocate((uint32_t)(sizeof(struct bundle) + capacity * each));
    payload->reclaim = reclaim;
    *bundle_of(payload) = (struct bundle){.count = 0, .capacity = capacity, .numbered = numbered};
    return payload;
}

static void add(struct bundle *bundle, const struct message *message, node_id author, uint64_t number)
{
    const uint32_t place = bundle->count++;
    bundle->messages[place] = *message;
    bundle_references(bundle)[place] = (struct reference){.slot = place, .from = author};
    if (bundle->numbered) {
        bundle_numbers(bundle)[place] = number;
    }
}

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
    bundler->expected = calloc(ways, sizeof *bundler->expected);
    bundler->open = calloc(ways, sizeof(struct payload *));
    return bundler->expected != NULL && bundler->open != NULL;
}

void bundler_destroy(struct bundler *bundler)
{
    free(bundler->expected);
    free(bundler->open);
}

bool bundler_plan(struct bundler *bundler, const struct message *messages, uint32_t count)
{
    assert(count <= BUNDLE_MOST);
    if (bundler->topology == NULL || count < BUNDLE_LEAST) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t way = way_of(bundler, messages[i].to);
        if (way == NO_WAY) {
            while (i-- > 0) {
                bundler->expected[bundler->ways[i]] = 0;
            }
            return false;
        }
        bundler->ways[i] = (uint16_t)way;
        bundler->expected[way]++;
    }
    return true;
}

const struct message *bundler_take(struct bundler *bundler, uint32_t index, const struct message *message,
                                   node_id author, uint64_t number, struct message *out)
{
    const uint32_t way = bundler->ways[index];
    struct payload *open = bundler->open[way];
    if (open == NULL) {
        if (bundler->expected[way] < BUNDLE_LEAST) {
            bundler->expected[way]--;
            return message;
        }
        open = bundler->open[way] = create(bundler->expected[way], bundler->numbered);
    }
    struct bundle *bundle = bundle_of(open);
    add(bundle, message, author, number);
    if (bundle->count < bundle->capacity) {
        return NULL;
    }
    bundler->open[way] = NULL;
    bundler->expected[way] = 0;
    *out = (struct message){.flags = MESSAGE_BUNDLE,
                            .sequence = bundle->count,
                            .payload = open,
                            .sent_ns = bundle->messages[0].sent_ns,
                            .sender = author,
                            .to = message->to};
    return out;
}

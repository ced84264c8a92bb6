/* Messages that travel together: each arrives once, with its author and number, in order on every link. */
#include <criterion/criterion.h>

#include "net/bundle.h"
#include "net/payload.h"

enum { REPLICAS = 5, CLIENTS = 7, NODES = REPLICAS + CLIENTS, FLUSHES = 2000 };

static const struct topology topology = {.replicas = REPLICAS, .nodes = NODES, .client_agents = 3, .lines = 1};

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % limit;
}

/* A flush, and what is left of it to arrive. */
struct flush {
    struct message messages[BUNDLE_MOST];
    node_id authors[BUNDLE_MOST];
    bool arrived[BUNDLE_MOST];
    uint32_t count, leaving, bundles;
};

static void add(struct flush *flush, node_id author, node_id to)
{
    const uint32_t i = flush->count++;
    flush->authors[i] = author;
    flush->messages[i] = (struct message){
        .type = MESSAGE_COMMIT, .sequence = 1000 + i, .tag = below(1u << 30), .sent_ns = 7, .sender = 77, .to = to};
}

/* Message `index` of the flush came out. */
static void arrive(struct flush *flush, const struct message *message, node_id author, uint64_t number)
{
    const uint32_t index = (uint32_t)message->sequence - 1000;
    cr_assert_lt(index, flush->count);
    cr_assert(!flush->arrived[index], "once");
    flush->arrived[index] = true;
    cr_assert_eq(memcmp(message, &flush->messages[index], sizeof *message), 0);
    cr_assert_eq(author, flush->authors[index]);
    cr_assert_eq(number, 5000 + index);
    for (uint32_t before = 0; before < index; before++) {
        const node_id to = flush->messages[before].to;
        const bool same_link = to == message->to || (to < REPLICAS && message->to == TO_ALL_REPLICAS) ||
                               (to == TO_ALL_REPLICAS && message->to < REPLICAS);
        cr_assert(flush->arrived[before] || flush->authors[before] != author || !same_link, "in order on each link");
    }
}

static void unpack(struct flush *flush, const struct message *message)
{
    struct bundle *bundle = bundle_of(message->payload);
    cr_assert_eq(bundle_weight(message), bundle->count);
    cr_assert_eq(bundle->count, bundle->capacity);
    cr_assert_eq(message->sent_ns, 7);
    for (uint32_t i = 0; i < bundle->count; i++) {
        const struct reference reference = bundle_references(bundle)[i];
        const struct message *inner = &bundle->messages[reference.slot];
        const bool for_clients = message->to >= REPLICAS && message->to < NODES;
        cr_assert(inner->to == message->to || (for_clients && topology_agent_of(&topology, inner->to) ==
                                                                  topology_agent_of(&topology, message->to)));
        arrive(flush, inner, reference.from, bundle_numbers(bundle)[reference.slot]);
    }
    flush->bundles++;
    payload_drop(message->payload);
}

static void leave(struct bundler *bundler, struct flush *flush)
{
    const bool bundled = bundler_plan(bundler, flush->messages, flush->count);
    for (uint32_t i = 0; i < flush->count; i++) {
        struct message out;
        const struct message *leaving = &flush->messages[i];
        if (bundled) {
            leaving = bundler_take(bundler, i, leaving, flush->authors[i], 5000 + i, &out);
        }
        flush->leaving += leaving != NULL;
        if (leaving != NULL && bundle_is_one(leaving)) {
            unpack(flush, leaving);
        } else if (leaving != NULL) {
            arrive(flush, leaving, flush->authors[i], 5000 + i);
        }
    }
    for (uint32_t i = 0; i < flush->count; i++) {
        cr_assert(flush->arrived[i]);
    }
}

static uint32_t bundles_of(struct bundler *bundler, struct flush *flush)
{
    leave(bundler, flush);
    return flush->bundles;
}

static void open_bundler(struct bundler *bundler, uint32_t agent)
{
    *bundler = (struct bundler){0};
    cr_assert(bundler_init(bundler, &topology, agent, true));
}

/* Broadcasts and replies; in a flush that is odd also to a replica, or to nobody. */
static node_id somewhere(bool odd)
{
    switch (odd ? below(10) : 2) {
    case 0:
        return below(REPLICAS);
    case 1:
        return NODES + below(3);
    default:
        return below(3) == 0 ? TO_ALL_REPLICAS : REPLICAS + below(CLIENTS);
    }
}

Test(bundle, a_replicas_messages_arrive_once_and_in_order)
{
    struct bundler bundler;
    uint32_t bundles = 0, alone = 0;
    open_bundler(&bundler, 2);
    for (uint32_t round = 0; round < FLUSHES; round++) {
        struct flush flush = {.count = 0};
        const bool odd = below(3) == 0;
        for (uint32_t count = 1 + below(BUNDLE_MOST); count > 0; count--) {
            add(&flush, 2, somewhere(odd));
        }
        leave(&bundler, &flush);
        bundles += flush.bundles;
        alone += flush.leaving - flush.bundles;
    }
    cr_assert(bundles > FLUSHES && alone > FLUSHES, "%u bundles and %u alone", bundles, alone);
    bundler_destroy(&bundler);
}

Test(bundle, clients_messages_arrive_once_and_in_order_with_their_authors)
{
    struct bundler bundler;
    uint32_t bundles = 0, alone = 0;
    open_bundler(&bundler, REPLICAS + 1);
    for (uint32_t round = 0; round < FLUSHES; round++) {
        struct flush flush = {.count = 0};
        const bool resends = below(4) == 0;
        for (uint32_t count = 1 + below(BUNDLE_MOST); count > 0; count--) {
            const node_id author = REPLICAS + 1 + 3 * below(2);
            add(&flush, author, resends && below(8) == 0 ? TO_ALL_REPLICAS : below(2 * below(3) + 1));
        }
        leave(&bundler, &flush);
        bundles += flush.bundles;
        alone += flush.leaving - flush.bundles;
    }
    cr_assert(bundles > FLUSHES / 2 && alone > FLUSHES / 2, "%u bundles and %u alone", bundles, alone);
    bundler_destroy(&bundler);
}

Test(bundle, what_goes_one_way_goes_at_once)
{
    struct bundler bundler;
    struct flush votes = {.count = 0}, few = {.count = 0}, replies = {.count = 0};
    open_bundler(&bundler, 0);
    for (uint32_t i = 0; i < BUNDLE_MOST; i++) {
        add(&votes, 0, TO_ALL_REPLICAS);
        add(&replies, 0, i % 4 == 0 ? TO_ALL_REPLICAS : REPLICAS + i % CLIENTS);
    }
    for (uint32_t i = 0; i < 3; i++) {
        add(&few, 0, TO_ALL_REPLICAS);
    }
    cr_assert_eq(bundles_of(&bundler, &votes), 1);
    cr_assert_eq(votes.leaving, 1);
    cr_assert_eq(bundles_of(&bundler, &few), 0);
    cr_assert_eq(bundles_of(&bundler, &replies), 1 + 3, "one to the replicas, one to each agent of clients");
    cr_assert_eq(replies.leaving, 4);
    bundler_destroy(&bundler);
}

Test(bundle, drops_the_contents_of_its_messages_with_itself)
{
    struct bundler bundler;
    struct flush flush = {.count = 0};
    struct payload *contents = payload_allocate(8);
    open_bundler(&bundler, 0);
    for (uint32_t i = 0; i < 8; i++) {
        add(&flush, 0, TO_ALL_REPLICAS);
        if (i % 2 == 0) {
            flush.messages[i].payload = contents;
            payload_hold(contents);
        }
    }
    cr_assert_eq(bundles_of(&bundler, &flush), 1);
    cr_assert_eq(atomic_load(&contents->references), 1);
    payload_drop(contents);
    bundler_destroy(&bundler);
}

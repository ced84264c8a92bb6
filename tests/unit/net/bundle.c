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
    uint32_t count, leaving, bundles, packed;
};

/* What can be packed: a vote to all replicas, a reply to a client, a client's request. */
static void add(struct flush *flush, node_id author, node_id to)
{
    const uint32_t i = flush->count++;
    flush->authors[i] = author;
    struct message *message = &flush->messages[i];
    *message = (struct message){.sequence = 1000 + i, .sent_ns = 7, .sender = author, .to = to};
    message->digest.words[0] = below(1u << 30);
    message->view = 3;
    if (author >= REPLICAS) {
        message->type = MESSAGE_REQUEST;
        message->client = author;
    } else if (to == TO_ALL_REPLICAS || to < REPLICAS) {
        message->type = below(2) ? MESSAGE_PREPARE : MESSAGE_COMMIT;
        message->digest.words[1] = below(1u << 30);
        message->tag = below(1u << 30);
    } else {
        message->type = MESSAGE_REPLY;
    }
}

/* In one of the ways that packing would lose. */
static void spoil(struct message *message, uint32_t way)
{
    const bool vote = message->type <= MESSAGE_COMMIT;
    switch (way) {
    case 0:
        message->flags = 4;
        break;
    case 1:
        message->attempt = 1;
        break;
    case 2:
        message->sender ^= 1;
        break;
    case 3:
        message->sequence |= UINT64_C(1) << 62;
        break;
    case 4:
        message->sent_ns = 8;
        break;
    case 5:
        message->type = vote ? MESSAGE_CHECKPOINT : MESSAGE_FETCH;
        break;
    case 6:
        message->view ^= 8; /* of requests the client */
        break;
    case 7:
        message->digest.words[1] ^= !vote; /* of votes it is kept, but then they are tagged */
        message->type = vote ? MESSAGE_PRE_PREPARE : message->type;
        break;
    default:
        message->tag ^= !vote;
        message->type = vote ? MESSAGE_REPLY : message->type;
    }
}

enum { SPOILERS = 9 };

/* Message `index` of the flush came out. */
static void arrive(struct flush *flush, const struct message *message, node_id author, uint64_t number)
{
    const uint32_t index = (uint32_t)(message->sequence & UINT32_MAX) - 1000;
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
    const struct brief_vote *votes = bundle_votes(bundle);
    cr_assert_eq(bundle_weight(message), bundle->count);
    cr_assert_eq(bundle->count, bundle->capacity);
    cr_assert_eq(votes != NULL, bundle->packed && message->to == TO_ALL_REPLICAS);
    for (uint32_t i = 0; i < bundle->count; i++) {
        struct message inner;
        node_id from;
        if (bundle->packed) {
            bundle_unpack(bundle, i, &inner, &from);
        } else {
            const struct reference reference = bundle_references(bundle)[i];
            cr_assert_eq(reference.slot, i);
            inner = bundle_messages(bundle)[i];
            from = reference.from;
        }
        const bool for_clients = message->to >= REPLICAS && message->to < NODES;
        cr_assert(inner.to == message->to ||
                  (for_clients && topology_agent_of(&topology, inner.to) == topology_agent_of(&topology, message->to)));
        if (votes != NULL) {
            cr_assert_eq(votes[i].head, inner.sequence + (inner.type == MESSAGE_COMMIT ? BRIEF_COMMIT : 0));
            cr_assert(digest_equal(votes[i].digest, inner.digest) && votes[i].tag == inner.tag);
        }
        arrive(flush, &inner, from, bundle_numbers(bundle)[i]);
    }
    flush->bundles++;
    flush->packed += bundle->packed;
    payload_drop(message->payload);
}

static void leave(struct bundler *bundler, struct flush *flush)
{
    const bool bundled = bundler_plan(bundler, flush->messages, flush->authors, flush->count);
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

struct sum {
    uint32_t bundles, packed, alone;
};

/* Every other flush with a message that cannot be packed. */
static void leave_spoilt(struct bundler *bundler, struct flush *flush, struct sum *sum)
{
    if (below(2) == 0) {
        spoil(&flush->messages[below(flush->count)], below(SPOILERS));
    }
    leave(bundler, flush);
    sum->bundles += flush->bundles;
    sum->packed += flush->packed;
    sum->alone += flush->leaving - flush->bundles;
}

static void check_mixture(const struct sum *sum, uint32_t least)
{
    cr_assert(sum->packed > least && sum->bundles > sum->packed + FLUSHES / 4 && sum->alone > least,
              "%u bundles, of these %u packed, and %u alone", sum->bundles, sum->packed, sum->alone);
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
    struct sum sum = {0};
    open_bundler(&bundler, 2);
    for (uint32_t round = 0; round < FLUSHES; round++) {
        struct flush flush = {.count = 0};
        const bool odd = below(3) == 0;
        for (uint32_t count = 1 + below(BUNDLE_MOST); count > 0; count--) {
            add(&flush, 2, somewhere(odd));
        }
        leave_spoilt(&bundler, &flush, &sum);
    }
    check_mixture(&sum, FLUSHES);
    bundler_destroy(&bundler);
}

Test(bundle, clients_messages_arrive_once_and_in_order_with_their_authors)
{
    struct bundler bundler;
    struct sum sum = {0};
    open_bundler(&bundler, REPLICAS + 1);
    for (uint32_t round = 0; round < FLUSHES; round++) {
        struct flush flush = {.count = 0};
        const bool resends = below(4) == 0;
        for (uint32_t count = 1 + below(BUNDLE_MOST); count > 0; count--) {
            const node_id author = REPLICAS + 1 + 3 * below(2);
            add(&flush, author, resends && below(8) == 0 ? TO_ALL_REPLICAS : below(2 * below(3) + 1));
        }
        leave_spoilt(&bundler, &flush, &sum);
    }
    check_mixture(&sum, FLUSHES / 2);
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
    cr_assert_eq(votes.packed, 1);
    cr_assert_eq(bundles_of(&bundler, &replies), 1 + 3, "one to the replicas, one to each agent of clients");
    cr_assert_eq(replies.packed, 4);
    cr_assert_eq(replies.leaving, 4);
    bundler_destroy(&bundler);
}

/* Requests, which are packed with them, and what is not packed. */
Test(bundle, drops_the_contents_of_its_messages_with_itself)
{
    const node_id authors[] = {REPLICAS, 0};
    for (uint32_t k = 0; k < 2; k++) {
        struct bundler bundler;
        struct flush flush = {.count = 0};
        struct payload *contents = payload_allocate(8);
        open_bundler(&bundler, authors[k]);
        for (uint32_t i = 0; i < 8; i++) {
            add(&flush, authors[k], k == 0 ? 1 : TO_ALL_REPLICAS);
            if (i % 2 == 0) {
                flush.messages[i].payload = contents;
                payload_hold(contents);
            }
        }
        cr_assert_eq(bundles_of(&bundler, &flush), 1);
        cr_assert_eq(flush.packed, k == 0);
        cr_assert_eq(atomic_load(&contents->references), 1);
        payload_drop(contents);
        bundler_destroy(&bundler);
    }
}

Test(bundle, packs_nothing_that_would_be_lost_by_it)
{
    for (uint32_t way = 0; way < SPOILERS; way++) {
        const struct {
            node_id author, to;
        } of[] = {{2, TO_ALL_REPLICAS}, {2, REPLICAS}, {REPLICAS, 3}};
        for (uint32_t k = 0; k < 3; k++) {
            struct bundler bundler;
            struct flush flush = {.count = 0};
            open_bundler(&bundler, topology_agent_of(&topology, of[k].author));
            for (uint32_t i = 0; i < 10; i++) {
                add(&flush, of[k].author, of[k].to);
            }
            spoil(&flush.messages[5], way);
            cr_assert_eq(bundles_of(&bundler, &flush), 1);
            cr_assert_eq(flush.packed, 0, "%u, spoilt by %u", k, way);
            bundler_destroy(&bundler);
        }
    }
}

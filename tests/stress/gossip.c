/* Many nodes talk through the delay lines: tokens wander from node to node, and whoever gets one broadcasts contents with
 * it. Receivers check every message and its contents, at once and - if they keep them - again later. At the end every
 * payload must have been given back, and the books must be exact.
 *
 *   stress.gossip [REPLICAS [CLIENTS [TOKENS [HOPS [MAX_DELAY_US [DELAY_LINES [WORST]]]]]]]
 *
 * WORST 1: the network drops, repeats and reorders, so that tokens get lost; the run ends by its deadline. */
#include <sched.h>
#include <stdatomic.h>

#include "tests/stress/harness.h"

enum { KEPT = 4 };

struct contents {
    uint64_t words[24];
};

struct gossip {
    struct node node;
    uint32_t nodes, replicas;
    uint64_t tokens, hops, sent;
    struct payload *kept[KEPT];
    struct payload *planted;
};

static atomic_uint_fast64_t created;
static atomic_uint_fast64_t reclaimed;
static _Atomic(void (*)(struct payload *)) reclaim_memory;

static void reclaim(struct payload *payload)
{
    atomic_fetch_add(&reclaimed, 1);
    atomic_load (&reclaim_memory)(payload);
}

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static struct digest seal(const struct message *message)
{
    const uint64_t first = mix(message->sequence * 31 + message->sender);
    return (struct digest){{first, mix(first ^ message->view)}};
}

static void check_contents(const struct payload *payload)
{
    const struct contents *contents = (const struct contents *)(const void *)payload->bytes;
    for (int i = 1; i < 24; i++) {
        CHECK(contents->words[i] == mix(contents->words[0] + (uint64_t)i), "contents change under a reader");
    }
}

static void check_message(const struct message *message, node_id from)
{
#ifdef PLANT_SLOW_STEP
    sched_yield(); /* time for others to touch what this step has borrowed; then only look: the race is to be found */
    const volatile uint64_t *word = &message->sequence;
    (void)*word;
    return;
#endif
    CHECK(message->sender == from, "claimed %u, stamped %u", message->sender, from);
    const struct digest expected = seal(message);
    CHECK(digest_equal(message->digest, expected), "a message from %u changed under way", from);
    if (message->payload != NULL) {
        check_contents(message->payload);
    }
}

static struct payload *write_contents(struct gossip *gossip, struct outbox *outbox)
{
    struct payload *payload = outbox_allocate(outbox, sizeof(struct contents));
    atomic_store(&reclaim_memory, payload->reclaim);
    payload->reclaim = reclaim;
    atomic_fetch_add(&created, 1);
    struct contents *contents = (struct contents *)(void *)payload->bytes;
    contents->words[0] = mix(gossip->node.id * UINT64_C(1000003) + gossip->sent);
    for (int i = 1; i < 24; i++) {
        contents->words[i] = mix(contents->words[0] + (uint64_t)i);
    }
    return payload;
}

/* Passes a token on with `hops` left, and tells everybody. */
static void pass_on(struct gossip *gossip, struct outbox *outbox, uint64_t hops)
{
    struct message message = {.type = MESSAGE_PREPARE, .sender = gossip->node.id, .sequence = 0, .view = 1};
    message.digest = seal(&message);
    message.payload = write_contents(gossip, outbox);
    outbox_broadcast(outbox, message);
#ifdef PLANT_PAYLOAD
    payload_hold(message.payload);
    if (gossip->planted != NULL) {
        volatile unsigned char *byte = gossip->planted->bytes;
        *byte = *byte; /* steps after it was handed over */
        payload_drop(gossip->planted);
    }
    gossip->planted = message.payload;
#endif
    const uint64_t draw = mix(gossip->node.id * UINT64_C(7919) + ++gossip->sent);
    struct message token = {
        .type = MESSAGE_COMMIT, .sender = gossip->node.id, .sequence = hops, .view = (view_number)draw};
    token.digest = seal(&token);
    token.payload = draw % 2 == 0 ? message.payload : NULL;
    outbox_send(outbox, (node_id)(draw / 2 % gossip->nodes), token);
    payload_drop(message.payload);
}

static void keep(struct gossip *gossip, struct payload *payload)
{
    struct payload **place = &gossip->kept[gossip->sent % KEPT];
    if (*place != NULL) {
        check_contents(*place);
        payload_drop(*place);
    }
    payload_hold(payload);
    *place = payload;
}

static void gossip_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct gossip *gossip = (struct gossip *)node;
    for (uint64_t i = 0; event->kind == EVENT_START && i < gossip->tokens; i++) {
        pass_on(gossip, outbox, gossip->hops);
    }
    if (event->kind != EVENT_MESSAGE) {
        return;
    }
    const struct message *message = event->message;
    check_message(message, event->from);
    if (message->payload != NULL) {
        keep(gossip, message->payload);
    }
    if (message->type == MESSAGE_COMMIT && message->sequence > 0) {
        pass_on(gossip, outbox, message->sequence - 1);
    } else if (message->type == MESSAGE_COMMIT) {
        outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED});
    }
    check_message(message, event->from);
}

static uint64_t gossip_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void gossip_destroy(struct node *node)
{
    struct gossip *gossip = (struct gossip *)node;
    for (int i = 0; i < KEPT; i++) {
        if (gossip->kept[i] != NULL) {
            check_contents(gossip->kept[i]);
            payload_drop(gossip->kept[i]);
        }
    }
    free(node);
}

static const struct node_operations gossip_operations = {
    .step = gossip_step, .deadline = gossip_deadline, .destroy = gossip_destroy};

static void set_links(struct driver_options *options, uint64_t max_delay_us, bool worst)
{
    struct link_model *links = &options->links;
    if (max_delay_us > 0) {
        links->delay = (struct delay){.kind = DELAY_UNIFORM, .a = 0, .b = (double)max_delay_us * 1000};
        links->client_delay = (struct delay){.kind = DELAY_EXPONENTIAL, .a = (double)max_delay_us * 100};
    }
    if (worst) {
        links->drop = links->client_drop = 0.01;
        links->duplicate = links->reorder = 0.1;
        links->reorder_extra_ns = 2000000;
        options->deadline_ns = 200000000;
    }
}

int main(int argc, char **argv)
{
    const uint32_t replicas = (uint32_t)argument(argc, argv, 1, 16);
    const uint32_t nodes = replicas + (uint32_t)argument(argc, argv, 2, 4);
    struct node **list = calloc(nodes, sizeof *list);
    for (uint32_t i = 0; i < nodes; i++) {
        struct gossip *gossip = calloc(1, sizeof *gossip);
        *gossip = (struct gossip){.node = {&gossip_operations, i}, .nodes = nodes, .replicas = replicas};
        gossip->tokens = argument(argc, argv, 3, 3);
        gossip->hops = argument(argc, argv, 4, 100);
        list[i] = &gossip->node;
    }
    struct counting_sink sink = {.kind = JOURNAL_EXECUTED, .wanted = nodes * argument(argc, argv, 3, 3)};
    struct driver_options options = harness_options(list, replicas, nodes, &sink);
    const bool worst = argument(argc, argv, 7, 0) != 0;
    options.delay_lines = (uint32_t)argument(argc, argv, 6, 1);
    set_links(&options, argument(argc, argv, 5, 0), worst);
    struct driver_report *report = calloc(1, sizeof *report);
    struct error error;
    CHECK(threads_run(&options, report, &error), "%s", error.text);
    check_books(report);
    CHECK(worst || report->end == END_FINISHED, "%s", driver_end_name(report->end));
    CHECK(worst || report->messages.dropped + report->messages.duplicated == 0, "nothing is lost or repeated");
    for (uint32_t i = 0; i < nodes; i++) {
        node_destroy(list[i]);
    }
    CHECK(created == reclaimed, "%" PRIuFAST64 " payloads made, %" PRIuFAST64 " given back", created, reclaimed);
    printf("%u nodes: %.3f s, cpu %.3f s, %.2f M messages/s, %" PRIuFAST64 " payloads, discarded %" PRIu64
           ", dropped %" PRIu64 ", lateness p50 %.0f us p99 %.0f us\n",
           nodes, (double)report->wall_ns * 1e-9, (double)report->cpu_ns * 1e-9,
           (double)report->messages.delivered / (double)report->wall_ns * 1e3, created, report->messages.discarded,
           report->messages.dropped, (double)histogram_quantile(&report->lateness, 0.5) * 1e-3,
           (double)histogram_quantile(&report->lateness, 0.99) * 1e-3);
    free(list);
    free(report);
    return 0;
}

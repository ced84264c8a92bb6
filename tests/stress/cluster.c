/* A real cluster on threads: every request of every client is accepted and executed everywhere, a decision costs exactly
 * 2n(n-1) messages, the replicas end in one state, and the books are exact.
 *
 *   stress.cluster [REPLICAS [CLIENTS [REQUESTS [MAX_DELAY_US [DELAY_LINES [BATCH [WORST]]]]]]]
 *
 * MAX_DELAY_US 0 is no delay. WORST 1: the network also drops, repeats and reorders for a while (nobody resends yet, so
 * only safety and the books are checked then). */
#include "core/client.h"
#include "core/quorum.h"
#include "core/replica.h"
#include "tests/stress/harness.h"

struct run {
    uint32_t n, clients;
    uint64_t requests; /* of each client */
    bool worst;
    struct protocol_config protocol;
    struct keyring *keyring;
    struct node **nodes;
    struct replica **replicas;
    struct client **client_list;
    struct driver_options options;
};

/* Waits for both: all requests accepted, and executed at all replicas. */
struct progress {
    struct counting_sink counts;
    uint64_t accepted, executed, accepted_wanted, executed_wanted;
};

static void consume(void *context, node_id node, const struct journal_entry *entries, size_t count)
{
    struct progress *progress = context;
    for (size_t i = 0; i < count; i++) {
        progress->accepted += entries[i].kind == JOURNAL_ACCEPTED;
        progress->executed += entries[i].kind == JOURNAL_EXECUTED ? entries[i].count : 0;
    }
    counting_consume(&progress->counts, node, entries, count);
}

static bool finished(void *context)
{
    const struct progress *progress = context;
    return progress->accepted >= progress->accepted_wanted && progress->executed >= progress->executed_wanted;
}

static void build_nodes(struct run *run)
{
    const uint32_t nodes = run->n + run->clients;
    run->keyring = keyring_create(nodes, 11);
    run->nodes = calloc(nodes, sizeof *run->nodes);
    run->replicas = calloc(run->n, sizeof(struct replica *));
    run->client_list = calloc(run->clients, sizeof(struct client *));
    for (uint32_t i = 0; i < run->n; i++) {
        run->replicas[i] = replica_create(i, &run->protocol, run->keyring);
        CHECK(run->replicas[i] != NULL, "replica %u", i);
        run->nodes[i] = replica_node(run->replicas[i]);
    }
    for (uint32_t i = 0; i < run->clients; i++) {
        const struct client_config config = {
            .id = run->n + i,
            .requests = run->requests,
            .operation_size = 16,
            .timeout_ns = UINT64_C(100000000000),
            .reply_quorum = quorum_weak(run->n),
        };
        run->client_list[i] = client_create(&config, &run->protocol, run->keyring);
        CHECK(run->client_list[i] != NULL, "client %u", i);
        run->nodes[run->n + i] = client_node(run->client_list[i]);
    }
}

static void check_outcome(const struct run *run, const struct driver_report *report, const struct progress *progress)
{
    check_books(report);
    if (run->worst) {
        return;
    }
    CHECK(report->end == END_FINISHED, "%s %" PRIu64 " of %" PRIu64 " accepted, %" PRIu64 " of %" PRIu64 " executed",
          driver_end_name(report->end), progress->accepted, progress->accepted_wanted, progress->executed,
          progress->executed_wanted);
    const uint64_t *by_type = report->messages.by_type;
    const uint64_t votes = by_type[MESSAGE_PRE_PREPARE] + by_type[MESSAGE_PREPARE] + by_type[MESSAGE_COMMIT];
    const uint64_t n = run->n;
    CHECK(votes == 2 * n * (n - 1) * progress->counts.proposed, "%" PRIu64 " messages for %" PRIu64 " decisions", votes,
          progress->counts.proposed);
    CHECK(report->messages.dropped + report->messages.duplicated == 0, "nothing is lost or repeated");
    struct replica_status first;
    replica_status(run->replicas[0], &first);
    for (uint32_t i = 1; i < run->n; i++) {
        struct replica_status status;
        replica_status(run->replicas[i], &status);
        CHECK(status.executed == first.executed && status.history == first.history &&
                  digest_equal(status.state, first.state),
              "replica %u ended elsewhere", i);
    }
}

static void destroy_nodes(struct run *run)
{
    for (uint32_t i = 0; i < run->n + run->clients; i++) {
        node_destroy(run->nodes[i]);
    }
    keyring_destroy(run->keyring);
    free(run->nodes);
    free(run->replicas);
    free(run->client_list);
}

static void set_links(struct run *run, uint64_t max_delay_us)
{
    struct link_model *links = &run->options.links;
    if (max_delay_us > 0) {
        links->delay = links->client_delay = (struct delay){
            .kind = DELAY_UNIFORM, .a = (double)max_delay_us * 100, .b = (double)max_delay_us * 1000};
    }
    if (run->worst) {
        links->drop = links->client_drop = 0.02;
        links->duplicate = 0.2;
        links->reorder = 0.2;
        links->reorder_extra_ns = 5000000;
        run->options.deadline_ns = 300000000;
    }
}

int main(int argc, char **argv)
{
    struct run run = {.n = (uint32_t)argument(argc, argv, 1, 4), .clients = (uint32_t)argument(argc, argv, 2, 1)};
    run.requests = argument(argc, argv, 3, 100) / run.clients;
    run.worst = argument(argc, argv, 7, 0) != 0;
    run.protocol = (struct protocol_config){
        .replicas = run.n,
        .clients = run.clients,
        .quorum = quorum_size(run.n),
        .batch = (uint32_t)argument(argc, argv, 6, 1),
        .pipeline = 64,
        .checkpoint_interval = 64,
        .window = 256,
        .view_timeout_ns = UINT64_C(100000000000),
    };
    build_nodes(&run);
    struct progress progress = {.accepted_wanted = run.requests * run.clients,
                                .executed_wanted = run.requests * run.clients * run.n};
    run.options = harness_options(run.nodes, run.n, run.n + run.clients, &progress.counts);
    run.options.sink = (struct journal_sink){consume, finished, &progress};
    run.options.keyring = run.keyring;
    run.options.delay_lines = (uint32_t)argument(argc, argv, 5, 1);
    set_links(&run, argument(argc, argv, 4, 0));
    struct driver_report *report = calloc(1, sizeof *report);
    struct error error;
    CHECK(threads_run(&run.options, report, &error), "%s", error.text);
    check_outcome(&run, report, &progress);
    printf(
        "n %u, %u clients: %.3f s, cpu %.3f s, %.0f requests/s, %.2f M messages/s, lateness p50 %.0f us p99 %.0f us, "
        "discarded %" PRIu64 "\n",
        run.n, run.clients, (double)report->wall_ns * 1e-9, (double)report->cpu_ns * 1e-9,
        (double)progress.accepted / (double)report->wall_ns * 1e9,
        (double)report->messages.delivered / (double)report->wall_ns * 1e3,
        (double)histogram_quantile(&report->lateness, 0.5) * 1e-3,
        (double)histogram_quantile(&report->lateness, 0.99) * 1e-3, report->messages.discarded);
    destroy_nodes(&run);
    free(report);
    return 0;
}

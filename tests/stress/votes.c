/* How fast votes get through: replicas that only count (pre-prepare, prepare, commit, each a broadcast, with a quorum of
 * each), no delay. Every decision must cost exactly 2n(n-1) messages.
 *
 *   stress.votes [REPLICAS [DECISIONS [IN_FLIGHT [DELAY_LINES [PIN]]]]] */
#include "net/driver.h"
#include "tests/stress/harness.h"

#define WINDOW 1024u

struct count {
    uint64_t sequence;
    uint32_t prepares, commits;
    bool proposed, prepared, committed;
};

struct voter {
    struct node node;
    uint32_t replicas, quorum;
    uint64_t now_ns;
    uint64_t decisions, in_flight;
    uint64_t proposed, decided, limit;
    _Atomic uint64_t *progress; /* of all: stands in for checkpoints, so that no replica falls behind by a window */
    struct count counts[WINDOW];
};

static void vote(struct voter *voter, struct outbox *outbox, uint8_t type, uint64_t sequence)
{
    outbox_broadcast(outbox, (struct message){.type = type, .sequence = sequence, .sender = voter->node.id});
}

/* NULL for a late vote about what was decided a window ago. */
static struct count *count_at(struct voter *voter, uint64_t sequence)
{
    struct count *count = &voter->counts[sequence % WINDOW];
    if (count->sequence < sequence) {
        CHECK(count->sequence == 0 || count->committed, "replica %u loses %" PRIu64, voter->node.id, count->sequence);
        *count = (struct count){.sequence = sequence};
    }
    return count->sequence == sequence ? count : NULL;
}

static uint64_t slowest(const struct voter *voter)
{
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < voter->replicas; i++) {
        const uint64_t decided = atomic_load_explicit(&voter->progress[i], memory_order_relaxed);
        least = decided < least ? decided : least;
    }
    return least;
}

static void propose(struct voter *voter, struct outbox *outbox)
{
    if (voter->node.id != 0 || voter->proposed == voter->decisions) {
        return;
    }
    if (voter->proposed + voter->in_flight > voter->limit) {
        voter->limit = slowest(voter) + WINDOW / 2;
    }
    while (voter->proposed < voter->decisions && voter->proposed < voter->decided + voter->in_flight &&
           voter->proposed < voter->limit) {
        voter->proposed++;
        count_at(voter, voter->proposed)->proposed = true;
        vote(voter, outbox, MESSAGE_PRE_PREPARE, voter->proposed);
    }
}

static void decide(struct voter *voter, struct count *count, struct outbox *outbox)
{
    if (!count->prepared && count->proposed && count->prepares >= voter->quorum - 1) {
        count->prepared = true;
        count->commits++;
        vote(voter, outbox, MESSAGE_COMMIT, count->sequence);
    }
    if (!count->committed && count->prepared && count->commits >= voter->quorum) {
        count->committed = true;
        voter->decided++;
        atomic_store_explicit(&voter->progress[voter->node.id], voter->decided, memory_order_relaxed);
        outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = count->sequence});
    }
}

static void receive(struct voter *voter, const struct message *message, struct outbox *outbox)
{
    struct count *count = count_at(voter, message->sequence);
    if (count == NULL) {
        return;
    }
    if (message->type == MESSAGE_PRE_PREPARE) {
        count->proposed = true;
        count->prepares++;
        vote(voter, outbox, MESSAGE_PREPARE, message->sequence);
    } else if (message->type == MESSAGE_PREPARE) {
        count->prepares++;
    } else {
        count->commits++;
    }
    decide(voter, count, outbox);
}

static void voter_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct voter *voter = (struct voter *)node;
    voter->now_ns = event->now_ns;
    if (event->kind == EVENT_MESSAGE) {
        CHECK(event->message->sender == event->from, "claimed %u, stamped %u", event->message->sender, event->from);
        receive(voter, event->message, outbox);
    }
    propose(voter, outbox);
}

/* The primary looks again now and then, in case it waits for the slowest. */
static uint64_t voter_deadline(const struct node *node)
{
    const struct voter *voter = (const struct voter *)node;
    return node->id == 0 && voter->proposed < voter->decisions ? voter->now_ns + 100000 : TIME_NEVER_NS;
}

static void voter_destroy(struct node *node)
{
    free(node);
}

static const struct node_operations voter_operations = {
    .step = voter_step, .deadline = voter_deadline, .destroy = voter_destroy};

int main(int argc, char **argv)
{
    const uint32_t n = (uint32_t)argument(argc, argv, 1, 7);
    const uint64_t decisions = argument(argc, argv, 2, 300);
    struct node **nodes = calloc(n, sizeof *nodes);
    _Atomic uint64_t *progress = calloc(n, sizeof *progress);
    for (uint32_t i = 0; i < n; i++) {
        struct voter *voter = calloc(1, sizeof *voter);
        voter->node = (struct node){&voter_operations, i};
        voter->replicas = n;
        voter->quorum = (n + (n - 1) / 3 + 2) / 2;
        voter->decisions = decisions;
        voter->in_flight = argument(argc, argv, 3, 64);
        voter->progress = progress;
        nodes[i] = &voter->node;
    }
    struct counting_sink sink = {.kind = JOURNAL_EXECUTED, .wanted = n * decisions};
    struct driver_options options = harness_options(nodes, n, n, &sink);
    options.delay_lines = (uint32_t)argument(argc, argv, 4, 1);
    options.pin = argument(argc, argv, 5, 0) != 0;
    struct driver_report *report = calloc(1, sizeof *report);
    struct error error;
    CHECK(threads_run(&options, report, &error), "%s", error.text);
    CHECK(report->end == END_FINISHED, "%s; %" PRIu64 " of %" PRIu64 " decided", driver_end_name(report->end),
          sink.seen, sink.wanted);
    check_books(report);
    const uint64_t expected = 2 * (uint64_t)n * (n - 1) * decisions;
    CHECK(report->messages.sent == expected, "%" PRIu64 " sent, %" PRIu64 " expected", report->messages.sent, expected);
    CHECK(sink.proposed == decisions, "%" PRIu64 " proposals noted", sink.proposed);
    printf("n %u: %.3f s, cpu %.3f s, %.1f M messages/s, %.0f decisions/s, discarded %" PRIu64 ", stalls %" PRIu64
           ", lateness p50 %.0f us p99 %.0f us\n",
           n, (double)report->wall_ns * 1e-9, (double)report->cpu_ns * 1e-9,
           (double)report->messages.delivered / (double)report->wall_ns * 1e3,
           (double)decisions / (double)report->wall_ns * 1e9, report->messages.discarded, report->stalls,
           (double)histogram_quantile(&report->lateness, 0.5) * 1e-3,
           (double)histogram_quantile(&report->lateness, 0.99) * 1e-3);
    for (uint32_t i = 0; i < n; i++) {
        node_destroy(nodes[i]);
    }
    free(nodes);
    free(progress);
    free(report);
    return 0;
}

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
    uint64_t decisions, in_flight;
    uint64_t proposed, decided;
    struct count counts[WINDOW];
};

static void vote(struct voter *voter, struct outbox *outbox, uint8_t type, uint64_t sequence)
{
    outbox_broadcast(outbox, (struct message){.type = type, .sequence = sequence, .sender = voter->node.id});
}

static struct count *count_at(struct voter *voter, uint64_t sequence)
{
    struct count *count = &voter->counts[sequence % WINDOW];
    if (count->sequence < sequence) {
        *count = (struct count){.sequence = sequence};
    }
    CHECK(count->sequence == sequence, "replica %u got %" PRIu64 " beside %" PRIu64, voter->node.id, sequence,
          count->sequence);
    return count;
}

static void propose(struct voter *voter, struct outbox *outbox)
{
    while (voter->node.id == 0 && voter->proposed < voter->decisions &&
           voter->proposed < voter->decided + voter->in_flight) {
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
        outbox_record(outbox, &(struct journal_entry){.kind = JOURNAL_EXECUTED, .sequence = count->sequence});
    }
}

static void voter_step(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct voter *voter = (struct voter *)node;
    if (event->kind == EVENT_MESSAGE) {
        const struct message *message = event->message;
        struct count *count = count_at(voter, message->sequence);
        CHECK(message->sender == event->from, "claimed %u, stamped %u", message->sender, event->from);
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
    propose(voter, outbox);
}

static uint64_t voter_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void voter_destroy(struct node *node)
{
    free(node);
}

static const struct node_operations voter_operations = {voter_step, voter_deadline, voter_destroy};

int main(int argc, char **argv)
{
    const uint32_t n = (uint32_t)argument(argc, argv, 1, 7);
    const uint64_t decisions = argument(argc, argv, 2, 300);
    struct node **nodes = calloc(n, sizeof *nodes);
    for (uint32_t i = 0; i < n; i++) {
        struct voter *voter = calloc(1, sizeof *voter);
        voter->node = (struct node){&voter_operations, i};
        voter->replicas = n;
        voter->quorum = (n + (n - 1) / 3 + 2) / 2;
        voter->decisions = decisions;
        voter->in_flight = argument(argc, argv, 3, 64);
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
    free(report);
    return 0;
}

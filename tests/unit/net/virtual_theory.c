/* The whole model, links, clock and votes, against theory. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "core/quorum.h"
#include "tests/support/net/actors.h"

/* What a replica knows of one decision. */
struct ballot {
    uint16_t prepares, commits; /* with its own */
    bool pre_prepared, prepared, committed;
};

/* Counts votes and does nothing else. */
struct voter {
    struct node node;
    uint32_t quorum;
    struct ballot *ballots;   /* by sequence number */
    uint64_t *last_commit_ns; /* by sequence number: of whichever replica was last; shared */
    uint64_t committed;
};

enum { DECISIONS = 20000 };

/* The pre-prepare is the primary's vote, so it counts among the prepares. */
static void advance(struct voter *voter, sequence_number sequence, uint64_t now_ns, struct outbox *outbox)
{
    struct ballot *ballot = &voter->ballots[sequence];
    if (ballot->pre_prepared && !ballot->prepared && ballot->prepares >= voter->quorum) {
        ballot->prepared = true;
        ballot->commits++;
        outbox_broadcast(outbox, message_of(MESSAGE_COMMIT, 0, sequence, 0));
    }
    if (ballot->prepared && !ballot->committed && ballot->commits >= voter->quorum) {
        ballot->committed = true;
        voter->committed++;
        voter->last_commit_ns[sequence] = now_ns;
    }
}

static void step_voter(struct node *node, const struct event *event, struct outbox *outbox)
{
    struct voter *voter = (struct voter *)node;
    if (event->kind == EVENT_START) {
        for (sequence_number sequence = 1; node->id == 0 && sequence <= DECISIONS; sequence++) {
            outbox_broadcast(outbox, message_of(MESSAGE_PRE_PREPARE, 0, sequence, 0));
            voter->ballots[sequence].pre_prepared = true;
            voter->ballots[sequence].prepares = 1;
        }
        return;
    }
    sequence_number sequence = event->message->sequence;
    struct ballot *ballot = &voter->ballots[sequence];
    if (event->message->type == MESSAGE_PRE_PREPARE) {
        ballot->pre_prepared = true;
        ballot->prepares = (uint16_t)(ballot->prepares + 2); /* the primary's and its own */
        outbox_broadcast(outbox, message_of(MESSAGE_PREPARE, 0, sequence, 0));
    } else if (event->message->type == MESSAGE_PREPARE) {
        ballot->prepares++;
    } else {
        ballot->commits++;
    }
    advance(voter, sequence, event->now_ns, outbox);
}

static uint64_t no_deadline(const struct node *node)
{
    (void)node;
    return TIME_NEVER_NS;
}

static void destroy_nothing(struct node *node)
{
    (void)node;
}

static const struct node_operations voter_operations = {
    .step = step_voter, .deadline = no_deadline, .destroy = destroy_nothing};

/* The mean time until the last of n replicas has committed, in ms. */
static double mean_of_last_commit(uint32_t n)
{
    static struct voter voters[MOST_NODES];
    struct troupe *troupe = troupe_open(n, 0, "uniform:5ms..35ms", NULL);
    uint64_t *last_commit_ns = calloc(DECISIONS + 1, sizeof *last_commit_ns);
    for (node_id id = 0; id < n; id++) {
        voters[id] = (struct voter){.node = {&voter_operations, id},
                                    .quorum = quorum_size(n),
                                    .ballots = calloc(DECISIONS + 1, sizeof(struct ballot)),
                                    .last_commit_ns = last_commit_ns};
        troupe->nodes[id] = &voters[id].node;
    }
    troupe->write = false;
    troupe->options.links.seed = 20261122;
    cr_assert(virtual_run(&troupe->options, &troupe->report, &troupe->error));
    cr_assert_eq(troupe->report.end, END_QUIET);
    cr_assert_eq(troupe->report.messages.delivered, UINT64_C(2) * n * (n - 1) * DECISIONS);
    double sum = 0.0;
    for (int sequence = 1; sequence <= DECISIONS; sequence++) {
        sum += (double)last_commit_ns[sequence] * 1e-6;
    }
    for (node_id id = 0; id < n; id++) {
        cr_assert_eq(voters[id].committed, DECISIONS);
        free(voters[id].ballots);
    }
    free(last_commit_ns);
    free(troupe);
    return sum / DECISIONS;
}

Test(virtual, three_phases_take_as_long_as_theory_says)
{
    double four = mean_of_last_commit(4);
    double ten = mean_of_last_commit(10);
    cr_assert(fabs(four - 62.97) < 4 * 8.0 / sqrt(DECISIONS), "n = 4: %.3f ms", four);
    cr_assert(fabs(ten - 71.52) < 4 * 4.0 / sqrt(DECISIONS), "n = 10: %.3f ms", ten);
}

/* Under the virtual clock identical arguments give identical results, field by field, outside what the host adds. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/scenario.h"

static void expect_same_histogram(const struct histogram *a, const struct histogram *b)
{
    cr_assert(memcmp(a, b, sizeof *a) == 0);
}

static void expect_same(const struct run_result *a, const struct run_result *b)
{
    cr_assert(a->seed == b->seed && a->safe == b->safe && a->live == b->live && a->empty == b->empty);
    cr_assert(a->digests_agree == b->digests_agree && a->books_balanced == b->books_balanced);
    cr_assert(memcmp(&a->violation, &b->violation, sizeof a->violation) == 0);
    cr_assert(a->submitted == b->submitted && a->executed == b->executed && a->accepted == b->accepted);
    cr_assert(a->decisions == b->decisions && a->view_changes == b->view_changes && a->final_view == b->final_view);
    cr_assert(a->end == b->end && a->elapsed_ns == b->elapsed_ns && a->events == b->events);
    cr_assert(a->operations_per_second == b->operations_per_second);
    expect_same_histogram(&a->first, &b->first);
    expect_same_histogram(&a->median, &b->median);
    expect_same_histogram(&a->quorum, &b->quorum);
    expect_same_histogram(&a->all, &b->all);
    expect_same_histogram(&a->commit, &b->commit);
    expect_same_histogram(&a->request, &b->request);
    cr_assert(memcmp(&a->messages, &b->messages, sizeof a->messages) == 0);
    cr_assert(memcmp(a->rejected, b->rejected, sizeof a->rejected) == 0);
    cr_assert(a->fault_count == b->fault_count);
    for (uint32_t i = 0; i < a->fault_count; i++) {
        cr_assert(a->faults[i].fired == b->faults[i].fired && a->faults[i].behavior == b->faults[i].behavior);
    }
    cr_assert(digest_equal(a->history_digest, b->history_digest));
    for (uint32_t i = 0; i < a->replica_count; i++) {
        const struct replica_result *one = &a->replicas[i], *other = &b->replicas[i];
        cr_assert(one->correct == other->correct && one->view == other->view && one->executed == other->executed);
        cr_assert(one->stable == other->stable && digest_equal(one->state, other->state));
    }
    cr_assert(a->timeline_bins == b->timeline_bins);
    for (uint32_t i = 0; i < a->timeline_bins; i++) {
        cr_assert(a->timeline[i].executed == b->timeline[i].executed && a->timeline[i].view == b->timeline[i].view);
    }
}

static const char *const behaviors[] = {"silent",    "crash",      "article", "conflicting-digest",
                                        "selective", "equivocate", "eager",   "split-vote"};

/* A scenario that has a bit of everything, drawn from `seed`. */
static struct scenario mixed_scenario(uint64_t seed)
{
    struct scenario scenario = scenario_of(1 + (uint32_t)(seed % 11));
    scenario.seed = seed * 1000;
    scenario.requests = 1 + seed % 37;
    scenario.clients = 1 + (uint32_t)(seed % 5);
    scenario.batch = 1 + (uint32_t)(seed % 3);
    scenario.drop = seed % 4 == 0 ? 0.05 : 0;
    scenario.duplicate = seed % 3 == 0 ? 0.2 : 0;
    scenario.reorder = seed % 5 == 0 ? 0.3 : 0;
    scenario.rate = seed % 7 == 0 ? 500 : 0;
    scenario.timeline_ns = 50 * MS;
    scenario.deadline_ns = 2 * SECOND;
    scenario_misbehave(&scenario, behaviors[seed % 8], (uint32_t)(seed % scenario.nodes), NULL);
    return scenario;
}

Test(determinism, the_same_scenario_twice_is_the_same_run)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct scenario scenario = mixed_scenario(seed);
        struct run_result *one = scenario_play(&scenario, 0);
        struct run_result *other = scenario_play(&scenario, 0);
        expect_same(one, other);
        cr_assert(one->books_balanced && one->log_bounded, "seed %lu", seed);
        scenario_release(one);
        scenario_release(other);
    }
}

Test(determinism, a_repetition_is_the_run_of_its_own_seed)
{
    struct scenario scenario = mixed_scenario(12), later = mixed_scenario(12);
    later.seed += 3;
    struct run_result *one = scenario_play(&scenario, 3);
    struct run_result *other = scenario_play(&later, 0);
    expect_same(one, other);
    scenario_release(one);
    scenario_release(other);
}

Test(determinism, another_seed_is_another_run)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 20;
    struct run_result *one = scenario_play(&scenario, 0);
    struct run_result *other = scenario_play(&scenario, 1);
    cr_assert(one->elapsed_ns != other->elapsed_ns);
    scenario_release(one);
    scenario_release(other);
}

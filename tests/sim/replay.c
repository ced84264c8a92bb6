/* Runs that were recorded, on threads and under the virtual clock, come to the same when they are replayed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "runner/record.h"
#include "tests/support/scenario.h"

struct replayed {
    struct record record;
    struct replay_source source;
    struct run_result then, now;
    struct run_replay replay;
};

/* Among misbehaving replicas or none, a scenario that is written down names a behaviour. */
static struct replayed *record_of(const struct scenario *asked)
{
    struct error error;
    struct scenario named = *asked;
    named.behavior = asked->behavior != NULL ? asked->behavior : behavior_find("article");
    const struct scenario *scenario = &named;
    struct replayed *run = calloc(1, sizeof *run);
    cr_assert(run != NULL);
    cr_assert(record_begin(&run->record, NULL, scenario, &error), "%s", error.text);
    const struct run_plan plan = {.scenario = scenario, .recording = &run->record.recording};
    cr_assert(run_planned(&plan, &run->then, &error), "%s", error.text);
    cr_assert(record_end(&run->record, &run->then, &error), "%s", error.text);
    cr_assert(replay_source_read(&run->source, fileno(run->record.output.file), "the recording", &error), "%s",
              error.text);
    return run;
}

static bool replay(struct replayed *run, struct error *error)
{
    run->replay = (struct run_replay){.recorded = &run->source.recorded, .facts = run->source.facts};
    const struct run_plan plan = {.scenario = &run->source.scenario, .replay = &run->replay};
    return run_planned(&plan, &run->now, error);
}

static void release(struct replayed *run)
{
    run_result_destroy(&run->then);
    run_result_destroy(&run->now);
    replay_source_close(&run->source);
    record_abandon(&run->record);
    free(run);
}

/* Returns the events of the run. */
static uint64_t check_same(const struct scenario *scenario, const char *what)
{
    struct replayed *run = record_of(scenario);
    struct error error = {""};
    char difference[512] = "";
    cr_assert(replay(run, &error), "%s, n = %u, seed %lu: %s", what, scenario->nodes, scenario->seed, error.text);
    cr_assert(replay_agrees(&run->source, &run->now, difference, sizeof difference), "%s, n = %u, seed %lu: %s", what,
              scenario->nodes, scenario->seed, difference);
    cr_assert(digest_equal(run->then.history_digest, run->now.history_digest));
    cr_assert(run->now.events == run->then.events && run->now.events == run->source.recorded.steps);
    const uint64_t events = run->now.events;
    release(run);
    return events;
}

/* Quick: the emulated times are real ones here. */
static struct scenario quick(uint32_t nodes, uint64_t seed)
{
    struct scenario scenario = scenario_of(nodes);
    scenario_without_delay(&scenario);
    scenario.clock = CLOCK_REAL;
    scenario.seed = seed;
    scenario.requests = 40;
    scenario.clients = 8;
    scenario.checkpoint_interval = 4;
    scenario.window = 16;
    scenario.pipeline = 8;
    scenario.stall_ns = 10 * SECOND;
    scenario.view_timeout_ns = scenario.client_timeout_ns = 60 * MS;
    return scenario;
}

Test(replay, a_threaded_run_without_delay_comes_to_the_same)
{
    for (uint32_t seed = 0; seed < 14; seed++) {
        struct scenario scenario = quick(4 + seed % 7, seed);
        scenario.delay_lines = 1 + seed % 3;
        cr_assert(check_same(&scenario, "no delay") > 40 * 10);
    }
}

Test(replay, a_threaded_run_that_loses_and_repeats_messages_comes_to_the_same)
{
    for (uint32_t seed = 0; seed < 12; seed++) {
        struct scenario scenario = quick(4 + seed % 7, seed);
        scenario.delay = (struct delay){.kind = DELAY_UNIFORM, .a = 1e5, .b = 1e6};
        scenario.drop = 0.1;
        scenario.duplicate = 0.1;
        scenario.reorder = 0.1;
        scenario.reorder_extra_ns = MS;
        scenario.retransmit_ns = 5 * MS;
        scenario.fifo = seed % 4 == 3;
        check_same(&scenario, "losses");
    }
}

Test(replay, a_threaded_run_with_view_changes_comes_to_the_same)
{
    const node_id primary[] = {0, 1, 2};
    for (uint32_t seed = 0; seed < 10; seed++) {
        struct scenario scenario = quick(4 + seed % 7, seed);
        scenario.requests = 12;
        scenario_misbehave(&scenario, seed % 2 == 0 ? "silent" : "equivocate", (scenario.nodes - 1) / 3, primary);
        scenario.retransmit_ns = 5 * MS;
        check_same(&scenario, "view changes");
    }
}

Test(replay, a_threaded_run_with_any_misbehaviour_comes_to_the_same)
{
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        struct scenario scenario = quick(4 + 3 * (i % 2), i);
        scenario.requests = 10;
        scenario.deadline_ns = SECOND / 2;
        scenario_misbehave(&scenario, behavior_at(i)->name, 1, NULL);
        scenario.retransmit_ns = 5 * MS;
        check_same(&scenario, behavior_at(i)->name);
    }
}

/* They speak to each other, and what they say travels in bundles. */
Test(replay, a_threaded_run_with_two_that_misbehave_and_no_delay_comes_to_the_same)
{
    for (size_t i = 0; behavior_at(i)->name != NULL; i++) {
        struct scenario scenario = quick(7, i);
        scenario.requests = 30;
        scenario.clients = 10;
        scenario.pipeline = 16;
        scenario.deadline_ns = SECOND / 4;
        scenario.delay.kind = scenario.client_delay.kind = DELAY_NONE;
        scenario.auth = i % 2 == 0 ? AUTH_MAC : AUTH_NONE;
        scenario_misbehave(&scenario, behavior_at(i)->name, 2, NULL);
        scenario.retransmit_ns = 5 * MS;
        check_same(&scenario, behavior_at(i)->name);
    }
}

Test(replay, a_threaded_run_with_seals_comes_to_the_same)
{
    for (enum auth_mode auth = AUTH_MAC; auth <= AUTH_SIGNATURE; auth++) {
        struct scenario scenario = quick(4, auth);
        scenario.requests = 10;
        scenario.auth = auth;
        check_same(&scenario, auth == AUTH_MAC ? "mac" : "signature");
    }
}

Test(replay, a_virtual_run_comes_to_the_same)
{
    for (uint32_t seed = 0; seed < 20; seed++) {
        struct scenario scenario = scenario_of(4 + seed % 7);
        const node_id primary[] = {0};
        scenario.seed = seed;
        scenario.requests = 30;
        scenario.clients = 1 + seed % 5;
        scenario.drop = seed % 3 == 0 ? 0.1 : 0.0;
        scenario.retransmit_ns = 80 * MS;
        if (seed % 2 == 0) {
            scenario_misbehave(&scenario, "silent", 1, primary);
        }
        check_same(&scenario, "virtual");
    }
}

/* Beyond the bound: the replay breaks the same invariant at the same place. */
Test(replay, shows_a_violation_again)
{
    struct scenario scenario = scenario_of(4);
    const node_id both[] = {0, 1};
    scenario.deadline_ns = 2 * SECOND;
    scenario_misbehave(&scenario, "collude", 2, both);
    struct replayed *run = record_of(&scenario);
    struct error error = {""};
    cr_assert(!run->then.safe && run->then.violation.found);
    cr_assert(replay(run, &error), "%s", error.text);
    cr_assert(!run->now.safe && run->now.violation.sequence == run->then.violation.sequence);
    cr_assert_str_eq(run->now.violation.property, run->then.violation.property);
    release(run);
}

/* Another seed means other tags: the first step that puts one out differs, and is named. */
Test(replay, of_another_run_says_where_it_differs_first)
{
    struct scenario scenario = quick(4, 1);
    struct replayed *run = record_of(&scenario);
    struct error error = {""};
    run->source.scenario.seed++;
    cr_assert(!replay(run, &error));
    cr_assert(run->replay.end == REPLAY_DIFFERENT);
    cr_assert(strstr(error.text, "differs from the recording: node ") != NULL, "%s", error.text);
    release(run);
}

/* A step's output that changes by a bit is noticed, not only missing messages: the accepted results would differ. */
Test(replay, with_another_result_says_what_differs)
{
    struct scenario scenario = quick(4, 2);
    struct replayed *run = record_of(&scenario);
    struct error error = {""};
    char difference[512] = "";
    cr_assert(replay(run, &error), "%s", error.text);
    run->now.history_digest.words[0] ^= 1;
    cr_assert(!replay_agrees(&run->source, &run->now, difference, sizeof difference));
    cr_assert(strncmp(difference, "history_digest: recorded ", 25) == 0, "%s", difference);
    run->now.history_digest.words[0] ^= 1;
    run->now.replicas[2].executed++;
    cr_assert(!replay_agrees(&run->source, &run->now, difference, sizeof difference));
    cr_assert(strncmp(difference, "replicas[2].executed: ", 22) == 0, "%s", difference);
    release(run);
}

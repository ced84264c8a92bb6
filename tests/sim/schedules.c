/* Schedules of faults, whole runs: what breaks, what only costs time, and that both clocks agree about it. */
#include <criterion/criterion.h>
#include <string.h>

#include "runner/schedule_file.h"
#include "tests/support/scenario.h"

/* Room for a schedule: the latest one is released with the test's process. */
static struct schedule room;

static void follow(struct scenario *scenario, const char *events)
{
    char text[1024];
    struct error error = {""};
    snprintf(text, sizeof text, "{\"schema\": 1, \"events\": [%s]}", events);
    const struct json_source source = {"schedule", text, 1, 1};
    schedule_destroy(&room);
    cr_assert(schedule_read(&source, scenario->nodes, &room, &error), "%s", error.text);
    scenario->schedule = &room;
    scenario->retransmit_ns = 80 * MS;
}

static void is_sound(const struct run_result *result)
{
    cr_assert(result->safe && result->digests_agree, "seed %lu: %s", result->seed, result->violation.property);
    cr_assert(result->books_balanced && result->log_bounded, "seed %lu", result->seed);
}

/* Every replica ended correct, in the same state. */
static void all_are_equal(const struct scenario *scenario, const struct run_result *result)
{
    is_sound(result);
    cr_assert(result->live && result->executed == scenario->requests, "seed %lu: %lu executed", result->seed,
              result->executed);
    for (node_id id = 0; id < scenario->nodes; id++) {
        cr_assert(result->replicas[id].correct, "replica %u", id);
        cr_assert(result->replicas[id].executed == result->replicas[0].executed, "replica %u", id);
        cr_assert(digest_equal(result->replicas[id].state, result->replicas[0].state), "replica %u", id);
    }
}

#define CUT_OFF "{\"at\": \"50ms\", \"partition\": [[3]]}, {\"at\": \"5s\", \"heal\": true}"

/* Three windows of requests pass replica 3 by, and it fetches the state. */
static void cut_off_and_back(struct scenario *scenario)
{
    scenario->checkpoint_interval = 4;
    scenario->window = 8;
    scenario->pipeline = 4;
    scenario->clients = 4;
    scenario->requests = 400;
    scenario->timeline_ns = 5 * SECOND;
}

Test(schedules, a_replica_cut_off_for_three_windows_reaches_the_same_state)
{
    for (uint32_t index = 0; index < 10; index++) {
        struct scenario scenario = scenario_of(4);
        cut_off_and_back(&scenario);
        follow(&scenario, CUT_OFF);
        struct run_result *result = scenario_play(&scenario, index);
        all_are_equal(&scenario, result);
        cr_assert_geq(result->timeline[0].executed, 4 * scenario.window, "%lu", result->timeline[0].executed);
        scenario_release(result);
    }
}

Test(schedules, on_threads_too_a_replica_cut_off_for_three_windows_reaches_the_same_state)
{
    struct scenario scenario = scenario_of(4);
    cut_off_and_back(&scenario);
    scenario.clock = CLOCK_REAL;
    scenario.time_scale = 0.2;
    scenario.stall_ns = 30 * SECOND;
    follow(&scenario, CUT_OFF);
    struct run_result *result = scenario_play(&scenario, 0);
    all_are_equal(&scenario, result);
    scenario_release(result);
}

#define CUT_BRIEFLY "{\"at\": \"0ms\", \"until\": \"60ms\", \"partition\": [[3]]}"
#define SLOW_COMMITS "{\"at\": \"0ms\", \"links\": {\"types\": [\"commit\"]}, \"delay\": \"fixed:30ms\"}"
#define TOO_LATE "{\"at\": \"1000s\", \"partition\": \"primary\"}"

/* I15: what each entry did is counted, message by message, under both clocks. */
Test(schedules, tell_what_they_did)
{
    for (int clock = 0; clock < 2; clock++) {
        struct scenario scenario = scenario_of(4);
        scenario.requests = 10;
        scenario.clock = clock == 0 ? CLOCK_VIRTUAL : CLOCK_REAL;
        scenario.delay_lines = 2;
        scenario.deadline_ns = 2000 * SECOND;
        follow(&scenario, CUT_BRIEFLY);
        struct run_result *result = scenario_play(&scenario, 0);
        all_are_equal(&scenario, result);
        const struct schedule_result *cut = &result->schedule;
        cr_assert(cut->partitions && !cut->rules && cut->effect.idle == 0 && cut->effect.ruled == 0);
        cr_assert_gt(cut->effect.lost, 0);
        cr_assert_eq(cut->effect.lost, result->messages.dropped);
        scenario_release(result);
        follow(&scenario, SLOW_COMMITS ", " TOO_LATE);
        scenario.retransmit_ns = 0;
        scenario.view_timeout_ns = scenario.client_timeout_ns = 60 * SECOND;
        result = scenario_play(&scenario, 0);
        cr_assert(result->live && result->messages.dropped == 0);
        cr_assert_eq(result->schedule.effect.ruled, result->messages.by_type[MESSAGE_COMMIT]);
        cr_assert(result->schedule.effect.lost == 0 && result->schedule.effect.idle == 1);
        scenario_release(result);
    }
}

#define PRIMARY_CRASHES "{\"at\": \"100ms\", \"crash\": [0]}, {\"at\": \"2s\", \"recover\": [0], \"state\": \"kept\"}"

Test(schedules, a_primary_that_crashes_and_comes_back_costs_one_view_change_and_is_correct)
{
    for (uint32_t index = 0; index < 20; index++) {
        struct scenario scenario = scenario_of(4);
        scenario.requests = 60;
        follow(&scenario, PRIMARY_CRASHES);
        struct run_result *result = scenario_play(&scenario, index);
        all_are_equal(&scenario, result);
        cr_assert(result->view_changes == 1 && result->final_view == 1, "%lu view changes", result->view_changes);
        cr_assert(result->fault_count == 1 && result->faults[0].fired == 1 && !result->empty);
        cr_assert_str_eq(result->faults[0].behavior, "crash");
        cr_assert_gt(result->elapsed_ns, 2 * SECOND);
        scenario_release(result);
    }
}

Test(schedules, on_threads_too_a_primary_comes_back_and_is_correct)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 40;
    scenario.clock = CLOCK_REAL;
    scenario.time_scale = 0.2;
    scenario.stall_ns = 30 * SECOND;
    follow(&scenario, PRIMARY_CRASHES);
    uint32_t final_view = 0;
    for (uint32_t trial = 0; trial < 10 && final_view == 0; trial++) { /* a busy machine may sleep through the outage */
        struct run_result *result = scenario_play(&scenario, 0);
        all_are_equal(&scenario, result);
        cr_assert_eq(result->faults[0].fired, 1);
        final_view = (uint32_t)result->final_view;
        scenario_release(result);
    }
    cr_assert_geq(final_view, 1);
}

/* It waited for a request when it went down, for much less than its timer: nobody is to be suspected for the outage. */
Test(schedules, who_comes_back_does_not_take_its_own_outage_for_a_silent_primary)
{
    for (uint32_t index = 0; index < 20; index++) {
        struct scenario scenario = scenario_of(4);
        scenario.requests = 30;
        scenario.client_timeout_ns = 20 * MS; /* backups hear of requests from the client */
        follow(&scenario,
               "{\"at\": \"75ms\", \"crash\": [3]}, {\"at\": \"1s\", \"recover\": [3], \"state\": \"kept\"}");
        struct run_result *result = scenario_play(&scenario, index);
        all_are_equal(&scenario, result);
        cr_assert_eq(result->messages.by_type[MESSAGE_VIEW_CHANGE], 0, "seed %lu", result->seed);
        scenario_release(result);
    }
}

/* The requests are done long before; the run waits for it all the same. */
Test(schedules, a_run_lasts_until_who_was_down_has_caught_up)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 3;
    follow(&scenario, "{\"at\": \"0s\", \"crash\": [3]}, {\"at\": \"10s\", \"recover\": [3], \"state\": \"kept\"}");
    struct run_result *result = scenario_play(&scenario, 0);
    all_are_equal(&scenario, result);
    cr_assert(result->elapsed_ns > 10 * SECOND && result->elapsed_ns < 11 * SECOND);
    cr_assert_eq(result->view_changes, 0);
    scenario_release(result);
}

Test(schedules, several_outages_of_one_replica)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = 60;
    follow(&scenario,
           "{\"at\": \"0s\", \"crash\": [1]}, {\"at\": \"1s\", \"recover\": [1], \"state\": \"kept\"},"
           "{\"at\": \"1s\", \"crash\": [1]}, {\"at\": \"2s\", \"recover\": [1], \"state\": \"kept\"},"
           "{\"at\": \"3s\", \"crash\": [1, 2]}, {\"at\": \"4s\", \"recover\": [1, 2], \"state\": \"kept\"}");
    struct run_result *result = scenario_play(&scenario, 0);
    all_are_equal(&scenario, result);
    cr_assert_eq(result->faults[0].fired, 4);
    cr_assert_gt(result->elapsed_ns, 4 * SECOND, "with two of four down nothing is executed");
    scenario_release(result);
}

Test(schedules, who_loses_its_state_or_stays_down_counts_as_misbehaving)
{
    static const char *const fates[] = {
        "{\"at\": \"100ms\", \"crash\": [3]}, {\"at\": \"900ms\", \"recover\": [3], \"state\": \"lost\"}",
        "{\"at\": \"100ms\", \"crash\": [3]}",
        "{\"at\": \"100ms\", \"crash\": [3]}, {\"at\": \"90s\", \"recover\": [3], \"state\": \"kept\"}",
    };
    for (size_t i = 0; i < 3; i++) {
        struct scenario scenario = scenario_of(4);
        scenario.requests = 30;
        follow(&scenario, fates[i]);
        struct run_result *result = scenario_play(&scenario, 0);
        is_sound(result);
        cr_assert(result->live && result->executed == 30, "%s", fates[i]);
        cr_assert(!result->replicas[3].correct && result->faults[0].fired == 1, "%s", fates[i]);
        scenario_release(result);
    }
}

/* 2q - n = 0: no misbehaviour is needed to break agreement. */
static struct scenario two_halves(uint32_t quorum, const char *events)
{
    struct scenario scenario = scenario_of(6);
    scenario.quorum = quorum;
    scenario.requests = 40;
    scenario.clients = 8;
    scenario.client_timeout_ns = 60 * MS; /* so that requests reach both halves */
    scenario.deadline_ns = 20 * SECOND;
    follow(&scenario, events);
    return scenario;
}

#define HALVES "{\"at\": \"0s\", \"partition\": [[0, 1, 2], [3, 4, 5]]}"

Test(schedules, a_quorum_of_3_of_6_breaks_agreement_between_two_halves_and_4_does_not)
{
    for (uint32_t index = 0; index < 10; index++) {
        struct scenario scenario = two_halves(3, HALVES);
        struct run_result *result = scenario_play(&scenario, index);
        cr_assert(!result->safe && result->violation.found, "seed %lu", result->seed);
        cr_assert_str_eq(result->violation.property, "I1");
        cr_assert_eq(result->violation.replica_count, 2);
        cr_assert(result->violation.replicas[0] < 3 && result->violation.replicas[1] >= 3, "one of each half");
        scenario_release(result);
        scenario = two_halves(4, HALVES);
        result = scenario_play(&scenario, index);
        is_sound(result);
        cr_assert(!result->live && result->executed == 0, "no half has a quorum");
        scenario_release(result);
        scenario = two_halves(4, HALVES ", {\"at\": \"3s\", \"heal\": true}");
        result = scenario_play(&scenario, index);
        all_are_equal(&scenario, result);
        scenario_release(result);
    }
}

/* No primary of any view reaches anybody: nothing is executed. From GST on it takes what a view change takes. */
Test(schedules, a_partition_that_follows_the_primary_until_gst_costs_time_and_not_progress_after_it)
{
    for (uint32_t index = 0; index < 20; index++) {
        struct scenario scenario = scenario_of(4);
        scenario.requests = 10;
        scenario.gst_ns = 5 * SECOND;
        scenario.timeline_ns = SECOND;
        follow(&scenario, "{\"at\": \"0s\", \"partition\": \"primary\"}");
        struct run_result *result = scenario_play(&scenario, index);
        all_are_equal(&scenario, result);
        cr_assert_gt(result->view_changes, 0);
        for (uint32_t bin = 0; bin < 5; bin++) {
            cr_assert_eq(result->timeline[bin].executed, 0, "before GST, in second %u", bin);
        }
        /* timers have doubled at most to what has passed until GST; one more view may have to pass */
        cr_assert_lt(result->elapsed_ns, 25 * SECOND, "seed %lu: %lu", result->seed, result->elapsed_ns);
        scenario_release(result);
    }
}

Test(schedules, the_same_seed_gives_the_same_run)
{
    for (uint32_t index = 0; index < 5; index++) {
        uint64_t elapsed_ns = 0;
        for (unsigned round = 0; round < 2; round++) {
            struct scenario scenario = scenario_of(4);
            scenario.requests = 50;
            scenario.fifo = index % 2 == 1;
            scenario.duplicate = 0.1;
            follow(&scenario, PRIMARY_CRASHES ", {\"at\": \"2s\", \"until\": \"3s\", \"links\": {\"to\": [2]}, "
                                              "\"drop\": \"30%\", \"delay\": \"exponential:20ms\"}");
            struct run_result *result = scenario_play(&scenario, index);
            all_are_equal(&scenario, result);
            cr_assert(round == 0 || result->elapsed_ns == elapsed_ns);
            elapsed_ns = result->elapsed_ns;
            scenario_release(result);
            schedule_destroy(&room);
        }
    }
}

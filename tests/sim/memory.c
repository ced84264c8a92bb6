/* A long run takes no more memory than a short one: everything is allocated at the start, the log ends at H, and what the
 * checker has seen through is forgotten. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/scenario.h"

/* So many clients that each batch is full as soon as the one before has left. */
static struct scenario busy(uint64_t requests, uint32_t batch)
{
    struct scenario scenario = scenario_of(4);
    scenario.requests = requests;
    scenario.batch = batch;
    scenario.pipeline = batch > 1 ? 2 : 64;
    scenario.clients = batch > 1 ? 4 * batch : 64;
    scenario.deadline_ns = requests * SECOND;
    return scenario;
}

/* Sanitizers keep what was freed, so there the resident set is theirs; leaks they find themselves. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEASURED false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEASURED false
#endif
#endif
#ifndef MEASURED
#define MEASURED true
#endif

/* A run in a process of its own; its largest resident set in bytes. */
static uint64_t peak_bytes(const struct scenario *scenario)
{
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        struct run_result *result = scenario_play(scenario, 0);
        bool well = result->safe && result->live && result->executed == scenario->requests && result->log_bounded &&
                    result->decisions < 2 * scenario->requests / scenario->batch + 100;
        for (uint32_t id = 0; id < scenario->nodes; id++) {
            const struct replica_result *replica = &result->replicas[id];
            well = well && replica->executed - replica->stable <= scenario->window;
        }
        _exit(well ? 0 : 1);
    }
    int status = -1;
    struct rusage usage;
    cr_assert(wait4(child, &status, 0, &usage) == child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the run went wrong");
    return (uint64_t)usage.ru_maxrss * 1024;
}

/* A quarter for peaks that a longer run finds higher, and `each` bytes for each further decision. */
static void expect_flat(const struct scenario *part, const struct scenario *whole, uint64_t each)
{
    uint64_t before = peak_bytes(part), after = peak_bytes(whole);
    uint64_t further = (whole->requests - part->requests) / whole->batch;
    cr_assert(!MEASURED || after < before + before / 4 + each * further,
              "batch %u: %lu KiB after %lu requests, %lu KiB after %lu", part->batch, before / 1024, part->requests,
              after / 1024, whole->requests);
}

Test(memory, is_flat_over_ten_times_the_requests)
{
    struct scenario part = busy(1500, 1), whole = busy(15000, 1);
    expect_flat(&part, &whole, 0);
}

Test(memory, is_flat_with_full_batches_too)
{
    struct scenario part = busy(6000, 64), whole = busy(60000, 64);
    expect_flat(&part, &whole, 0);
}

/* Also where a replica is left out, views change and messages are sent again all the time. */
Test(memory, is_flat_in_a_troubled_run_too)
{
    struct scenario part = busy(1500, 1);
    const node_id primary = 0;
    scenario_misbehave(&part, "selective", 1, &primary);
    part.drop = 0.1;
    part.deadline_ns *= 10;
    struct scenario whole = part;
    whole.requests = 6000;
    expect_flat(&part, &whole, 64); /* the last 65536 decisions in later views are still being measured (measure.h) */
}

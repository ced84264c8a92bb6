/* Campaigns: the same whatever the number of threads, and up to the first that breaks something. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "runner/campaign.h"

static struct campaign run(const char *const *options, uint64_t seed, uint64_t runs, unsigned jobs, atomic_int *stop)
{
    static struct space space;
    struct settings settings = {0};
    struct error error = {""};
    struct campaign campaign;
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    for (; options[0] != NULL; options += 2) {
        settings_set(&settings, option_find(options[0], strlen(options[0]), FOR_EXPLORE), options[1],
                     SOURCE_COMMAND_LINE);
    }
    cr_assert(space_read(&settings, &space, &error), "%s", error.text);
    const struct campaign_plan plan = {.space = &space, .seed = seed, .runs = runs, .jobs = jobs, .interrupted = stop};
    campaign_run(&plan, &campaign, &error);
    cr_assert_neq(campaign.end, CAMPAIGN_FAILED, "%s", error.text);
    space_destroy(&space);
    return campaign;
}

static atomic_int never;

Test(campaign, covers_the_same_with_one_thread_and_with_four)
{
    const char *const options[] = {"nodes", "4", "requests", "1..6", NULL};
    struct campaign alone = run(options, 1, 300, 1, &never), together = run(options, 1, 300, 4, &never);
    cr_expect_eq(alone.end, CAMPAIGN_ALL);
    cr_expect_eq(alone.coverage.runs, 300);
    cr_expect_eq(memcmp(&alone.coverage, &together.coverage, sizeof alone.coverage), 0);
}

Test(campaign, halves_add_up_to_the_whole)
{
    const char *const options[] = {"nodes", "4", "requests", "1..6", NULL};
    struct campaign whole = run(options, 1, 200, 1, &never), first = run(options, 1, 90, 1, &never),
                    rest = run(options, 91, 110, 1, &never);
    coverage_merge(&first.coverage, &rest.coverage);
    cr_expect_eq(memcmp(&whole.coverage, &first.coverage, sizeof whole.coverage), 0);
}

Test(campaign, stops_at_the_first_that_breaks_whatever_the_number_of_threads)
{
    const char *const options[] = {"nodes", "4..10", "byzantine", "2q-n", "requests", "4", NULL};
    struct campaign alone = run(options, 1, 1000, 1, &never), together = run(options, 1, 1000, 4, &never);
    cr_expect_eq(alone.end, CAMPAIGN_FOUND);
    cr_expect_eq(alone.finding, FOUND_UNSAFE);
    cr_expect_eq(together.finding, FOUND_UNSAFE);
    cr_expect_eq(alone.seed, together.seed);
    cr_expect_eq(alone.coverage.runs, alone.seed, "runs 1 to the one that was found");
    cr_expect_eq(memcmp(&alone.coverage, &together.coverage, sizeof alone.coverage), 0);
}

Test(campaign, stalls_for_want_of_a_quorum_are_no_violation_beyond_f)
{
    const char *const options[] = {"nodes", "4", "byzantine", "2", "behavior", "silent", "requests", "2", NULL};
    struct campaign campaign = run(options, 1, 64, 2, &never);
    cr_expect_eq(campaign.end, CAMPAIGN_ALL);
    cr_expect_eq(campaign.coverage.saw[SAW_LIFE_PROMISED], 0);
    cr_expect_lt(campaign.coverage.saw[SAW_LIVE], 64);
    cr_expect_eq(campaign.coverage.has[HAS_BEYOND_BOUND], 64);
}

Test(campaign, an_interruption_keeps_what_was_done)
{
    const char *const options[] = {"nodes", "4", NULL};
    atomic_int stop = SIGINT;
    struct campaign campaign = run(options, 1, 100, 2, &stop);
    cr_expect_eq(campaign.end, CAMPAIGN_INTERRUPTED);
    cr_expect_eq(campaign.coverage.runs, 0);
}

Test(coverage, a_behaviour_without_effect_in_many_runs_is_told)
{
    struct coverage *coverage = calloc(1, sizeof *coverage);
    coverage->behaviors[3].runs = 500;
    cr_expect_str_eq(coverage_empty(coverage), behavior_at(3)->name);
    coverage->behaviors[3].fired = 1;
    cr_expect_null(coverage_empty(coverage));
    coverage->behaviors[5].runs = 20;
    cr_expect_null(coverage_empty(coverage), "few runs say nothing");
    coverage->has[HAS_PARTITION] = 500;
    cr_expect_str_eq(coverage_empty(coverage), "partition");
    coverage->saw[SAW_CUT] = 1;
    coverage->has[HAS_DELAY_RULE] = 500;
    cr_expect_str_eq(coverage_empty(coverage), "link_rule");
    coverage->saw[SAW_RULED] = 1;
    cr_expect_null(coverage_empty(coverage));
    free(coverage);
}

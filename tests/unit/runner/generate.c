/* Random scenarios: pure functions of their seed, within what the user has said, and such that I14 may be asked of
 * them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/generate.h"
#include "runner/healing.h"
#include "runner/option_value.h"
#include "runner/resolve.h"
#include "runner/schedule_file.h"

#define SEEDS 2000

static struct settings seeded(void)
{
    struct settings settings = {0};
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    return settings;
}

static void make(const struct space *space, uint64_t seed, struct plan *plan)
{
    struct error error;
    cr_assert(generate(space, seed, plan, &error), "%s", error.text);
}

static void read_space(const struct settings *settings, struct space *space)
{
    struct error error;
    cr_assert(space_read(settings, space, &error), "%s", error.text);
}

static bool same_schedule(const struct plan *a, const struct plan *b)
{
    json_t *left = schedule_json(&a->schedule), *right = schedule_json(&b->schedule);
    bool same = json_equal(left, right) == 1;
    json_decref(left);
    json_decref(right);
    return same;
}

Test(generate, a_seed_is_a_scenario_whatever_was_generated_before_it)
{
    struct settings settings = seeded();
    static struct space space;
    static struct plan once, again;
    read_space(&settings, &space);
    for (uint64_t seed = 1; seed < 200; seed++) {
        make(&space, seed, &once);
        memset(&again, 0xa5, sizeof again);
        make(&space, seed, &again);
        cr_assert(scenario_same(&once.scenario, &again.scenario), "seed %u", (unsigned)seed);
        cr_assert(same_schedule(&once, &again), "seed %u", (unsigned)seed);
    }
    space_destroy(&space);
}

Test(generate, what_a_seed_comes_to_does_not_change)
{
    struct settings settings = seeded();
    static struct space space;
    static struct plan plan;
    char text[OPTION_TEXT_SIZE];
    read_space(&settings, &space);
    make(&space, 105, &plan);
    cr_expect_eq(plan.scenario.nodes, 11);
    option_write(OPT_DELAY, &plan.scenario, text);
    cr_expect_str_eq(text, "uniform:961us..1939us");
    cr_expect_eq(plan.scenario.view_timeout_ns, 77500000);
    cr_expect_eq(plan.partition_count, 2);
    cr_expect_eq(plan.partitions[0].kind, PARTITION_PRIMARY);
    cr_expect_eq(plan.outages[0].replica, 2);
    space_destroy(&space);
}

Test(generate, schedules_are_sound_and_misbehaviour_stays_within_f)
{
    struct settings settings = seeded();
    static struct space space;
    static struct plan plan;
    struct error error;
    uint32_t judged = 0;
    read_space(&settings, &space);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        make(&space, seed, &plan);
        const struct scenario *scenario = &plan.scenario;
        cr_assert(!plan_has_events(&plan) || schedule_check(&plan.schedule, &error), "seed %u: %s", (unsigned)seed,
                  error.text);
        cr_assert_leq(healing_faulty(scenario), quorum_faults(scenario->nodes), "seed %u", (unsigned)seed);
        cr_assert_geq(scenario->window, 2 * scenario->checkpoint_interval);
        cr_assert_eq(scenario->clock, CLOCK_VIRTUAL);
        judged += healing_promises_life(scenario);
    }
    cr_expect_gt(judged, SEEDS * 9 / 10, "liveness can be asked of %u of %d", judged, SEEDS);
    space_destroy(&space);
}

/* The number of misbehaving replicas of a scenario in which nobody goes down. */
static void assert_faulty(const char *nodes, const char *byzantine, uint32_t least, uint32_t most)
{
    struct settings settings = seeded();
    static struct space space;
    static struct plan plan;
    uint64_t met = 0;
    settings_set(&settings, OPT_NODES, nodes, SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_BYZANTINE, byzantine, SOURCE_COMMAND_LINE);
    read_space(&settings, &space);
    for (uint64_t seed = 0; seed < 300; seed++) {
        make(&space, seed, &plan);
        uint32_t faulty = healing_faulty(&plan.scenario);
        cr_assert(faulty >= least && faulty <= most, "%s of %s: %u", byzantine, nodes, faulty);
        met |= UINT64_C(1) << faulty;
    }
    cr_expect_eq(met, ((UINT64_C(1) << (most + 1)) - 1) & ~((UINT64_C(1) << least) - 1), "%s of %s: each comes",
                 byzantine, nodes);
    space_destroy(&space);
}

Test(generate, byzantine_may_depend_on_n)
{
    assert_faulty("4", "0..f", 0, 1);
    assert_faulty("13", "0..f", 0, 4);
    assert_faulty("10", "f", 3, 3);
    assert_faulty("10", "2q-n", 4, 4);
    assert_faulty("8", "2q-n", 4, 4);
    assert_faulty("6", "f..2q-n", 1, 2);
}

Test(generate, what_the_user_says_holds_and_leaves_the_rest_as_it_was)
{
    struct settings settings = seeded();
    static struct space freely, fixed;
    static struct plan a, b;
    read_space(&settings, &freely);
    settings_set(&settings, OPT_DUPLICATE, "0.25", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_REQUESTS, "3..5", SOURCE_COMMAND_LINE);
    read_space(&settings, &fixed);
    uint32_t met = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        make(&freely, seed, &a);
        make(&fixed, seed, &b);
        cr_assert(b.scenario.duplicate > 0.2499 && b.scenario.duplicate < 0.2501);
        cr_assert(b.scenario.requests >= 3 && b.scenario.requests <= 5);
        met |= 1u << b.scenario.requests;
        a.scenario.duplicate = b.scenario.duplicate;
        a.scenario.requests = b.scenario.requests;
        a.scenario.deadline_ns = b.scenario.deadline_ns; /* follows the load */
        cr_assert(scenario_same(&a.scenario, &b.scenario), "seed %u", (unsigned)seed);
        cr_assert(same_schedule(&a, &b), "seed %u", (unsigned)seed);
    }
    cr_expect_eq(met, 0x38, "each of the values comes");
    space_destroy(&freely);
    space_destroy(&fixed);
}

static void assert_refused(enum option_id id, const char *text, const char *why)
{
    struct settings settings = seeded();
    static struct space space;
    static struct plan plan;
    struct error error = {""};
    settings_set(&settings, id, text, SOURCE_COMMAND_LINE);
    bool right = space_read(&settings, &space, &error) && generate(&space, 1, &plan, &error);
    cr_expect(!right, "%s is taken", text);
    cr_expect_not_null(strstr(error.text, why), "'%s' is not in: %s", why, error.text);
    space_destroy(&space);
}

Test(generate, refuses_what_no_scenario_can_have)
{
    assert_refused(OPT_BYZANTINE, "some", "2q-n");
    assert_refused(OPT_BYZANTINE, "3..1", "0..f");
    assert_refused(OPT_BYZANTINE, "40", "there are only");
    assert_refused(OPT_NODES, "100", "at most 64");
    assert_refused(OPT_CLOCK, "real", "only virtual");
    assert_refused(OPT_PIPELINE, "9999999", "--pipeline");
}

/* --- I14 --------------------------------------------------------------------------------------------------------- */

static struct scenario resolved(enum option_id id, const char *text)
{
    struct settings settings = seeded();
    struct scenario scenario;
    struct error error;
    settings_set(&settings, OPT_CLOCK, "virtual", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_DEADLINE, "10h", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_RETRANSMIT, "100ms", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_VIEW_TIMEOUT, "350ms", SOURCE_COMMAND_LINE); /* 10 D of 5 to 35 ms */
    if (id == OPT_RETRANSMIT) {
        settings_clear(&settings, id);
    }
    if (id != OPTION_COUNT) {
        settings_set(&settings, id, text, SOURCE_COMMAND_LINE);
    }
    cr_assert(scenario_resolve(&settings, &scenario, &error), "%s", error.text);
    return scenario;
}

static void assert_views(enum option_id id, const char *text, uint32_t wanted)
{
    struct scenario scenario = resolved(id, text);
    uint32_t views;
    cr_expect(healing_promises_views(&scenario, &views), "%s promises nothing", text);
    cr_expect_eq(views, wanted, "%s: %u views", text, views);
}

Test(healing, views_are_f_plus_2_and_the_doublings_of_a_short_timer)
{
    assert_views(OPTION_COUNT, "", 3);
    assert_views(OPT_NODES, "13", 6);
    assert_views(OPT_VIEW_TIMEOUT, "349ms", 4);
    assert_views(OPT_VIEW_TIMEOUT, "80ms", 6); /* 80 160 320 640 */
    assert_views(OPT_DELAY, "none", 3);
}

static void assert_no_promise(enum option_id id, const char *text, bool life)
{
    struct scenario scenario = resolved(id, text);
    uint32_t views;
    cr_expect_eq(healing_promises_life(&scenario), life, "%s", text);
    cr_expect(!healing_promises_views(&scenario, &views), "%s", text);
}

Test(healing, promises_nothing_that_the_protocol_does_not)
{
    assert_no_promise(OPT_BYZANTINE, "2", false);
    assert_no_promise(OPT_QUORUM, "2", false);
    assert_no_promise(OPT_DROP, "0.1", false); /* for good */
    assert_no_promise(OPT_DEADLINE, "1s", false);
    assert_no_promise(OPT_DELAY, "exponential:10ms", true); /* no D, so no bound on views */
    struct scenario scenario = resolved(OPT_RETRANSMIT, "off");
    cr_expect(healing_promises_life(&scenario), "nothing is lost, nothing late");
    scenario.reorder = 0.5;
    cr_expect(!healing_promises_life(&scenario), "late messages of a view that was left are lost");
    scenario = resolved(OPT_RETRANSMIT, "off");
    scenario.requests = scenario.window + 1;
    cr_expect(healing_promises_life(&scenario), "a window takes longer than any message");
    scenario.delay.a = 0;
    cr_expect(!healing_promises_life(&scenario), "what is above the window is lost");
    assert_no_promise(OPT_PROCESSING, "fixed:1ms", false);
}

Test(healing, comes_with_gst_and_the_last_replica)
{
    struct scenario scenario = resolved(OPT_GST, "2s");
    cr_expect_eq(healing_time_ns(&scenario), 0, "nothing is lost before it");
    scenario.drop = 0.5;
    cr_expect_eq(healing_time_ns(&scenario), 2000000000);
    struct outage outages[] = {{.at_ns = 1000, .until_ns = 5000000000, .replica = 1},
                               {.at_ns = 2000, .until_ns = TIME_NEVER_NS, .replica = 3}};
    struct schedule schedule = {.replicas = 4, .outage_count = 2, .outages = outages};
    scenario.schedule = &schedule;
    cr_expect_eq(healing_time_ns(&scenario), 5000000000);
    cr_expect_eq(healing_faulty(&scenario), 1, "one stays down");
    outages[0].state_lost = true;
    cr_expect_eq(healing_faulty(&scenario), 2);
    scenario.named_behavior_count = scenario.byzantine = 1;
    scenario.named_behaviors[0] = (struct named_behavior){.id = 3, .behavior = behavior_find("silent")};
    cr_expect_eq(healing_faulty(&scenario), 2, "it counts once");
    scenario.gst_ns = TIME_NEVER_NS;
    cr_expect_eq(healing_time_ns(&scenario), TIME_NEVER_NS);
}

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core/quorum.h"
#include "runner/resolve.h"

#define MS UINT64_C(1000000)

/* Settings from pairs of option and text, ended by OPTION_COUNT; the seed is 1. */
static struct settings make(const enum option_id *ids, const char *const *texts)
{
    struct settings settings = {0};
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    for (size_t i = 0; ids[i] != OPTION_COUNT; i++) {
        settings_set(&settings, ids[i], texts[i], SOURCE_COMMAND_LINE);
    }
    return settings;
}

static struct scenario resolved(struct settings settings)
{
    struct scenario scenario;
    struct error error = {""};
    cr_assert(scenario_resolve(&settings, &scenario, &error), "%s", error.text);
    return scenario;
}

static struct settings one(enum option_id id, const char *text)
{
    return make((const enum option_id[]){id, OPTION_COUNT}, (const char *const[]){text});
}

static struct settings two(enum option_id a, const char *a_text, enum option_id b, const char *b_text)
{
    return make((const enum option_id[]){a, b, OPTION_COUNT}, (const char *const[]){a_text, b_text});
}

static void assert_refused(struct settings settings, const char *text)
{
    struct scenario scenario;
    struct error error = {""};
    cr_assert(!scenario_resolve(&settings, &scenario, &error), "taken: %s", text);
    cr_assert_not_null(strstr(error.text, text), "'%s' is not in: %s", text, error.text);
}

Test(resolve, without_options_the_contract_s_defaults_hold)
{
    struct scenario s = resolved(make((const enum option_id[]){OPTION_COUNT}, NULL));
    cr_expect(s.nodes == 4 && s.byzantine == 0 && !s.byzantine_ids_given && s.named_behavior_count == 0);
    cr_expect_str_eq(s.behavior->name, "article");
    cr_expect(s.delay.kind == DELAY_UNIFORM && s.client_delay.kind == DELAY_UNIFORM);
    cr_expect(s.drop == 0 && s.client_drop == 0 && s.duplicate == 0 && s.reorder == 0);
    cr_expect(s.reorder_extra_ns == 20 * MS && !s.fifo && s.gst_ns == TIME_NEVER_NS);
    cr_expect(s.requests == 1 && s.warmup == 0 && s.clients == 1 && s.rate == 0);
    cr_expect(s.batch == 1 && s.pipeline == 64 && s.payload == 16);
    cr_expect(s.checkpoint_interval == 64 && s.window == 256 && s.quorum == 3 && s.reply_quorum == 2);
    cr_expect(s.view_timeout_ns == 200 * MS && s.client_timeout_ns == 200 * MS && s.retransmit_ns == 0);
    cr_expect(s.auth == AUTH_NONE && s.clock == CLOCK_REAL && s.time_scale == 1 && s.delay_lines == 1 && !s.pin);
    cr_expect(s.deadline_ns == 2000 * MS && s.stall_ns == 30000 * MS && s.repeat == 1 && s.timeline_ns == 0);
    cr_expect(s.expect == 0 && s.seed == 1);
}

Test(resolve, timeouts_follow_the_delay)
{
    cr_expect_eq(resolved(one(OPT_DELAY, "fixed:3ms")).view_timeout_ns, 30 * MS);
    cr_expect_eq(resolved(one(OPT_DELAY, "exponential:10ms")).client_timeout_ns, 100 * MS);
    cr_expect_eq(resolved(one(OPT_DELAY, "none")).view_timeout_ns, 1000 * MS);
    cr_expect_eq(resolved(one(OPT_DELAY, "fixed:0ms")).view_timeout_ns, 1000 * MS);
    struct scenario s = resolved(two(OPT_DELAY, "none", OPT_VIEW_TIMEOUT, "7ms"));
    cr_expect(s.view_timeout_ns == 7 * MS && s.client_timeout_ns == 7 * MS);
}

/* The longest path counts: the clients' links, the queue at the primary, and nothing shorter than it was. */
Test(resolve, timeouts_follow_the_clients_links_and_the_queue)
{
    struct scenario s = resolved(two(OPT_DELAY, "fixed:1ms", OPT_CLIENT_DELAY, "fixed:100ms"));
    cr_expect(s.view_timeout_ns == 10 * MS && s.client_timeout_ns == 406 * MS && s.deadline_ns == 4060 * MS);
    s = resolved(two(OPT_DELAY, "fixed:100ms", OPT_CLIENT_DELAY, "none"));
    cr_expect(s.view_timeout_ns == 1000 * MS && s.client_timeout_ns == 1000 * MS && s.deadline_ns == 10000 * MS);
    s = resolved(two(OPT_PIPELINE, "1", OPT_CLIENTS, "8"));
    cr_expect_eq(s.view_timeout_ns, (200 + 2 * 7 * 60) * MS);
    cr_expect_eq(s.client_timeout_ns, s.view_timeout_ns);
    cr_expect_eq(resolved(one(OPT_CLIENTS, "64")).view_timeout_ns, 200 * MS, "they fit into the pipeline");
    /* a queue that outlasts timers given by hand can make a replica leave alone, as a loss can */
    cr_expect_eq(resolved(two(OPT_CLIENTS, "4000", OPT_VIEW_TIMEOUT, "200ms")).retransmit_ns, 200 * MS);
    cr_expect_eq(resolved(one(OPT_CLIENTS, "4000")).retransmit_ns, 0);
    cr_expect_eq(resolved(one(OPT_VIEW_TIMEOUT, "5ns")).client_timeout_ns, 1 * MS);
}

Test(resolve, messages_are_sent_again_only_where_they_can_be_lost)
{
    cr_expect_eq(resolved(one(OPT_DROP, "1%")).retransmit_ns, 80 * MS);
    cr_expect_eq(resolved(two(OPT_DROP, "1%", OPT_DELAY, "fixed:1ms")).retransmit_ns, 20 * MS);
    cr_expect_eq(resolved(one(OPT_BYZANTINE, "1")).retransmit_ns, 80 * MS);
    cr_expect_eq(resolved(two(OPT_DROP, "1%", OPT_RETRANSMIT, "off")).retransmit_ns, 0);
    cr_expect_eq(resolved(one(OPT_RETRANSMIT, "5ms")).retransmit_ns, 5 * MS);
    cr_expect_eq(resolved(one(OPT_DUPLICATE, "50%")).retransmit_ns, 0);
}

Test(resolve, quorums_follow_n)
{
    for (uint32_t n = 1; n <= 13; n++) {
        char text[8];
        snprintf(text, sizeof text, "%u", n);
        struct scenario s = resolved(one(OPT_NODES, text));
        cr_expect(s.quorum == quorum_size(n) && s.reply_quorum == quorum_faults(n) + 1, "n = %u", n);
    }
}

Test(resolve, the_rest_of_the_derived_defaults)
{
    cr_expect_eq(resolved(one(OPT_RATE, "100/s")).clients, 64);
    cr_expect_eq(resolved(two(OPT_RATE, "100/s", OPT_CLIENTS, "3")).clients, 3);
    cr_expect_eq(resolved(one(OPT_REQUESTS, "50")).deadline_ns, 100000 * MS);
    cr_expect_eq(resolved(one(OPT_CLOCK, "virtual")).stall_ns, TIME_NEVER_NS);
    cr_expect_eq(resolved(two(OPT_CLOCK, "virtual", OPT_STALL, "1s")).stall_ns, 1000 * MS);
    cr_expect(resolved(one(OPT_DROP, "7%")).client_drop == 0.07);
    cr_expect_eq(resolved(two(OPT_DELAY, "fixed:9ms", OPT_CLIENT_DELAY, "none")).client_delay.kind, DELAY_NONE);
}

Test(resolve, who_misbehaves_can_be_said_in_several_ways)
{
    struct scenario s = resolved(one(OPT_BYZANTINE_IDS, "3,1"));
    cr_expect(s.byzantine == 2 && s.byzantine_ids_given && s.byzantine_ids[0] == 3 && s.byzantine_ids[1] == 1);
    s = resolved(one(OPT_BEHAVIOR, "1:silent,2:crash"));
    cr_expect(s.byzantine == 2 && s.named_behavior_count == 2 && s.named_behaviors[1].id == 2);
    s = resolved(two(OPT_BEHAVIOR, "1:silent", OPT_BYZANTINE, "2"));
    cr_expect(s.byzantine == 2 && s.named_behavior_count == 1);
    cr_expect_eq(resolved(two(OPT_BYZANTINE, "2", OPT_BYZANTINE_IDS, "0,3")).byzantine, 2);
    cr_expect_eq(resolved(two(OPT_NODES, "4", OPT_BYZANTINE, "4")).byzantine, 4);
}

Test(resolve, what_does_not_go_together_is_refused)
{
    assert_refused(one(OPT_BYZANTINE, "5"), "--byzantine 5");
    assert_refused(one(OPT_BYZANTINE_IDS, "0,4"), "replica 4");
    assert_refused(two(OPT_BYZANTINE, "1", OPT_BYZANTINE_IDS, "0,3"), "contradict");
    assert_refused(one(OPT_BEHAVIOR, "4:silent"), "replica 4");
    assert_refused(two(OPT_BEHAVIOR, "1:silent,2:silent", OPT_BYZANTINE, "1"), "--behavior names 2");
    assert_refused(two(OPT_BEHAVIOR, "1:silent", OPT_BYZANTINE_IDS, "0"), "leaves out");
    assert_refused(one(OPT_QUORUM, "5"), "--quorum 5");
    assert_refused(one(OPT_REPLY_QUORUM, "5"), "--reply-quorum 5");
    assert_refused(one(OPT_WINDOW, "127"), "--window 127");
    assert_refused(one(OPT_CHECKPOINT_INTERVAL, "129"), "--checkpoint-interval 129");
    assert_refused(one(OPT_PIPELINE, "257"), "--pipeline 257");
    assert_refused(two(OPT_REQUESTS, "5", OPT_WARMUP, "5"), "--warmup 5");
    assert_refused(one(OPT_PROCESSING, "fixed:1ms"), "--clock virtual");
}

Test(resolve, resends_are_on_where_delays_may_outlast_the_timers)
{
    cr_expect_eq(resolved(one(OPT_DELAY, "exponential:10ms")).retransmit_ns, 100 * MS, "without bound: --view-timeout");
    cr_expect_eq(resolved(two(OPT_REORDER, "5%", OPT_REORDER_EXTRA, "98ms")).retransmit_ns, 0);
    cr_expect_eq(resolved(two(OPT_REORDER, "5%", OPT_REORDER_EXTRA, "99ms")).retransmit_ns, 200 * MS, "3 * 134 > 400");
    cr_expect_eq(resolved(two(OPT_REORDER, "0", OPT_REORDER_EXTRA, "99ms")).retransmit_ns, 0);
    cr_expect_eq(resolved(one(OPT_VIEW_TIMEOUT, "52ms")).retransmit_ns, 52 * MS, "3 * 35 > 104");
    cr_expect_eq(resolved(one(OPT_VIEW_TIMEOUT, "53ms")).retransmit_ns, 0);
}

/* A window's worth in a message's time: 100 requests of 8 clients, checkpoints each 5, window 20: two waves of three hops
 * and two hops more from a checkpoint on until something above the window arrives. */
static uint64_t resends_with(const char *delay, const char *window, const char *requests)
{
    return resolved(make((const enum option_id[]){OPT_DELAY, OPT_WINDOW, OPT_REQUESTS, OPT_CLIENTS,
                                                  OPT_CHECKPOINT_INTERVAL, OPT_VIEW_TIMEOUT, OPTION_COUNT},
                         (const char *const[]){delay, window, requests, "8", "5", "9s"}))
        .retransmit_ns;
}

Test(resolve, resends_are_on_where_a_message_may_be_overtaken_by_a_window)
{
    cr_expect_eq(resends_with("uniform:5ms..25ms", "20", "100"), 0, "1 wave: 5 * 5 ms");
    cr_expect_eq(resends_with("uniform:5ms..26ms", "20", "100"), 9000 * MS);
    cr_expect_eq(resends_with("uniform:5ms..26ms", "20", "20"), 0, "nothing is above the first window");
    cr_expect_eq(resends_with("uniform:5ms..26ms", "22", "100"), 0, "2 waves: 8 * 5 ms");
    cr_expect_eq(resends_with("uniform:0..1ms", "22", "100"), 9000 * MS);
    cr_expect_eq(resends_with("fixed:5ms", "10", "100"), 0);
}

Test(resolve, a_small_window_has_a_pipeline_that_fits_into_it)
{
    cr_expect_eq(resolved(two(OPT_CHECKPOINT_INTERVAL, "8", OPT_WINDOW, "32")).pipeline, 32);
    cr_expect_eq(resolved(two(OPT_CHECKPOINT_INTERVAL, "8", OPT_WINDOW, "65")).pipeline, 64);
    assert_refused(make((const enum option_id[]){OPT_CHECKPOINT_INTERVAL, OPT_WINDOW, OPT_PIPELINE, OPTION_COUNT},
                        (const char *const[]){"8", "32", "64"}),
                   "--pipeline 64");
}

Test(resolve, a_bad_value_names_option_value_and_origin)
{
    struct settings settings = one(OPT_DROP, "1.5");
    assert_refused(settings, "--drop '1.5': a share from 0 to 1");
    settings.text[OPT_PRESET] = "article";
    settings.source[OPT_DROP] = SOURCE_PRESET;
    assert_refused(settings, "--drop '1.5' of preset article");
    settings.source[OPT_DROP] = SOURCE_CONFIG;
    settings.config_path = "x.json";
    assert_refused(settings, "x.json: \"drop\"");
}

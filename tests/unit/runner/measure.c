/* Latencies, throughput and timeline from journals made by hand: exact values. */
#include <criterion/criterion.h>

#include "runner/measure.h"
#include "tests/support/script.h"

#define CLIENT 4

/* Decision `sequence` of four replicas, proposed at `proposed_ns`; replica i commits and executes at times[i]. */
static struct payload *decide(struct script *script, sequence_number sequence, uint64_t proposed_ns,
                              const uint64_t times[4])
{
    struct payload *batch = script_batch(script, CLIENT, sequence, 1, 0);
    script_submit(script, CLIENT, sequence, proposed_ns - 5);
    script_propose(script, 0, sequence, batch, proposed_ns);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, sequence, batch, times[id]);
    }
    script_accept(script, CLIENT, sequence, times[3] + 7);
    script->config.requests++;
    return batch;
}

static void expect_one(const struct histogram *histogram, uint64_t value_ns)
{
    cr_assert(histogram->count == 1, "%lu values", histogram->count);
    cr_assert(histogram->min == value_ns && histogram->max == value_ns, "%lu ns", histogram->min);
}

Test(measure, decision_latency_is_from_the_proposal_to_the_first_median_qth_and_last_commit)
{
    struct script *script = script_create(4, 1);
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct run_result *result = script_play(script, seed);
        expect_one(&result->first, 20);
        expect_one(&result->median, 30);
        expect_one(&result->quorum, 50);
        expect_one(&result->all, 90);
        script_release(result);
    }
    script_destroy(script);
}

Test(measure, commit_latency_is_from_the_planned_time_to_the_last_correct_execution)
{
    struct script *script = script_create(4, 1);
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    struct run_result *result = script_play(script, 4);
    expect_one(&result->commit, 95);
    expect_one(&result->request, 42);
    script_release(result);
    script->misbehaving[2] = true;
    result = script_play(script, 4);
    expect_one(&result->commit, 55);
    expect_one(&result->all, 50);
    script_release(result);
    script_destroy(script);
}

Test(measure, a_commit_counts_when_it_was_although_execution_had_to_wait)
{
    struct script *script = script_create(4, 1);
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    script_last(script, 2, JOURNAL_EXECUTED)->committed_ns = 110;
    struct run_result *result = script_play(script, 4);
    expect_one(&result->first, 10);
    expect_one(&result->all, 50);
    expect_one(&result->commit, 95);
    script_release(result);
    script_destroy(script);
}

Test(measure, a_fetched_execution_is_no_commit)
{
    struct script *script = script_create(4, 1);
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    script_last(script, 2, JOURNAL_EXECUTED)->flags = JOURNAL_FLAG_FETCHED;
    struct run_result *result = script_play(script, 4);
    expect_one(&result->all, 50);
    expect_one(&result->quorum, 50);
    expect_one(&result->commit, 95);
    script_last(script, 0, JOURNAL_EXECUTED)->flags = JOURNAL_FLAG_FETCHED;
    script_release(result);
    result = script_play(script, 4); /* two committers, and q is 3 */
    expect_one(&result->first, 20);
    expect_one(&result->median, 20);
    cr_assert(result->quorum.count == 0 && result->all.count == 0);
    script_release(result);
    script_destroy(script);
}

Test(measure, a_decision_that_some_correct_replica_never_executes_is_measured_at_the_others)
{
    struct script *script = script_create(4, 1);
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    script->counts[2]--;
    struct run_result *result = script_play(script, 4);
    expect_one(&result->all, 50);
    cr_assert(result->commit.count == 0, "there is no last correct replica");
    script_release(result);
    script_destroy(script);
}

Test(measure, null_requests_are_left_out)
{
    struct script *script = script_create(4, 1);
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 1, 2, NULL, 300);
    }
    struct run_result *result = script_play(script, 4);
    cr_assert(result->decisions == 1 && result->first.count == 1 && result->all.count == 1);
    script_release(result);
    script_destroy(script);
}

/* Proposed in view 0 at 100 by a primary that does nothing more, again in view 1 at 200, decided there: the journals may
 * be read in any order. */
Test(measure, a_decision_starts_in_the_first_view_that_proposed_it)
{
    struct script *script = script_create(4, 1);
    script->misbehaving[0] = true;
    struct payload *batch = script_batch(script, CLIENT, 1, 1, 0);
    script_submit(script, CLIENT, 1, 90);
    script_propose(script, 0, 1, batch, 100);
    script_propose(script, 1, 1, batch, 200);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 1, 1, batch, 300 + id);
    }
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct run_result *result = script_play(script, seed);
        expect_one(&result->first, 201);
        expect_one(&result->all, 203);
        script_release(result);
    }
    script_destroy(script);
}

Test(measure, a_decision_starts_at_the_earliest_proposal_whatever_its_view)
{
    struct script *script = script_create(4, 1);
    script->misbehaving[0] = true;
    struct payload *batch = script_batch(script, CLIENT, 1, 1, 0);
    script_submit(script, CLIENT, 1, 90);
    script_propose(script, 1, 1, batch, 100);
    script_propose(script, 0, 1, batch, 150); /* long after its view */
    for (node_id id = 1; id < 4; id++) {
        script_execute(script, id, 1, 1, batch, 300);
    }
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct run_result *result = script_play(script, seed);
        expect_one(&result->first, 200);
        script_release(result);
    }
    script_destroy(script);
}

Test(measure, only_the_primary_of_a_view_can_start_a_decision)
{
    struct script *script = script_create(4, 1);
    script->misbehaving[3] = true;
    decide(script, 1, 100, (uint64_t[]){150, 120, 190, 130});
    script_propose(script, 0, 1, script->batches[0], 50);
    script->entries[3][script->counts[3]++] = script->entries[0][--script->counts[0]];
    script_last(script, 3, JOURNAL_PROPOSED)->node = 3;
    struct run_result *result = script_play(script, 1);
    expect_one(&result->first, 20);
    script_release(result);
    script_destroy(script);
}

/* Two clients: in planned order client 0's first, client 1's first, client 0's second. */
Test(measure, warm_up_is_the_first_requests_of_all_clients_and_their_decisions)
{
    const uint64_t left[] = {3, 2, 1, 0, 0};
    for (uint64_t warmup = 0; warmup < 5; warmup++) {
        struct script *script = script_create(4, 2);
        script_decide(script, CLIENT, 1, 1, 100);
        script_decide(script, CLIENT + 1, 1, 2, 200);
        script_decide(script, CLIENT, 2, 3, 300);
        script->config.warmup = warmup;
        struct run_result *result = script_play(script, 4);
        cr_assert(result->decisions == 3 && result->executed == 3);
        const struct histogram *histograms[] = {&result->first, &result->median, &result->quorum,
                                                &result->all,   &result->commit, &result->request};
        for (size_t i = 0; i < 6; i++) {
            cr_assert(histograms[i]->count == left[warmup], "histogram %zu, warm-up %lu", i, warmup);
        }
        script_release(result);
        script_destroy(script);
    }
}

Test(measure, operations_per_second_are_from_the_end_of_the_warm_up_to_the_end_of_the_load)
{
    struct script *script = script_create(4, 1);
    for (sequence_number sequence = 1; sequence <= 4; sequence++) {
        script_decide(script, CLIENT, sequence, sequence, 100 * sequence);
    }
    struct run_result *result = script_play(script, 4);
    cr_assert_float_eq(result->operations_per_second, 3 / 300e-9, 1); /* 120 to 420 */
    script_release(result);
    script->config.warmup = 2;
    result = script_play(script, 4);
    cr_assert_float_eq(result->operations_per_second, 2 / 200e-9, 1); /* 220 to 420 */
    script_release(result);
    script_destroy(script);
}

Test(measure, the_timeline_counts_requests_where_they_were_first_executed_and_keeps_the_highest_view)
{
    struct script *script = script_create(4, 1);
    for (sequence_number sequence = 1; sequence <= 4; sequence++) {
        decide(script, sequence, 100 * sequence, (uint64_t[]){100 * sequence + 150, 100 * sequence + 40, 900, 950});
    }
    script_say(script, 1, JOURNAL_NEW_VIEW, 3, 0, digest_null(), 960);
    script_say(script, 2, JOURNAL_NEW_VIEW, 2, 0, digest_null(), 410);
    script->config.timeline_ns = 200;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct run_result *result = calloc(1, sizeof *result);
        struct checker *checker = checker_create(&script->config, result);
        script_feed(script, checker, seed);
        cr_assert(checker_finish(checker, 1399));
        const uint64_t executed[] = {1, 2, 1, 0, 0, 0, 0};
        const view_number views[] = {0, 0, 2, 2, 3, 3, 3};
        cr_assert(result->timeline_bins == 7);
        for (uint32_t i = 0; i < 7; i++) {
            cr_assert(result->timeline[i].executed == executed[i], "bin %u", i);
            cr_assert(result->timeline[i].view == views[i], "bin %u", i);
        }
        cr_assert(result->view_changes == 2 && result->final_view == 3);
        checker_destroy(checker);
        script_release(result);
    }
    script_destroy(script);
}

Test(measure, a_timeline_of_too_many_bins_ends_in_one_that_holds_the_rest)
{
    struct run_result *result = calloc(1, sizeof *result);
    struct measure measure;
    const struct measure_config config = {.clients = 1, .correct = 1, .quorum = 1, .timeline_ns = 1};
    cr_assert(measure_create(&measure, &config, result));
    measure_executed(&measure, 3, UINT64_MAX - 1);
    measure_executed(&measure, 4, MEASURE_BINS - 1);
    measure_finish(&measure, UINT64_MAX - 1);
    cr_assert(result->timeline_bins == MEASURE_BINS && result->timeline[MEASURE_BINS - 1].executed == 7);
    measure_destroy(&measure);
    script_release(result);
}

/* A decision with its committers' times in some order, `commits` of `correct` of them. */
static void measure_times(struct run_result *result, uint32_t correct, uint32_t commits, uint32_t quorum,
                          uint64_t stride)
{
    struct measure measure;
    const struct measure_config config = {.clients = 1, .correct = correct, .quorum = quorum};
    cr_assert(measure_create(&measure, &config, result));
    struct decision *decision = calloc(1, sizeof *decision + correct * sizeof(uint64_t));
    decision->sequence = 1;
    for (uint32_t i = 0; i < correct; i++) {
        uint64_t rank = i * stride % correct; /* a permutation: stride and correct have no common factor */
        decision->committed_ns[i] = rank < commits ? 1000 + rank : TIME_NEVER_NS;
    }
    decision->proposed_ns = decision->proposed_in_view_0_ns = 1000;
    cr_assert(measure_decision(&measure, decision));
    free(decision);
    measure_destroy(&measure);
}

Test(measure, order_statistics_hold_for_any_number_of_committers_in_any_order)
{
    const uint32_t sizes[] = {1, 2, 3, 4, 7, 10, 16, 31, 64, 100, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t correct = sizes[i];
        for (uint32_t commits = 1; commits <= correct; commits += 1 + correct / 50) {
            struct run_result *result = calloc(1, sizeof *result);
            uint32_t quorum = (2 * correct) / 3 + 1;
            measure_times(result, correct, commits, quorum, 2003); /* a prime above all sizes */
            expect_one(&result->first, 0);
            expect_one(&result->median, (commits + 1) / 2 - 1);
            cr_assert(result->quorum.count == (commits >= quorum) && result->all.count == (commits >= quorum));
            if (commits >= quorum) {
                expect_one(&result->quorum, quorum - 1);
                expect_one(&result->all, commits - 1);
            }
            script_release(result);
        }
    }
}

Test(measure, decisions_of_later_views_are_not_lost_when_very_many_wait)
{
    struct run_result *result = calloc(1, sizeof *result);
    struct measure measure;
    const struct measure_config config = {.clients = 1, .correct = 1, .quorum = 1};
    cr_assert(measure_create(&measure, &config, result));
    struct decision *decision = calloc(1, sizeof *decision + sizeof(uint64_t));
    for (sequence_number sequence = 1; sequence <= MEASURE_WAITING + 10; sequence++) {
        *decision = (struct decision){
            .sequence = sequence, .last_view = 1, .proposed_ns = 500, .proposed_in_view_0_ns = TIME_NEVER_NS};
        decision->committed_ns[0] = 1000;
        cr_assert(measure_decision(&measure, decision));
    }
    measure_late_proposal(&measure, 10, 100); /* no longer waits */
    measure_late_proposal(&measure, 11, 100); /* the oldest that does */
    measure_late_proposal(&measure, MEASURE_WAITING + 10, 200);
    measure_late_proposal(&measure, MEASURE_WAITING + 11, 200); /* not there yet */
    measure_finish(&measure, 1000);
    cr_assert(result->all.count == MEASURE_WAITING + 10);
    cr_assert(result->all.max == 900 && result->all.min == 500);
    cr_assert_float_eq(result->all.mean * (double)result->all.count, 500.0 * (MEASURE_WAITING + 10) + 400 + 300, 1);
    free(decision);
    measure_destroy(&measure);
    script_release(result);
}

/* ---- overload ---- */

static bool overloaded(uint64_t late_ns, double delay_mean_ns, double time_scale, uint64_t cpu_ns)
{
    struct driver_report *report = calloc(1, sizeof *report);
    histogram_reset(&report->lateness);
    for (int i = 0; i < 100; i++) {
        histogram_add(&report->lateness, late_ns);
    }
    report->wall_ns = 1000000000;
    report->cpu_ns = cpu_ns;
    report->threads = 6;
    bool answer = measure_is_overloaded(report, delay_mean_ns, time_scale, 2);
    free(report);
    return answer;
}

Test(measure, overload_is_lateness_above_a_twentieth_of_the_delay_and_above_a_millisecond)
{
    cr_assert(!overloaded(500000, 20e6, 1, 0), "2.5%% of the delay, half a millisecond");
    cr_assert(overloaded(1100000, 20e6, 1, 0), "5.5%%, 1.1 ms");
    cr_assert(!overloaded(1100000, 25e6, 1, 0), "4.4%%");
    cr_assert(!overloaded(900000, 1e6, 1, 0), "90%%, but under a millisecond");
    cr_assert(!overloaded(1100000, 20e6, 2, 0), "time passes half as fast: 2.75%%");
    cr_assert(!overloaded(50000000, 0, 1, 0), "no delay is emulated, none is misrepresented");
}

Test(measure, overload_is_also_a_host_that_is_busy_all_the_time)
{
    cr_assert(overloaded(0, 20e6, 1, 1950000000), "97.5%% of two cores");
    cr_assert(!overloaded(0, 20e6, 1, 1800000000));
    cr_assert(!overloaded(0, 0, 1, 1950000000));
}

/* ---- any interleaving ---- */

static struct script *eventful_run(void)
{
    struct script *script = script_create(4, 3);
    uint64_t random = 11;
    for (sequence_number sequence = 1; sequence <= 30; sequence++) {
        node_id client = CLIENT + (node_id)(sequence % 3);
        struct payload *batch = script_batch(script, client, (sequence + 2) / 3, 1, 0);
        uint64_t start_ns = 1000 * sequence;
        script_submit(script, client, (sequence + 2) / 3, start_ns - 300);
        script->config.requests++;
        script_propose(script, sequence < 11 ? 0 : sequence < 21 ? 1 : 2, sequence, batch, start_ns);
        if (sequence % 10 > 7) { /* the view that follows orders it again */
            script_propose(script, sequence < 21 ? 2 : 3, sequence, batch, start_ns + 500);
        }
        for (node_id id = 0; id < 4; id++) {
            view_number view = sequence < 11 ? 0 : sequence < 21 ? 1 : 2;
            script_execute(script, id, view, sequence, batch, start_ns + script_random(&random) % 900);
        }
        script_accept(script, client, (sequence + 2) / 3, start_ns + 1200);
    }
    return script;
}

static void expect_same(const struct histogram *a, const struct histogram *b)
{
    cr_assert(a->count == b->count && a->min == b->min && a->max == b->max);
    cr_assert(memcmp(a->buckets, b->buckets, sizeof a->buckets) == 0);
    cr_assert_float_eq(a->mean, b->mean, 1e-6); /* the order of adding shows only in rounding */
    cr_assert_float_eq(a->m2, b->m2, 1e-6 * (1 + a->m2));
}

Test(measure, nothing_depends_on_the_order_in_which_journals_are_read)
{
    struct script *script = eventful_run();
    script->config.timeline_ns = 700;
    script->config.warmup = 4;
    struct run_result *one = script_play(script, 0);
    cr_assert(one->safe && one->live && one->all.count == 26);
    for (uint64_t seed = 1; seed < 300; seed++) {
        struct run_result *other = script_play(script, seed);
        cr_assert(other->safe && other->live);
        cr_assert(one->decisions == other->decisions && one->executed == other->executed);
        cr_assert(digest_equal(one->history_digest, other->history_digest));
        cr_assert_float_eq(one->operations_per_second, other->operations_per_second, 1e-6);
        cr_assert(one->timeline_bins == other->timeline_bins);
        cr_assert(memcmp(one->timeline, other->timeline, one->timeline_bins * sizeof *one->timeline) == 0);
        expect_same(&one->first, &other->first);
        expect_same(&one->median, &other->median);
        expect_same(&one->quorum, &other->quorum);
        expect_same(&one->all, &other->all);
        expect_same(&one->commit, &other->commit);
        expect_same(&one->request, &other->request);
        script_release(other);
    }
    script_release(one);
    script_destroy(script);
}

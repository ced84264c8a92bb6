/* The checker against journals made by hand: for each invariant one that breaks it, and one that is close but legal. */
#include <criterion/criterion.h>

#include "runner/checker_state.h"
#include "tests/support/script.h"

#define CLIENT 4 /* the first of a script with four replicas */

/* Plays the journals in several orders: each must come to `property`, or to no violation if that is NULL. */
static void expect_verdict(struct script *script, const char *property, sequence_number sequence)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct run_result *result = script_play(script, seed);
        const struct violation *violation = &result->violation;
        cr_assert(result->safe == (property == NULL), "order %lu: %s at %lu", seed,
                  violation->found ? violation->property : "no violation", violation->sequence);
        if (property != NULL) {
            cr_assert(violation->found);
            cr_assert_str_eq(violation->property, property, "order %lu", seed);
            cr_assert(violation->sequence == sequence, "order %lu: at %lu", seed, violation->sequence);
            cr_assert(violation->claim != NULL && violation->replica_count >= 1);
        }
        script_release(result);
    }
    script_destroy(script);
}

/* Three requests, one after the other, all well. */
static struct script *three_decisions(void)
{
    struct script *script = script_create(4, 2);
    for (sequence_number sequence = 1; sequence <= 3; sequence++) {
        script_decide(script, CLIENT, sequence, sequence, 100 * sequence);
    }
    return script;
}

/* The entry with which `node` executed `sequence`. */
static struct journal_entry *execution(struct script *script, node_id node, sequence_number sequence)
{
    for (size_t i = 0; i < script->counts[node]; i++) {
        struct journal_entry *entry = &script->entries[node][i];
        if (entry->kind == JOURNAL_EXECUTED && entry->sequence == sequence) {
            return entry;
        }
    }
    return NULL;
}

Test(checker, a_run_in_which_all_is_well_is_safe_and_live)
{
    struct script *script = three_decisions();
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct run_result *result = script_play(script, seed);
        cr_assert(result->safe && result->live && result->digests_agree);
        cr_assert(result->decisions == 3 && result->submitted == 3);
        cr_assert(result->executed == 3 && result->accepted == 3);
        cr_assert(result->view_changes == 0 && result->final_view == 0);
        script_release(result);
    }
    script_destroy(script);
}

Test(checker, finished_only_when_every_request_is_accepted_and_executed_everywhere)
{
    struct script *script = three_decisions();
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    struct journal_sink sink = checker_sink(checker);
    for (node_id node = 0; node < SCRIPT_NODES; node++) {
        for (size_t i = 0; i < script->counts[node]; i++) {
            cr_assert(!sink.finished(sink.context));
            script_consume(&sink, &script->entries[node][i], 1);
        }
    }
    cr_assert(sink.finished(sink.context));
    cr_assert(checker_finish(checker, 1000));
    checker_destroy(checker);
    script_release(result);
    script_destroy(script);
}

/* ---- I1 ---- */

static struct script *with_other_contents(void)
{
    struct script *script = three_decisions();
    struct payload *other = script_batch(script, 6, 1, 1, 1); /* the accomplice's */
    script_propose(script, 0, 3, other, 305);
    struct journal_entry *entry = execution(script, 2, 3);
    entry->digest = payload_digest(other);
    entry->history++;
    return script;
}

Test(checker, I1_is_broken_by_two_contents_at_one_sequence_number)
{
    struct script *script = three_decisions();
    struct run_result *harmless = script_play(script, 0);
    struct digest history = harmless->history_digest;
    script_release(harmless);
    script_destroy(script);
    script = with_other_contents();
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct run_result *result = script_play(script, seed);
        const struct violation *violation = &result->violation;
        cr_assert(!result->safe && !result->digests_agree);
        cr_assert(digest_equal(result->history_digest, history), "the least replica's side counts as agreed");
        cr_assert_str_eq(violation->property, "I1");
        cr_assert(violation->sequence == 3 && violation->replica_count == 2);
        cr_assert(violation->replicas[0] == 0 && violation->replicas[1] == 2, "the least replica of each side");
        cr_assert(digest_equal(violation->digests[0], execution(script, 0, 3)->digest));
        cr_assert(digest_equal(violation->digests[1], execution(script, 2, 3)->digest));
        script_release(result);
    }
    script_destroy(script);
}

Test(checker, I1_does_not_hold_misbehaving_replicas_to_anything)
{
    struct script *script = with_other_contents();
    script->misbehaving[2] = true;
    expect_verdict(script, NULL, 0);
}

Test(checker, the_first_sequence_number_that_is_wrong_is_the_one_reported)
{
    struct script *script = three_decisions();
    struct payload *other = script_batch(script, 6, 1, 1, 1);
    script_propose(script, 0, 2, other, 205);
    execution(script, 2, 2)->digest = payload_digest(other);
    execution(script, 2, 2)->history++;
    execution(script, 2, 3)->history++;
    expect_verdict(script, "I1", 2);
}

Test(checker, I1_is_broken_by_a_commit_that_is_never_executed)
{
    struct script *script = three_decisions();
    struct payload *other = script_batch(script, 6, 1, 1, 1);
    script_propose(script, 1, 3, other, 305);
    execution(script, 3, 3)->kind = JOURNAL_COMMITTED;
    execution(script, 2, 3)->kind = JOURNAL_COMMITTED;
    script_last(script, 3, JOURNAL_COMMITTED)->view = 1;
    script_last(script, 3, JOURNAL_COMMITTED)->digest = payload_digest(other);
    expect_verdict(script, "I1", 3);
}

/* Replica `torn` is committed to other contents before it executes what all execute. */
static struct script *torn_replica(node_id torn, bool alone)
{
    struct script *script = three_decisions();
    struct payload *other = script_batch(script, 6, 1, 1, 1);
    struct journal_entry executed = *execution(script, torn, 3);
    script->counts[torn]--;
    script_say(script, torn, JOURNAL_COMMITTED, 1, 3, payload_digest(other), 306);
    script->entries[torn][script->counts[torn]++] = executed;
    script_propose(script, 1, 3, other, 305);
    for (node_id id = 0; id < 4; id++) {
        script->misbehaving[id] = alone && id != torn;
    }
    return script;
}

Test(checker, I1_names_two_different_replicas_also_if_one_contradicts_itself)
{
    for (node_id torn = 0; torn < 4; torn++) {
        struct script *script = torn_replica(torn, false);
        for (uint64_t seed = 0; seed < 12; seed++) {
            struct run_result *result = script_play(script, seed);
            const struct violation *violation = &result->violation;
            cr_assert(!result->safe && violation->replica_count == 2);
            cr_assert_str_eq(violation->property, "I1");
            cr_assert(violation->replicas[0] == 0 && violation->replicas[1] == (torn == 0 ? 1 : torn));
            script_release(result);
        }
        script_destroy(script);
    }
}

Test(checker, I1_takes_two_correct_replicas_to_break)
{
    expect_verdict(torn_replica(2, true), NULL, 0);
}

Test(checker, I1_allows_one_content_committed_in_two_views)
{
    struct script *script = three_decisions();
    struct digest digest = execution(script, 3, 3)->digest;
    execution(script, 3, 3)->view = 1;
    script->counts[3]--; /* before it executes: it leaves view 0 */
    script_say(script, 3, JOURNAL_PREPARED, 0, 3, digest, 306);
    script_execute(script, 3, 1, 3, script->batches[2], 310);
    expect_verdict(script, NULL, 0);
}

/* ---- I2, I3 ---- */

Test(checker, I2_is_broken_by_two_digests_prepared_in_one_view)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_PREPARED, 0, 4, (struct digest){{4, 4}}, 400);
    script_say(script, 3, JOURNAL_PREPARED, 0, 4, (struct digest){{4, 5}}, 400);
    expect_verdict(script, "I2", 4);
}

Test(checker, I2_allows_another_digest_in_another_view)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_PREPARED, 0, 4, (struct digest){{4, 4}}, 400);
    script_say(script, 3, JOURNAL_PREPARED, 1, 4, (struct digest){{4, 5}}, 400);
    script_say(script, 2, JOURNAL_PREPARED, 1, 4, (struct digest){{4, 5}}, 400);
    expect_verdict(script, NULL, 0);
}

/* Replica 0 commits in view 0; the others execute in view 1, `prepared` of them after having prepared in view 0. */
static struct script *committed_alone(uint32_t prepared)
{
    struct script *script = three_decisions();
    struct payload *batch = script_batch(script, CLIENT, 4, 1, 0);
    script->config.requests++;
    script_submit(script, CLIENT, 4, 400);
    script_propose(script, 0, 4, batch, 400);
    script_execute(script, 0, 0, 4, batch, 410);
    struct digest opening = script_open_view(script, 1, 425);
    for (node_id id = 1; id < 4; id++) {
        if (id <= prepared) {
            script_say(script, id, JOURNAL_PREPARED, 0, 4, payload_digest(batch), 420);
        }
        script_say(script, id, JOURNAL_VIEW_CHANGE, 1, 0, digest_null(), 420);
        script_say(script, id, JOURNAL_NEW_VIEW, 1, 0, opening, 430);
        script_execute(script, id, 1, 4, batch, 440);
    }
    script_accept(script, CLIENT, 4, 450);
    return script;
}

Test(checker, I3_is_broken_by_a_commit_that_too_few_prepared)
{
    expect_verdict(committed_alone(1), "I3", 4);
}

Test(checker, I3_allows_a_commit_that_a_quorum_prepared)
{
    expect_verdict(committed_alone(2), NULL, 0);
}

/* ---- I4 ---- */

Test(checker, I4_is_broken_by_a_gap)
{
    struct script *script = three_decisions();
    *execution(script, 1, 2) = *execution(script, 1, 3);
    script->counts[1]--;
    expect_verdict(script, "I4", 3);
}

Test(checker, I4_is_broken_by_executing_again)
{
    struct script *script = three_decisions();
    *execution(script, 1, 3) = *execution(script, 1, 2);
    expect_verdict(script, "I4", 2);
}

Test(checker, I4_allows_a_fetched_state_over_the_gap_and_live_counts_it)
{
    struct script *script = three_decisions();
    struct journal_entry *entry = execution(script, 1, 2);
    entry->kind = JOURNAL_TRANSFERRED;
    entry->digest = (struct digest){{9, 9}};
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct run_result *result = script_play(script, seed);
        cr_assert(result->safe && result->live);
        cr_assert(result->decisions == 3);
        script_release(result);
    }
    script_destroy(script);
}

Test(checker, I4_is_broken_by_a_fetched_history_that_nobody_executed)
{
    struct script *script = three_decisions();
    struct journal_entry *entry = execution(script, 1, 2);
    entry->kind = JOURNAL_TRANSFERRED;
    entry->history++;
    expect_verdict(script, "I4", 2);
}

Test(checker, I4_is_broken_by_another_history_of_the_same_contents)
{
    struct script *script = three_decisions();
    execution(script, 3, 2)->history++;
    expect_verdict(script, "I4", 2);
}

Test(checker, I4_is_broken_by_two_states_at_one_checkpoint)
{
    struct script *script = three_decisions();
    script_say(script, 0, JOURNAL_STABLE, 0, 2, (struct digest){{2, 2}}, 500);
    script_say(script, 3, JOURNAL_STABLE, 0, 2, (struct digest){{2, 3}}, 500);
    expect_verdict(script, "I4", 2);
}

Test(checker, I4_allows_two_states_at_two_checkpoints)
{
    struct script *script = three_decisions();
    script_say(script, 0, JOURNAL_STABLE, 0, 2, (struct digest){{2, 2}}, 500);
    script_say(script, 3, JOURNAL_STABLE, 0, 3, (struct digest){{2, 3}}, 500);
    expect_verdict(script, NULL, 0);
}

Test(checker, I4_compares_where_replicas_ended_only_at_equal_sequence_numbers)
{
    for (sequence_number executed = 2; executed <= 3; executed++) {
        struct script *script = three_decisions();
        struct run_result *result = calloc(1, sizeof *result);
        struct checker *checker = checker_create(&script->config, result);
        script_feed(script, checker, 1);
        checker_final_state(checker, 0, 3, (struct digest){{1, 1}});
        checker_final_state(checker, 1, executed, (struct digest){{1, 2}});
        cr_assert(checker_finish(checker, 1000));
        cr_assert(result->safe == (executed == 2));
        checker_destroy(checker);
        script_release(result);
        script_destroy(script);
    }
}

/* ---- I5 ---- */

/* Request 3 is ordered again as 4; each replica says how many requests it executed there. */
static struct script *ordered_again(uint32_t count)
{
    struct script *script = three_decisions();
    script_propose(script, 0, 4, script->batches[2], 400);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, 4, script->batches[2], 410)->count = count;
    }
    return script;
}

Test(checker, I5_is_broken_by_a_request_executed_twice)
{
    expect_verdict(ordered_again(1), "I5", 4);
}

Test(checker, I5_allows_a_request_ordered_twice_and_executed_once)
{
    expect_verdict(ordered_again(0), NULL, 0);
}

Test(checker, I5_is_broken_by_one_replica_that_skips_a_request)
{
    struct script *script = three_decisions();
    execution(script, 2, 3)->count = 0;
    expect_verdict(script, "I5", 3);
}

Test(checker, I5_is_broken_by_all_replicas_skipping_a_request)
{
    struct script *script = three_decisions();
    for (node_id id = 0; id < 4; id++) {
        execution(script, id, 3)->count = 0;
    }
    expect_verdict(script, "I5", 3);
}

Test(checker, I5_is_broken_by_a_request_twice_in_one_batch_counted_twice)
{
    for (uint32_t count = 1; count <= 2; count++) {
        struct script *script = three_decisions();
        struct payload *once = script_batch(script, CLIENT, 4, 1, 0);
        struct payload *twice = script_payload(script, 2 * once->size);
        memcpy(twice->bytes, once->bytes, once->size);
        memcpy(twice->bytes + once->size, once->bytes, once->size);
        payload_seal(twice);
        script_submit(script, CLIENT, 4, 400);
        script_propose(script, 0, 4, twice, 400);
        for (node_id id = 0; id < 4; id++) {
            script_execute(script, id, 0, 4, twice, 410)->count = count;
        }
        expect_verdict(script, count == 1 ? NULL : "I5", 4);
    }
}

/* ---- I6 ---- */

Test(checker, I6_is_broken_by_contents_that_nobody_proposed)
{
    struct script *script = three_decisions();
    for (node_id id = 0; id < 4; id++) {
        execution(script, id, 3)->digest = (struct digest){{3, 3}};
    }
    expect_verdict(script, "I6", 3);
}

Test(checker, I6_is_broken_by_a_request_that_its_client_did_not_submit)
{
    struct script *script = three_decisions();
    struct payload *batch = script_batch(script, CLIENT + 1, 1, 1, 0);
    script_propose(script, 0, 4, batch, 400);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, 4, batch, 410);
    }
    expect_verdict(script, "I6", 4);
}

Test(checker, I6_is_broken_by_a_request_without_its_clients_tag)
{
    struct script *script = three_decisions();
    struct payload *batch = script_batch(script, CLIENT, 4, 1, 0);
    batch->bytes[offsetof(struct request, tag)] ^= 1;
    payload_seal(batch);
    script_submit(script, CLIENT, 4, 400);
    script_propose(script, 0, 4, batch, 400);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, 4, batch, 410);
    }
    expect_verdict(script, "I6", 4);
}

Test(checker, I6_does_not_believe_a_misbehaving_replica_that_says_a_client_submitted)
{
    struct script *script = three_decisions();
    script->misbehaving[3] = true;
    struct payload *batch = script_batch(script, CLIENT, 4, 1, 0);
    struct journal_entry *entry = script_add(script, 3, JOURNAL_SUBMITTED, 400);
    entry->client = CLIENT;
    entry->timestamp = 4;
    script_propose(script, 0, 4, batch, 400);
    for (node_id id = 0; id < 3; id++) {
        script_execute(script, id, 0, 4, batch, 410);
    }
    expect_verdict(script, "I6", 4);
}

Test(checker, I6_allows_null_requests)
{
    struct script *script = three_decisions();
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 1, 4, NULL, 410);
    }
    expect_verdict(script, NULL, 0);
}

Test(checker, I6_allows_the_accomplices_requests_also_two_of_one_timestamp)
{
    struct script *script = three_decisions();
    for (sequence_number sequence = 4; sequence <= 5; sequence++) {
        struct payload *batch = script_batch(script, 6, 1, 1, sequence);
        script_propose(script, 0, sequence, batch, 100 * sequence);
        for (node_id id = 0; id < 4; id++) {
            script_execute(script, id, 0, sequence, batch, 100 * sequence + 10)->count = sequence == 4;
        }
    }
    expect_verdict(script, NULL, 0);
}

Test(checker, I6_finds_contents_that_were_proposed_for_another_sequence_number)
{
    struct script *script = three_decisions();
    struct payload *batch = script_batch(script, CLIENT, 4, 1, 0);
    script_submit(script, CLIENT, 4, 400);
    script_propose(script, 0, 5, batch, 400);
    script_propose(script, 0, 4, NULL, 400);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, 4, batch, 410);
    }
    expect_verdict(script, NULL, 0);
}

/* ---- I7, I9, I10 ---- */

static struct script *accepted_from_nowhere(void)
{
    struct script *script = three_decisions();
    script_submit(script, CLIENT, 4, 400);
    script_accept(script, CLIENT, 4, 420);
    return script;
}

Test(checker, I7_is_broken_by_an_accepted_reply_that_is_in_no_history)
{
    expect_verdict(accepted_from_nowhere(), "I7", 0);
}

Test(checker, I7_allows_a_deceived_client_beyond_f)
{
    struct script *script = accepted_from_nowhere();
    script->misbehaving[2] = script->misbehaving[3] = true;
    expect_verdict(script, NULL, 0);
}

/* The client writes 5, then 6, under one key: the second result is the value that the first left there. */
static struct script *two_writes(uint64_t second_result)
{
    struct script *script = three_decisions();
    for (uint64_t i = 0; i < 2; i++) {
        const uint64_t operation[2] = {77, 5 + i};
        struct payload *batch = script_payload(script, request_footprint(sizeof operation));
        request_write(batch->bytes, script->keyring, CLIENT, 4 + i, operation, sizeof operation);
        payload_seal(batch);
        script->config.requests++;
        script_submit(script, CLIENT, 4 + i, 400 + 100 * i);
        script_propose(script, 0, 4 + i, batch, 401 + 100 * i);
        for (node_id id = 0; id < 4; id++) {
            script_execute(script, id, 0, 4 + i, batch, 410 + 100 * i);
        }
        script_accept(script, CLIENT, 4 + i, 420 + 100 * i);
        script_last(script, CLIENT, JOURNAL_ACCEPTED)->result = i == 0 ? 0 : second_result;
    }
    return script;
}

Test(checker, I7_holds_where_a_result_follows_from_the_agreed_history)
{
    expect_verdict(two_writes(5), NULL, 0);
}

Test(checker, I7_is_broken_by_an_accepted_result_that_does_not_follow)
{
    expect_verdict(two_writes(6), "I7", 0);
}

Test(checker, I7_allows_a_wrong_result_beyond_f)
{
    struct script *script = two_writes(6);
    script->misbehaving[2] = script->misbehaving[3] = true;
    expect_verdict(script, NULL, 0);
}

Test(checker, I8_is_broken_by_a_vote_that_the_watch_forbids)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_FORBIDDEN_VOTE, 0, 2, (struct digest){{5, 5}}, 400);
    expect_verdict(script, "I8", 2);
}

Test(checker, I8_does_not_hold_misbehaving_replicas_to_anything)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_FORBIDDEN_VOTE, 0, 2, (struct digest){{5, 5}}, 400);
    script->misbehaving[1] = true;
    expect_verdict(script, NULL, 0);
}

Test(checker, I9_is_broken_by_a_view_that_does_not_grow)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_VIEW_CHANGE, 2, 0, digest_null(), 400);
    script_say(script, 1, JOURNAL_NEW_VIEW, 1, 0, script_open_view(script, 1, 405), 410);
    expect_verdict(script, "I9", 0);
}

Test(checker, I9_allows_a_new_view_above_the_one_asked_for)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_VIEW_CHANGE, 2, 0, digest_null(), 400);
    script_say(script, 1, JOURNAL_NEW_VIEW, 3, 0, script_open_view(script, 3, 405), 410);
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct run_result *result = script_play(script, seed);
        cr_assert(result->safe && result->view_changes == 1 && result->final_view == 3);
        script_release(result);
    }
    script_destroy(script);
}

/* The driver notes a proposal before the state that the same step has taken over, and that made room for it. */
Test(checker, I9_allows_a_proposal_ahead_of_what_its_sender_has_said_so_far)
{
    struct script *script = three_decisions();
    script_propose(script, 0, 40, script_batch(script, CLIENT, 9, 1, 0), 400);
    expect_verdict(script, NULL, 0);
}

Test(checker, I9_is_broken_by_a_watermark_that_falls)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_STABLE, 0, 3, (struct digest){{3, 3}}, 400);
    script_say(script, 1, JOURNAL_STABLE, 0, 2, (struct digest){{2, 2}}, 410);
    expect_verdict(script, "I9", 2);
}

Test(checker, I9_is_broken_by_a_commit_far_outside_the_window)
{
    struct script *script = three_decisions();
    script_say(script, 1, JOURNAL_COMMITTED, 0, 3 + 2 * 8 + 1, (struct digest){{3, 3}}, 400);
    expect_verdict(script, "I9", 20);
}

Test(checker, I10_is_broken_by_a_checkpoint_that_too_few_have_reached)
{
    for (sequence_number stable = 3; stable <= 4; stable++) {
        struct script *script = three_decisions();
        script_say(script, 2, JOURNAL_STABLE, 0, stable, (struct digest){{3, 3}}, 500);
        expect_verdict(script, stable == 3 ? NULL : "I10", 4);
    }
}

/* ---- live ---- */

static void expect_not_live(struct script *script)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct run_result *result = script_play(script, seed);
        cr_assert(result->safe && !result->live);
        script_release(result);
    }
    script_destroy(script);
}

Test(checker, live_wants_every_request_accepted)
{
    struct script *script = three_decisions();
    script->counts[CLIENT]--;
    expect_not_live(script);
}

Test(checker, live_wants_every_request_at_every_correct_replica)
{
    struct script *script = three_decisions();
    script->counts[2]--;
    expect_not_live(script);
}

Test(checker, live_wants_the_requests_that_were_not_even_submitted)
{
    struct script *script = three_decisions();
    script->config.requests++;
    expect_not_live(script);
}

Test(checker, live_asks_nothing_of_misbehaving_replicas)
{
    struct script *script = three_decisions();
    script->misbehaving[2] = true;
    script->counts[2] = 0;
    struct run_result *result = script_play(script, 5);
    cr_assert(result->safe && result->live);
    script_release(result);
    script_destroy(script);
}

/* ---- memory ---- */

/* Feeds one decision after another, a request each, as a run without end does. */
static void run_long(struct script *script, struct checker *checker, sequence_number decisions, node_id behind)
{
    struct journal_sink sink = checker_sink(checker);
    for (sequence_number sequence = 1; sequence <= decisions; sequence++) {
        memset(script->counts, 0, sizeof script->counts);
        script_decide(script, CLIENT, sequence, sequence, 100 * sequence);
        for (node_id node = 0; node < SCRIPT_NODES; node++) {
            if (script->counts[node] > 0 && node != behind) {
                script_consume(&sink, script->entries[node], script->counts[node]);
            }
        }
        payload_drop(script->batches[--script->batch_count]);
    }
}

Test(checker, memory_stays_flat_in_a_run_without_end)
{
    struct script *script = script_create(4, 1);
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    run_long(script, checker, 20000, NO_NODE);
    cr_assert(checker->history.capacity == 64, "%lu places", checker->history.capacity);
    cr_assert(checker->history.base == 20001);
    cr_assert(checker->ledger.of[0].capacity == 4);
    cr_assert(result->decisions == 20000);
    checker_destroy(checker);
    script_release(result);
    script_destroy(script);
}

Test(checker, what_a_replica_that_stays_behind_has_missed_is_kept)
{
    struct script *script = script_create(4, 1);
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    run_long(script, checker, 1000, 3);
    cr_assert(checker->history.base == 1 && checker->history.capacity == 1024);
    script->config.requests = 1000;
    cr_assert(checker_finish(checker, 1000000));
    cr_assert(result->decisions == 1000 && result->safe && !result->live);
    checker_destroy(checker);
    script_release(result);
    script_destroy(script);
}

Test(checker, a_flood_of_sequence_numbers_does_not_fill_the_memory)
{
    struct script *script = three_decisions();
    script->misbehaving[0] = true;
    struct payload *batch = script_batch(script, 6, 1, 1, 0);
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    struct journal_sink sink = checker_sink(checker);
    struct journal_entry entry = {.kind = JOURNAL_PROPOSED, .node = 0, .digest = payload_digest(batch), .batch = batch};
    for (uint64_t i = 0; i < 1000000; i++) {
        entry.sequence = i * 0x9e3779b97f4a7c15u >> (i % 64);
        script_consume(&sink, &entry, 1);
    }
    cr_assert(checker->history.capacity <= 65536);
    for (uint64_t i = 0; i < 100000; i++) {
        struct payload *other = script_batch(script, 6, 1, 1, i);
        entry = (struct journal_entry){.kind = JOURNAL_PROPOSED, .digest = payload_digest(other), .batch = other};
        entry.sequence = 4;
        script_consume(&sink, &entry, 1);
        payload_drop(script->batches[--script->batch_count]);
    }
    cr_assert(history_find(&checker->history, 4)->content_count <= 4096);
    script_feed(script, checker, 3);
    cr_assert(checker_finish(checker, 1000));
    cr_assert(result->safe && result->live);
    checker_destroy(checker);
    script_release(result);
    script_destroy(script);
}

/* ---- contents under another's digest, and floods of them ---- */

/* Replica 0, which misbehaves, first shows other contents under the digest of what is then decided as 4. */
Test(checker, contents_are_known_by_their_own_digest_not_by_the_claimed_one)
{
    struct script *script = three_decisions();
    script->misbehaving[0] = true;
    struct payload *wrong = script_batch(script, 6, 1, 1, 1), *right = script_batch(script, CLIENT, 4, 1, 0);
    script->config.requests++;
    script_submit(script, CLIENT, 4, 400);
    script_propose(script, 0, 4, wrong, 400);
    script_last(script, 0, JOURNAL_PROPOSED)->digest = payload_digest(right);
    script_propose(script, 0, 4, right, 401);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, 4, right, 410);
    }
    script_accept(script, CLIENT, 4, 420);
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct run_result *result = script_play(script, seed);
        cr_assert(result->safe && result->live && result->executed == 4);
        script_release(result);
    }
    script_destroy(script);
}

/* Replica `flooder` shows `count` batches of the accomplice for sequence number 4 in its view; replica 0 then has its
 * own decided there. */
static struct run_result *after_a_flood(struct script *script, node_id flooder, uint32_t count)
{
    struct payload *right = script_batch(script, CLIENT, 4, 1, 0);
    script->misbehaving[flooder] = true;
    script->config.requests++;
    script_submit(script, CLIENT, 4, 400);
    script_propose(script, 0, 4, right, 401);
    for (node_id id = 0; id < 4; id++) {
        script_execute(script, id, 0, 4, right, 410);
    }
    script_accept(script, CLIENT, 4, 420);
    struct run_result *result = calloc(1, sizeof *result);
    struct checker *checker = checker_create(&script->config, result);
    struct journal_sink sink = checker_sink(checker);
    struct payload *batch = script_batch(script, 6, 1, 1, 1);
    for (uint64_t salt = 1; salt <= count; salt++) {
        request_write(batch->bytes, script->keyring, 6, 1, &salt, sizeof salt);
        payload_seal(batch);
        atomic_store(&batch->valid_as, 0);
        const struct journal_entry entry = {.kind = JOURNAL_PROPOSED,
                                            .node = flooder,
                                            .view = flooder,
                                            .sequence = 4,
                                            .digest = payload_digest(batch),
                                            .batch = batch};
        script_consume(&sink, &entry, 1);
    }
    script_feed(script, checker, 1);
    cr_assert(checker_finish(checker, 1000));
    checker_destroy(checker);
    script_destroy(script);
    return result;
}

Test(checker, a_flood_of_contents_does_not_push_out_anothers)
{
    struct run_result *result = after_a_flood(three_decisions(), 1, 6000);
    cr_assert(result->safe && result->live && result->executed == 4 && result->unjudged.reason == NULL);
    script_release(result);
}

Test(checker, more_contents_than_the_old_bound_are_kept)
{
    struct run_result *result = after_a_flood(three_decisions(), 0, 1100);
    cr_assert(result->safe && result->live && result->executed == 4 && result->unjudged.reason == NULL);
    script_release(result);
}

Test(checker, a_checker_that_gives_up_says_so)
{
    struct run_result *result = after_a_flood(three_decisions(), 0, 6000);
    cr_assert(result->unjudged.reason != NULL && result->unjudged.sequence == 4 && result->unjudged.replica == 0);
    cr_assert(!result->live, "no verdict");
    script_release(result);
}

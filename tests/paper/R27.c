/* R27: fetched state must hash to a digest with q CHECKPOINTs, whoever sent it; f+1 claims only say where to look. */
#include <criterion/criterion.h>

#include "core/fetch.h"
#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

/* The STATE that a replica with two executed requests, and checkpoint 2 stable with exactly `voters` votes, hands out. */
static struct message state_of(struct stage *helper, uint32_t n, uint32_t quorum)
{
    stage_open(helper, (struct stage_options){.replicas = n, .id = 0, .quorum = quorum, .checkpoint_interval = 2});
    for (sequence_number sequence = 1; sequence <= 2; sequence++) {
        struct payload *request = stage_request_of(helper, 0, sequence, "samekey step");
        stage_request(helper, 0, sequence, request);
        stage_decide(helper, 0, sequence, request);
    }
    stage_checkpoints(helper, 2, stage_last(helper, MESSAGE_CHECKPOINT)->digest, 0, helper->config.quorum - 1);
    cr_assert_eq(stage_status(helper).stable, 2);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    fetch.sequence = 1;
    cr_assert_eq(stage_deliver(helper, n - 1, fetch), REJECT_NONE);
    struct message state = *stage_last(helper, MESSAGE_STATE);
    cr_assert_eq(state.to, n - 1);
    state.sender = NO_NODE;
    return state;
}

Test(paper, R27_a_certified_state_is_taken_over_whoever_sends_it)
{
    FOR_EACH_SIZE(n)
    {
        for (node_id sender = 0; sender < n - 1; sender += 1 + n / 5) {
            struct stage helper, stage;
            struct message state = state_of(&helper, n, 0);
            stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1, .checkpoint_interval = 2});
            cr_assert_eq(stage_deliver(&stage, sender, state), REJECT_NONE, "n = %u", n);
            struct replica_status here = stage_status(&stage), there = stage_status(&helper);
            cr_assert_eq(here.executed, 2);
            cr_assert_eq(here.stable, 2);
            cr_assert_eq(here.history, there.history);
            cr_assert(digest_equal(here.state, there.state));
            cr_assert(stage_journal_is(&stage, LINES("stable s2 ?", "transferred s2 ?")));
            cr_assert_eq(stage_close(&stage), 0);
            cr_assert_eq(stage_close(&helper), 0);
        }
    }
}

Test(paper, R27_any_change_to_it_is_found)
{
    struct stage helper, stage;
    struct message state = state_of(&helper, 5, 0);
    stage_open(&stage, (struct stage_options){.replicas = 5, .id = 4, .checkpoint_interval = 2});
    struct payload *right = state.payload;
    for (size_t offset = 0; offset < right->size; offset++) {
        state.payload = stage_spoilt(&stage, right, offset);
        cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_BAD_STATE, "byte %zu", offset);
        stage.named--; /* as many as there are bytes: let go of each at once */
        payload_drop(state.payload);
    }
    for (uint32_t size = 1; size < right->size + 64; size += 63) {
        if (size != right->size) {
            state.payload = stage_resized(&stage, right, size);
            cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_BAD_STATE, "cut or filled to %u bytes", size);
        }
    }
    state.payload = NULL;
    cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_BAD_STATE);
    cr_assert_eq(stage_status(&stage).executed, 0);
    cr_assert_eq(stage_close(&stage), 0);
    cr_assert_eq(stage_close(&helper), 0);
}

/* It was stable for a replica that was content with one vote fewer. */
Test(paper, R27_q_minus_1_checkpoints_are_not_enough)
{
    FOR_EACH_SIZE(n)
    {
        struct stage helper, stage;
        struct message state = state_of(&helper, n, quorum_size(n) - 1);
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1, .checkpoint_interval = 2});
        cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_BAD_STATE, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
        cr_assert_eq(stage_close(&helper), 0);
    }
}

Test(paper, R27_an_older_state_than_what_is_executed_is_not_taken_over)
{
    struct stage helper, stage;
    struct message state = state_of(&helper, 4, 0);
    stage_open(&stage, (struct stage_options){.id = 3, .checkpoint_interval = 2});
    for (sequence_number sequence = 1; sequence <= 3; sequence++) {
        stage_decide(&stage, 0, sequence, stage_request_of(&stage, 1, sequence, "other"));
    }
    struct replica_status before = stage_status(&stage);
    (void)stage_deliver(&stage, 1, state);
    cr_assert_eq(stage_status(&stage).executed, 3);
    cr_assert_eq(stage_status(&stage).history, before.history);
    cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_OBSOLETE, "its proof was taken over at once");
    cr_assert_eq(stage_close(&stage), 0);
    cr_assert_eq(stage_close(&helper), 0);
}

/* A checkpoint that became stable elsewhere while votes for it were lost here: at H the replica can neither go on by
 * DECISIONs, which lie outside its window, nor gather the votes. The proof in a STATE moves its window. */
static void assert_asks_for_the_proof(uint32_t window)
{
    struct stage helper, stage;
    struct message state = state_of(&helper, 4, 0);
    stage_open(&stage,
               (struct stage_options){
                   .id = 3, .checkpoint_interval = 2, .window = window, .retransmit_ns = 100, .view_timeout_ns = 1000});
    for (sequence_number sequence = 1; sequence <= window; sequence++) {
        stage_decide(&stage, 0, sequence, stage_request_of(&stage, sequence <= 2 ? 0 : 1, sequence, "samekey step"));
    }
    cr_assert(stage_status(&stage).executed == window && stage_status(&stage).stable == 0);
    stage_forget(&stage);
    stage_commits(&stage, 0, window + 1, stage_request_of(&stage, 2, 1, "beyond H"), 0, 2);
    while (stage_sent(&stage, MESSAGE_FETCH) == 0) {
        cr_assert_leq(stage_deadline(&stage), 5000);
        stage_timer(&stage, stage_deadline(&stage));
    }
    cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->sequence, 4, "what comes next could not be kept");
    cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_NONE);
    cr_assert(stage_status(&stage).executed == window && stage_status(&stage).stable == 2);
    cr_assert_eq(stage_close(&stage), 0);
    cr_assert_eq(stage_close(&helper), 0);
}

Test(paper, R27_who_stands_at_H_asks_for_the_proof_that_moves_it)
{
    assert_asks_for_the_proof(4);
}

/* Asked for what lies above its last checkpoint, a peer would answer with decisions. */
Test(paper, R27_who_stands_at_an_H_between_checkpoints_asks_for_the_one_before)
{
    assert_asks_for_the_proof(5);
}

/* What was committed above the state, while it was awaited, executes at once. */
Test(paper, R27_execution_goes_on_from_the_fetched_state)
{
    struct stage helper, stage;
    struct message state = state_of(&helper, 4, 0);
    stage_open(&stage, (struct stage_options){.id = 3, .checkpoint_interval = 2});
    struct payload *third = stage_request_of(&stage, 0, 3, "samekey step");
    struct payload *third_there = stage_request_of(&helper, 0, 3, "samekey step");
    stage_decide(&stage, 0, 3, third);
    cr_assert_eq(stage_status(&stage).executed, 0);
    cr_assert_eq(stage_deliver(&stage, 1, state), REJECT_NONE);
    cr_assert_eq(stage_status(&stage).executed, 3);
    stage_request(&helper, 0, 3, third_there);
    stage_decide(&helper, 0, 3, third_there);
    cr_assert_eq(stage_status(&stage).history, stage_status(&helper).history);
    cr_assert(digest_equal(stage_status(&stage).state, stage_status(&helper).state));
    cr_assert_eq(stage_last(&stage, MESSAGE_REPLY)->digest.words[0],
                 stage_last(&helper, MESSAGE_REPLY)->digest.words[0]);
    cr_assert_eq(stage_close(&stage), 0);
    cr_assert_eq(stage_close(&helper), 0);
}

/* R28 holds over it: the last reply came along. */
Test(paper, R27_the_last_replies_come_with_the_state)
{
    struct stage helper, stage;
    struct message state = state_of(&helper, 4, 0);
    stage_open(&stage, (struct stage_options){.id = 3, .checkpoint_interval = 2});
    struct payload *first = stage_request_of(&stage, 0, 1, "samekey step");
    struct payload *second = stage_request_of(&stage, 0, 2, "samekey step");
    stage_deliver(&stage, 1, state);
    stage_forget(&stage);
    cr_assert_eq(stage_request(&stage, 0, 1, first), REJECT_OLD_REQUEST);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_request(&stage, 0, 2, second), REJECT_OLD_REQUEST);
    cr_assert_eq(stage_last(&stage, MESSAGE_REPLY)->digest.words[0],
                 stage_last(&helper, MESSAGE_REPLY)->digest.words[0]);
    cr_assert_eq(stage_close(&stage), 0);
    cr_assert_eq(stage_close(&helper), 0);
}

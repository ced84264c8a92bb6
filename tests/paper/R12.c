/* R12: execution is in order, without gaps, exactly once. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R12_what_commits_out_of_order_executes_in_order)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *b = stage_request_of(&stage, 1, 1, "that");
    struct payload *c = stage_request_of(&stage, 2, 1, "more");
    stage_decide(&stage, 0, 3, c);
    stage_decide(&stage, 0, 2, b);
    cr_assert(stage_journal_is(&stage, LINES("committed v0 s3 c", "committed v0 s2 b")));
    cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 0);
    stage_forget(&stage);
    stage_decide(&stage, 0, 1, a);
    cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1", "executed v0 s2 b 1", "executed v0 s3 c 1")));
    cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 3);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R12_a_gap_stops_execution)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        for (sequence_number sequence = 1; sequence <= 7; sequence++) {
            if (sequence != 4) {
                stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "step"));
            }
        }
        cr_assert_eq(stage_status(&stage).executed, 3, "n = %u", n);
        stage_decide(&stage, 0, 4, stage_request_of(&stage, 1, 1, "step"));
        cr_assert_eq(stage_status(&stage).executed, 7, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R12_votes_past_the_quorum_execute_nothing_again)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        for (uint32_t time = 0; time < 3; time++) {
            stage_decide(&stage, 0, 1, a);
        }
        cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all", "commit v0 s1 a > all", "reply v0 t1 r0 > c0")));
        cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1")));
        cr_assert_eq(stage_status(&stage).executed, 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* What a client is told that reads the key afterwards: shows whatever was done to it. */
static uint64_t read_back(struct stage *stage, sequence_number sequence)
{
    stage_decide(stage, 0, sequence, stage_request_of(stage, 3, 1, "samekey read"));
    cr_assert_eq(stage_last(stage, MESSAGE_REPLY)->to, stage_client(stage, 3));
    return stage_last(stage, MESSAGE_REPLY)->digest.words[0];
}

Test(paper, R12_a_request_that_is_ordered_twice_executes_once)
{
    uint64_t read[2];
    for (uint32_t twice = 0; twice <= 1; twice++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "samekey this");
        stage_decide(&stage, 0, 1, a);
        if (twice) {
            stage_forget(&stage);
            stage_decide(&stage, 0, 2, a);
            cr_assert(stage_journal_is(&stage, LINES("executed v0 s2 a 0")), "the sequence number, not the request");
            cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 0);
        }
        read[twice] = read_back(&stage, 2 + twice);
        cr_assert_eq(stage_close(&stage), 0);
    }
    cr_assert_eq(read[0], read[1]);
}

Test(paper, R12_a_request_twice_in_one_batch_executes_once)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *twice = stage_batch_of(&stage, a, a);
    stage_decide(&stage, 0, 1, twice);
    cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 b 1")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R12_an_older_request_ordered_after_a_newer_one_has_no_effect)
{
    uint64_t read[2];
    for (uint32_t late = 0; late <= 1; late++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 1});
        struct payload *older = stage_request_of(&stage, 0, 1, "samekey this");
        struct payload *newer = stage_request_of(&stage, 0, 2, "samekey that");
        stage_decide(&stage, 0, 1, newer);
        if (late) {
            stage_forget(&stage);
            stage_decide(&stage, 0, 2, older);
            cr_assert(stage_journal_is(&stage, LINES("executed v0 s2 a 0")));
            cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 0);
        }
        read[late] = read_back(&stage, 2 + late);
        cr_assert_eq(stage_close(&stage), 0);
    }
    cr_assert_eq(read[0], read[1]);
}

/* The same three decisions in every order of commitment: one state, one history. */
Test(paper, R12_state_and_history_depend_on_the_order_of_sequence_numbers_only)
{
    static const uint32_t orders[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    struct replica_status first = {0};
    for (uint32_t order = 0; order < 6; order++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 1});
        struct payload *requests[3];
        for (uint32_t client = 0; client < 3; client++) {
            /* one key for all, so that the order of execution shows in the values */
            requests[client] = stage_request_of(&stage, client, 1,
                                                client == 0   ? "samekey 1"
                                                : client == 1 ? "samekey 2"
                                                              : "samekey 3");
        }
        for (uint32_t turn = 0; turn < 3; turn++) {
            stage_decide(&stage, 0, orders[order][turn], requests[orders[order][turn] - 1]);
        }
        struct replica_status status = stage_status(&stage);
        cr_assert_eq(status.executed, 3);
        first = order == 0 ? status : first;
        cr_assert(digest_equal(status.state, first.state));
        cr_assert_eq(status.history, first.history);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R12_another_order_of_the_same_requests_is_another_state_and_history)
{
    struct replica_status status[2];
    for (uint32_t swapped = 0; swapped <= 1; swapped++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "samekey this");
        struct payload *b = stage_request_of(&stage, 1, 1, "samekey that");
        stage_decide(&stage, 0, 1, swapped ? b : a);
        stage_decide(&stage, 0, 2, swapped ? a : b);
        status[swapped] = stage_status(&stage);
        cr_assert_eq(stage_close(&stage), 0);
    }
    cr_assert_not(digest_equal(status[0].state, status[1].state));
    cr_assert_neq(status[0].history, status[1].history);
}

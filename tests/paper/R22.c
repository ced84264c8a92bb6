/* R22: when a checkpoint is stable, h and H move at once; execution waits for the fetch if the replica has not executed
 * that far. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

static const struct digest far = {{5, 6}};

Test(paper, R22_h_and_H_move_at_once_although_nothing_was_executed)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 6, a), REJECT_OUTSIDE_WINDOW);
        stage_checkpoints(&stage, 4, far, 0, stage.config.quorum);
        cr_assert_eq(stage_status(&stage).stable, 4, "n = %u", n);
        cr_assert_eq(stage_status(&stage).executed, 0);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 4, a), REJECT_OUTSIDE_WINDOW);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 8, a), REJECT_NONE);
        cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 9, a), REJECT_OUTSIDE_WINDOW);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* s5 commits in the new window, but s1..s4 were never executed here. */
Test(paper, R22_execution_waits_for_the_state)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
        stage_checkpoints(&stage, 4, far, 0, stage.config.quorum);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 1);
        cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->sequence, 1, "everything after what is executed");
        stage_decide(&stage, 0, 5, stage_request_of(&stage, 0, 1, "this"));
        cr_assert_eq(stage_recorded(&stage, JOURNAL_EXECUTED), 0, "n = %u", n);
        cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 0);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "but it votes");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

static struct payload *step_of(struct stage *stage, sequence_number sequence)
{
    return stage_request_of(stage, 0, sequence, "step");
}

/* The state after s1..s4, as one says it who executed them. */
static struct digest state_of_four(uint32_t n)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
    for (sequence_number sequence = 1; sequence <= 4; sequence++) {
        stage_decide(&stage, 0, sequence, step_of(&stage, sequence));
    }
    const struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
    cr_assert_eq(stage_last(&stage, MESSAGE_CHECKPOINT)->sequence, 4);
    cr_assert_eq(stage_close(&stage), 0);
    return state;
}

/* The checkpoint may be stable here alone: those that executed it may lack a vote for it that came here, and then they
 * can give no state, only decisions, which lie below this window. They are executed in order, and then there is a vote
 * more for the checkpoint. */
Test(paper, R22_decisions_below_h_bring_it_there_too)
{
    FOR_EACH_SIZE(n)
    {
        const struct digest state = state_of_four(n);
        struct stage stage;
        stage_open(&stage, (struct stage_options){
                               .replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4, .retransmit_ns = 1000});
        const uint32_t q = stage.config.quorum;
        stage_checkpoints(&stage, 4, state, 0, q);
        cr_assert_eq(stage_status(&stage).stable, 4, "n = %u", n);
        stage_decide(&stage, 0, 5, step_of(&stage, 5));
        struct payload *second = stage_decision_of(&stage, 0, 2, step_of(&stage, 2), q);
        cr_assert_eq(stage_decision(&stage, 1, second), REJECT_OUTSIDE_WINDOW, "it is not the next");
        for (sequence_number sequence = 1; sequence <= 4; sequence++) {
            cr_assert_eq(stage_recorded(&stage, JOURNAL_EXECUTED), sequence - 1);
            cr_assert_eq(stage_sent(&stage, MESSAGE_CHECKPOINT), 0);
            struct payload *decision = stage_decision_of(&stage, 0, sequence, step_of(&stage, sequence), q);
            cr_assert_eq(stage_decision(&stage, 1, decision), REJECT_NONE, "n = %u, %lu", n, sequence);
            cr_assert_eq(stage_decision(&stage, 2, decision), REJECT_OBSOLETE);
        }
        cr_assert_eq(stage_status(&stage).executed, 5, "s5 was committed, and waited");
        cr_assert_eq(stage_sent(&stage, MESSAGE_CHECKPOINT), 1, "of h, and none of what is below");
        cr_assert_eq(stage_last(&stage, MESSAGE_CHECKPOINT)->sequence, 4);
        cr_assert(digest_equal(stage_last(&stage, MESSAGE_CHECKPOINT)->digest, state));
        cr_assert_eq(stage_status(&stage).stable, 4);
        const struct message again = {
            .type = MESSAGE_CHECKPOINT, .sequence = 4, .digest = state, .sender = NO_NODE, .attempt = 2};
        (void)stage_deliver(&stage, 1, again);
        cr_assert_eq(stage_sent(&stage, MESSAGE_CHECKPOINT), 2, "the vote is its own, to be shown to who lacks it");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R22_the_log_below_h_is_forgotten)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3, .checkpoint_interval = 2, .window = 4});
        for (sequence_number sequence = 1; sequence <= 3; sequence++) {
            stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "step"));
        }
        struct digest state = stage_last(&stage, MESSAGE_CHECKPOINT)->digest;
        cr_assert_eq(stage_status(&stage).in_log, 3);
        stage_checkpoints(&stage, 2, state, 0, stage.config.quorum - 1);
        cr_assert_eq(stage_status(&stage).in_log, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The next one in turn has committed something later, which says nothing of what it has executed. */
Test(paper, R22_who_signed_the_checkpoint_is_asked_and_then_another_who_did)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1, .checkpoint_interval = 2, .window = 4});
        const uint32_t q = stage.config.quorum, first = n - 1 - q;
        stage_commits(&stage, 0, 5, stage_request_of(&stage, 0, 1, "this"), 0, 1);
        stage_checkpoints(&stage, 4, far, first, q);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 1);
        node_id asked = stage_last(&stage, MESSAGE_FETCH)->to;
        cr_assert_geq(asked, first, "n = %u: it has executed as far", n);
        stage_timer(&stage, stage_deadline(&stage));
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 2, "n = %u: nobody answered", n);
        cr_assert_geq(stage_last(&stage, MESSAGE_FETCH)->to, first);
        cr_assert_neq(stage_last(&stage, MESSAGE_FETCH)->to, asked);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

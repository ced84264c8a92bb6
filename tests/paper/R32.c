/* R32: a replica that sees f+1 distinct replicas COMMIT, or CHECKPOINT, above what it executed asks for what it misses; a
 * correct replica answers with batch and commit certificate (q COMMITs of one view, sequence, digest); the asker executes
 * and does not vote. Works in any view state. `--retransmit off` turns it off. */
#include <criterion/criterion.h>

#include "core/fetch.h"
#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

#define R 100

static void open_at(struct stage *stage, uint32_t n, uint64_t retransmit_ns)
{
    stage_open(stage, (struct stage_options){
                          .replicas = n, .id = n - 1, .retransmit_ns = retransmit_ns, .view_timeout_ns = 1000});
}

/* Lets the resend timer run a few times. */
static uint32_t fetches_within(struct stage *stage, uint64_t duration_ns)
{
    uint64_t until_ns = stage->now_ns + duration_ns;
    while (stage_deadline(stage) <= until_ns) {
        stage_timer(stage, stage_deadline(stage));
    }
    return stage_sent(stage, MESSAGE_FETCH);
}

/* The primary left it out: it sees no pre-prepare, only COMMITs of others. */
Test(paper, R32_f_plus_1_commits_make_it_ask_and_f_do_not)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t more = 0; more <= 1; more++) {
            struct stage stage;
            open_at(&stage, n, R);
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            stage_commits(&stage, 0, 1, a, 0, quorum_faults(n) + more);
            uint32_t fetches = fetches_within(&stage, 20 * R);
            cr_assert_eq(fetches > 0, more == 1, "n = %u, %u claims", n, quorum_faults(n) + more);
            if (more) {
                cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->sequence, 1);
                cr_assert(digest_is_null(stage_last(&stage, MESSAGE_FETCH)->digest));
                cr_assert_leq(stage_last(&stage, MESSAGE_FETCH)->to, quorum_faults(n), "one of those that said so");
            }
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R32_f_plus_1_checkpoints_make_it_ask_and_f_do_not)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t more = 0; more <= 1; more++) {
            struct stage stage;
            open_at(&stage, n, R);
            stage_checkpoints(&stage, 8, (struct digest){{5, 6}}, 0, quorum_faults(n) + more);
            cr_assert_eq(fetches_within(&stage, 20 * R) > 0, more == 1, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R32_commits_in_another_view_or_above_H_are_claims_too)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_commits(&stage, 0, 1000, a, 0, quorum_faults(n) + 1);
        cr_assert_gt(fetches_within(&stage, 20 * R), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R32_off_turns_it_off)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, 0);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_commits(&stage, 0, 1, a, 0, n - 1);
        cr_assert_eq(fetches_within(&stage, 1000 * R), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R32_a_replica_answers_with_batch_and_commit_certificate)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        struct payload *requests[3];
        for (sequence_number sequence = 1; sequence <= 3; sequence++) {
            requests[sequence - 1] = stage_request_of(&stage, 0, sequence, "step");
            stage_decide(&stage, 0, sequence, requests[sequence - 1]);
        }
        stage_forget(&stage);
        struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
        fetch.sequence = 2;
        cr_assert_eq(stage_deliver(&stage, 1, fetch), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("decision v0 s2 b > r1", "decision v0 s3 c > r1")), "n = %u", n);
        const struct proof_rules rules = proof_rules(stage.keyring, n, stage.config.quorum);
        struct payload *decision = stage_last(&stage, MESSAGE_DECISION)->payload;
        cr_assert(decision_valid(decision, &rules));
        cr_assert_eq(decision_head(decision)->batch_size, requests[2]->size);
        cr_assert_eq(memcmp(decision_batch(decision, stage_shape(&stage)), requests[2]->bytes, requests[2]->size), 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R32_what_is_not_executed_is_not_handed_out)
{
    struct stage stage;
    open_at(&stage, 4, R);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_pre_prepare(&stage, 0, 0, 1, a);
    stage_prepares(&stage, 0, 1, a, 0, 2);
    stage_commits(&stage, 0, 1, a, 0, 1);
    stage_forget(&stage);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    fetch.sequence = 1;
    cr_assert_eq(stage_deliver(&stage, 1, fetch), REJECT_OBSOLETE);
    cr_assert(stage_sent_is(&stage, NOTHING));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R32_the_asker_executes_what_q_committed_and_does_not_vote)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t q = stage.config.quorum;
        cr_assert_eq(stage_decision(&stage, 1, stage_decision_of(&stage, 0, 1, a, q - 1)), REJECT_BAD_CERTIFICATE);
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u", n);
        cr_assert_eq(stage_decision(&stage, 1, stage_decision_of(&stage, 0, 1, a, q)), REJECT_NONE);
        cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1 fetched")), "n = %u", n);
        cr_assert(stage_sent_is(&stage, LINES("reply v0 t1 r0 > c0")), "a reply, and no PREPARE or COMMIT");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R32_any_change_to_a_decision_is_found)
{
    struct stage stage;
    open_at(&stage, 5, R);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct payload *right = stage_decision_of(&stage, 0, 1, a, 4);
    for (size_t offset = 0; offset < right->size; offset++) {
        cr_assert_eq(stage_decision(&stage, 1, stage_spoilt(&stage, right, offset)), REJECT_BAD_CERTIFICATE, "byte %zu",
                     offset);
    }
    for (uint32_t size = 32; size < right->size + 32; size++) {
        if (size != right->size) {
            cr_assert_eq(stage_decision(&stage, 1, stage_resized(&stage, right, size)), REJECT_BAD_CERTIFICATE);
        }
    }
    cr_assert_eq(stage_status(&stage).executed, 0);
    cr_assert_eq(stage_decision(&stage, 1, right), REJECT_NONE);
    cr_assert_eq(stage_close(&stage), 0);
}

/* q PREPAREs, or q COMMITs of two views, are no commit certificate. */
Test(paper, R32_only_commits_of_one_view_are_a_certificate)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t kind = 0; kind < 2; kind++) {
            struct stage stage;
            open_at(&stage, n, R);
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            struct payload *decision = stage_decision_of(&stage, 0, 1, a, stage.config.quorum);
            unsigned char bytes[8192];
            cr_assert_leq(decision->size, sizeof bytes);
            memcpy(bytes, decision->bytes, decision->size);
            struct proof *proof = (void *)(bytes + sizeof(struct decision_head));
            stage_change_vote(&stage, proof, 1, MESSAGE_COMMIT, 0, kind ? MESSAGE_COMMIT : MESSAGE_PREPARE, kind, 1,
                              payload_digest(a));
            decision = stage_payload_of(&stage, bytes, decision->size);
            cr_assert_eq(stage_decision(&stage, 1, decision), REJECT_BAD_CERTIFICATE, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* Decisions that come in any order execute in order. */
Test(paper, R32_decisions_wait_for_those_before_them)
{
    struct stage stage;
    open_at(&stage, 4, R);
    struct payload *decisions[3];
    for (sequence_number sequence = 1; sequence <= 3; sequence++) {
        struct payload *request = stage_request_of(&stage, 0, sequence, "step");
        decisions[sequence - 1] = stage_decision_of(&stage, 0, sequence, request, 3);
    }
    stage_decision(&stage, 1, decisions[2]);
    stage_decision(&stage, 1, decisions[1]);
    cr_assert_eq(stage_status(&stage).executed, 0);
    stage_decision(&stage, 1, decisions[0]);
    cr_assert_eq(stage_status(&stage).executed, 3);
    cr_assert_eq(stage_decision(&stage, 1, decisions[0]), REJECT_OBSOLETE);
    cr_assert_eq(stage_recorded(&stage, JOURNAL_EXECUTED), 3);
    cr_assert_eq(stage_close(&stage), 0);
}

/* What was fetched can be handed on. */
Test(paper, R32_a_fetched_decision_is_passed_on)
{
    struct stage stage;
    open_at(&stage, 4, R);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_decision(&stage, 1, stage_decision_of(&stage, 0, 1, a, 3));
    stage_forget(&stage);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    fetch.sequence = 1;
    cr_assert_eq(stage_deliver(&stage, 2, fetch), REJECT_NONE);
    cr_assert(stage_sent_is(&stage, LINES("decision v0 s1 a > r2")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R32_it_works_while_a_view_change_is_under_way)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        stage_view_changes(&stage, 1, 0, quorum_weak(n));
        cr_assert_not(stage_status(&stage).active);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_commits(&stage, 0, 1, a, 0, quorum_weak(n));
        cr_assert_gt(fetches_within(&stage, 20 * R), 0, "n = %u", n);
        stage_decision(&stage, 1, stage_decision_of(&stage, 0, 1, a, stage.config.quorum));
        cr_assert_eq(stage_status(&stage).executed, 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* One certificate proves what f+1 claims only suggest; where nobody else speaks any more, it is enough. */
Test(paper, R32_one_certificate_of_something_later_makes_it_ask)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        struct payload *later = stage_request_of(&stage, 0, 3, "this");
        cr_assert_eq(stage_decision(&stage, 0, stage_decision_of(&stage, 0, 3, later, stage.config.quorum)),
                     REJECT_NONE);
        cr_assert_gt(fetches_within(&stage, 20 * R), 0, "n = %u", n);
        cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->sequence, 1);
        cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->to, 0, "whoever sent it has it");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Whoever was asked first may be down. */
Test(paper, R32_who_waits_for_a_state_asks_again)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        stage_checkpoints(&stage, 8, (struct digest){{5, 6}}, 0, stage.config.quorum);
        cr_assert_eq(stage_status(&stage).stable, 8);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 1);
        cr_assert_gt(fetches_within(&stage, 100 * R), 3, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Those asked are behind its window, and answer with what it cannot use, for it is not the next: each is a reason to
 * ask another one; then it waits for its timer, for perhaps nobody can help yet. */
Test(paper, R32_after_2n_answers_that_do_not_help_it_pauses)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        struct payload *old = stage_decision_of(&stage, 0, 2, NULL, stage.config.quorum);
        stage_checkpoints(&stage, 8, (struct digest){{5, 6}}, 0, stage.config.quorum);
        for (uint32_t answers = 1; answers <= 5 * n; answers++) {
            node_id to = stage_last(&stage, MESSAGE_FETCH)->to;
            cr_assert_eq(stage_decision(&stage, to, old), REJECT_OUTSIDE_WINDOW);
            cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), answers < 2 * n ? answers + 1 : 2 * n, "n = %u", n);
        }
        cr_assert_gt(fetches_within(&stage, 4 * R), 2 * n, "n = %u: after a while it asks again", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* COMMITs far ahead say who to ask, also where the sender never spoke of the next one. */
Test(paper, R32_it_asks_whoever_claims_anything_later)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, R);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_commits(&stage, 0, 5, a, 0, quorum_faults(n) + 1);
        cr_assert_gt(fetches_within(&stage, 20 * R), 0, "n = %u", n);
        cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->sequence, 1);
        cr_assert_leq(stage_last(&stage, MESSAGE_FETCH)->to, quorum_faults(n));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Towards a peer that never shows that it has come as far: first the COMMIT, then the certificate, until it does. */
Test(paper, R32_who_may_have_missed_the_last_decision_is_shown_it)
{
    const uint64_t intervals[] = {R, 1000, 3000}; /* below, at and above the view timeout */
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, intervals[n % 3]);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        stage_commits(&stage, 0, 1, a, 0, stage.config.quorum - 1);
        cr_assert_eq(stage_status(&stage).executed, 1);
        stage_forget(&stage);
        fetches_within(&stage, 500 * R);
        node_id silent = stage_last(&stage, MESSAGE_DECISION)->to;
        cr_assert(stage_sent(&stage, MESSAGE_DECISION) > 2 && stage_last(&stage, MESSAGE_DECISION)->flags == 0);
        struct payload *shown = stage_last(&stage, MESSAGE_DECISION)->payload;
        payload_hold(shown);
        for (node_id peer = 0; peer + 1 < n; peer++) {
            (void)stage_decision(&stage, peer, shown); /* it has it */
        }
        payload_drop(shown);
        stage_forget(&stage);
        fetches_within(&stage, 500 * R);
        cr_assert_eq(stage_sent(&stage, MESSAGE_DECISION), 0, "n = %u: %u has shown it", n, silent);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Its window has moved ahead of theirs: what they answer is of no use, unless it is the next. However many answers to a
 * question come, and copies of them, each question brings one more at most, and not without end: else they would grow
 * beyond all bounds. */
Test(paper, R32_answers_that_do_not_help_are_no_flood_of_questions)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n, 0);
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *useless = stage_decision_of(&stage, 0, 2, a, stage.config.quorum);
        stage_checkpoints(&stage, 8, (struct digest){{5, 6}}, 0, stage.config.quorum);
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 1);
        node_id asked = stage_last(&stage, MESSAGE_FETCH)->to;
        for (uint32_t copy = 0; copy < 5; copy++) {
            cr_assert_eq(stage_decision(&stage, asked, useless), REJECT_OUTSIDE_WINDOW);
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 2, "n = %u: %u", n, stage_sent(&stage, MESSAGE_FETCH));
        cr_assert_neq(stage_last(&stage, MESSAGE_FETCH)->to, asked, "another one");
        for (uint32_t answer = 0; answer < 20 * n; answer++) {
            (void)stage_decision(&stage, stage_last(&stage, MESSAGE_FETCH)->to, useless);
        }
        cr_assert_leq(stage_sent(&stage, MESSAGE_FETCH), 2 * n + 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Also where the interval cannot grow, for it is the view timeout from the start. */
Test(paper, R32_it_is_shown_however_long_the_first_interval_is)
{
    struct stage stage;
    open_at(&stage, 4, 1000);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_pre_prepare(&stage, 0, 0, 1, a);
    stage_prepares(&stage, 0, 1, a, 0, 2);
    stage_commits(&stage, 0, 1, a, 0, stage.config.quorum - 1);
    cr_assert_eq(stage_status(&stage).executed, 1);
    stage_forget(&stage);
    fetches_within(&stage, 5000);
    cr_assert_gt(stage_sent(&stage, MESSAGE_DECISION), 2);
    cr_assert_eq(stage_close(&stage), 0);
}

/* f+1 others are far ahead; one of them feeds it a decision just before each time that it would ask. */
Test(paper, R32_a_decision_now_and_then_does_not_keep_it_from_asking)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(
            &stage,
            (struct stage_options){
                .replicas = n, .id = n - 1, .retransmit_ns = R, .view_timeout_ns = 1000, .checkpoint_interval = 64});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        for (sequence_number sequence = 1; sequence <= 40; sequence++) {
            stage_commits(&stage, 0, sequence, a, 0, quorum_weak(n));
        }
        for (sequence_number fed = 1; fed <= 30 && stage_sent(&stage, MESSAGE_FETCH) == 0; fed++) {
            stage_timer(&stage, stage.now_ns + R - 1);
            cr_assert_eq(stage_decision(&stage, 0, stage_decision_of(&stage, 0, fed, a, stage.config.quorum)),
                         REJECT_NONE);
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_FETCH), 1, "n = %u", n);
        cr_assert_leq(stage.now_ns, 2 * 1000 + 2 * R, "within two view timeouts");
        cr_assert_eq(stage_last(&stage, MESSAGE_FETCH)->sequence, stage_status(&stage).executed,
                     "it was asked before the last one came");
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* A decision now and then, always before its timer runs out: whoever feeds it does not keep it from asking. */
Test(paper, R32_who_is_fed_now_and_then_asks_all_the_same)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){
                           .id = 3, .view_timeout_ns = 1000, .retransmit_ns = 100, .checkpoint_interval = 64});
    struct payload *far = stage_request_of(&stage, 1, 1, "what others have done");
    stage_commits(&stage, 0, 60, far, 0, 2);
    for (sequence_number sequence = 1; sequence <= 40; sequence++) {
        stage_timer(&stage, stage.now_ns + 90);
        stage_decide(&stage, 0, sequence, stage_request_of(&stage, 0, sequence, "fed"));
    }
    cr_assert_eq(stage_status(&stage).executed, 40);
    uint32_t asked = stage_sent(&stage, MESSAGE_FETCH);
    cr_assert(asked >= 2 && asked <= 4, "asked %u times in 3600 ns", asked);
    cr_assert_eq(stage_close(&stage), 0);
}

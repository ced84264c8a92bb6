/* R23: the request timer (T) belongs to the oldest pending request known to this replica from its client; executing
 * another one does not restart it. When that request executes and others wait, the timer starts anew, in full, for the
 * oldest of them. After q VIEW-CHANGEs for w (own included) the view timer runs for T*2^(k-1), k = views
 * asked for since the last execution, until a pending request EXECUTES in w. An execution in an active view resets k. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

#define T 1000

static void open_at(struct stage *stage, uint32_t n)
{
    stage_open(stage, (struct stage_options){.replicas = n, .id = n - 1, .view_timeout_ns = T});
}

static struct payload *request_at(struct stage *stage, uint32_t client, uint64_t now_ns)
{
    struct payload *request = stage_request_of(stage, client, 1, "this");
    stage_timer(stage, now_ns);
    cr_assert_eq(stage_request(stage, client, 1, request), REJECT_NONE);
    return request;
}

static uint32_t asked(const struct stage *stage)
{
    return stage_sent(stage, MESSAGE_VIEW_CHANGE);
}

Test(paper, R23_a_backup_asks_for_the_next_view_when_a_request_is_not_executed_within_T)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
        request_at(&stage, 0, 70);
        cr_assert_eq(stage_deadline(&stage), 70 + T);
        stage_timer(&stage, 70 + T - 1);
        cr_assert_eq(asked(&stage), 0, "n = %u: too early", n);
        stage_timer(&stage, 70 + T);
        cr_assert_eq(asked(&stage), 1, "n = %u: too late", n);
        cr_assert_eq(stage_last(&stage, MESSAGE_VIEW_CHANGE)->view, 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R23_executing_another_request_does_not_restart_the_oldest_ones_timer)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n);
        request_at(&stage, 0, 100);
        struct payload *other = request_at(&stage, 1, 200);
        stage_timer(&stage, 900);
        stage_decide(&stage, 0, 1, other);
        cr_assert_eq(stage_status(&stage).executed, 1);
        cr_assert_eq(stage_deadline(&stage), 100 + T, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R23_when_the_oldest_is_executed_the_timer_starts_anew_for_the_next)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *oldest = request_at(&stage, 0, 100);
    request_at(&stage, 1, 200);
    request_at(&stage, 2, 300);
    stage_timer(&stage, 900);
    stage_decide(&stage, 0, 1, oldest);
    cr_assert_eq(stage_deadline(&stage), 900 + T, "in full");
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R23_when_nothing_is_pending_no_timer_runs)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *a = request_at(&stage, 0, 100);
    stage_decide(&stage, 0, 1, a);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
    stage_timer(&stage, 1000000);
    cr_assert_eq(asked(&stage), 0);
    cr_assert_eq(stage_close(&stage), 0);
}

static void relay(struct stage *stage, node_id from, uint32_t client, struct payload *request)
{
    struct message message = {.type = MESSAGE_REQUEST, .sender = NO_NODE, .payload = request};
    message.client = stage_client(stage, client);
    message.timestamp = 1;
    message.digest = payload_digest(request);
    (void)stage_deliver(stage, from, message);
}

Test(paper, R23_what_another_replica_relays_starts_no_timer_until_its_client_speaks)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    relay(&stage, 1, 0, a);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
    stage_timer(&stage, 500);
    stage_request(&stage, 0, 1, a);
    cr_assert_eq(stage_deadline(&stage), 500 + T);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R23_one_that_was_relayed_first_is_as_old_as_its_clients_word)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    relay(&stage, 1, 0, a);
    request_at(&stage, 1, 100);
    stage_timer(&stage, 500);
    stage_request(&stage, 0, 1, a);
    cr_assert_eq(stage_deadline(&stage), 100 + T, "client 1 spoke first");
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R23_a_client_that_sends_again_does_not_restart_the_timer)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *a = request_at(&stage, 0, 100);
    stage_timer(&stage, 900);
    stage_request(&stage, 0, 1, a);
    cr_assert_eq(stage_deadline(&stage), 100 + T);
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R23_a_primary_does_not_suspect_itself)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 0, .view_timeout_ns = T});
    request_at(&stage, 0, 100);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
    cr_assert_eq(stage_close(&stage), 0);
}

/* Having asked, it waits without limit until a quorum has asked too: a replica alone does not run through the views. */
Test(paper, R23_the_view_timer_starts_with_the_qth_view_change_for_that_view)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n);
        request_at(&stage, 0, 0);
        stage_timer(&stage, T);
        for (uint32_t k = 0; k < stage.config.quorum - 1; k++) {
            cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS, "n = %u: too early", n);
            stage_timer(&stage, T + 10 * (k + 1));
            stage_view_changes(&stage, 1, k, 1);
        }
        cr_assert_eq(stage_deadline(&stage), stage.now_ns + T, "n = %u: k = 1", n);
        stage_timer(&stage, stage.now_ns + T - 1);
        cr_assert_eq(asked(&stage), 1);
        stage_timer(&stage, stage.now_ns + 1);
        cr_assert_eq(asked(&stage), 2);
        cr_assert_eq(stage_last(&stage, MESSAGE_VIEW_CHANGE)->view, 2);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Over lossy links: the VIEW-CHANGEs for view 1 of those who ask for view 2 by now are lost and not sent again, and
 * being no more than f they move nobody. */
Test(paper, R23_who_asks_for_a_later_view_has_left_this_one_too)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n);
        request_at(&stage, 0, 0);
        stage_timer(&stage, T);
        uint32_t ahead = quorum_faults(n);
        stage_view_changes(&stage, 2, 0, ahead);
        stage_view_changes(&stage, 1, ahead, stage.config.quorum - 2 - ahead);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS, "n = %u: too early", n);
        stage_view_changes(&stage, 1, stage.config.quorum - 2, 1);
        cr_assert_eq(stage_deadline(&stage), stage.now_ns + T, "n = %u: %u are waited for in vain", n, ahead);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The same when the last word that comes is one for the later view. */
Test(paper, R23_the_qth_to_leave_may_be_one_that_asks_for_a_later_view)
{
    struct stage stage;
    open_at(&stage, 7);
    request_at(&stage, 0, 0);
    stage_timer(&stage, T);
    stage_view_changes(&stage, 1, 0, 3);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
    stage_view_changes(&stage, 2, 3, 1);
    cr_assert_eq(stage_deadline(&stage), stage.now_ns + T);
    cr_assert_eq(stage_close(&stage), 0);
}

/* Primaries of views 1, 2, 3.. all silent: each wait is twice the one before. */
Test(paper, R23_each_further_view_asked_for_doubles_the_wait)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 10, .id = 9, .view_timeout_ns = T});
    request_at(&stage, 0, 0);
    stage_timer(&stage, T);
    for (view_number view = 1; view <= 8; view++) {
        stage_view_changes(&stage, view, 0, stage.config.quorum - 1);
        cr_assert_eq(stage_deadline(&stage), stage.now_ns + (uint64_t)T * (1u << (view - 1)), "view %u", view);
        stage_timer(&stage, stage_deadline(&stage));
        cr_assert_eq(stage_status(&stage).view, view + 1);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

/* Whatever T is, the wait outgrows what the links take. */
Test(paper, R23_waits_double_without_end)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3, .view_timeout_ns = 1});
    request_at(&stage, 0, 0);
    stage_timer(&stage, 1);
    for (view_number view = 1; view <= 40; view++) {
        stage_view_changes(&stage, view, 0, 2);
        cr_assert_eq(stage_deadline(&stage) - stage.now_ns, 1ULL << (view - 1), "view %u", view);
        stage_timer(&stage, stage_deadline(&stage));
    }
    cr_assert_eq(stage_close(&stage), 0);
}

/* The NEW-VIEW came, but its primary does nothing: the view timer, not a fresh request timer, goes on. */
Test(paper, R23_the_view_timer_runs_until_a_pending_request_executes_in_that_view)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t executes = 0; executes <= 1; executes++) {
            struct stage stage;
            open_at(&stage, n);
            struct payload *a = request_at(&stage, 0, 0);
            stage_timer(&stage, T);
            stage_view_changes(&stage, 1, 0, stage.config.quorum - 1);
            uint64_t deadline_ns = stage_deadline(&stage);
            stage_timer(&stage, T + 10);
            stage_enter_view(&stage, 1);
            cr_assert_eq(stage_deadline(&stage), deadline_ns, "n = %u: a NEW-VIEW alone is no progress", n);
            if (executes) {
                stage_decide(&stage, 1, 1, a);
                cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
            } else {
                /* somebody's request, not one that was waited for */
                stage_decide(&stage, 1, 1, stage_request_of(&stage, 3, 1, "new"));
                cr_assert_eq(stage_deadline(&stage), deadline_ns, "n = %u: nor is another request", n);
            }
            stage_timer(&stage, deadline_ns);
            cr_assert_eq(asked(&stage), 2 - executes, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R23_an_execution_in_an_active_view_resets_k)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *a = request_at(&stage, 0, 0);
    stage_timer(&stage, T);
    for (view_number view = 1; view <= 4; view++) { /* k = 4 */
        stage_view_changes(&stage, view, 0, 2);
        if (view < 4) {
            stage_timer(&stage, stage_deadline(&stage));
        }
    }
    stage_enter_view(&stage, 4);
    stage_decide(&stage, 4, 1, a);
    cr_assert_eq(stage_status(&stage).executed, 1);
    request_at(&stage, 1, stage.now_ns);
    cr_assert_eq(stage_deadline(&stage), stage.now_ns + T);
    stage_timer(&stage, stage_deadline(&stage));
    stage_view_changes(&stage, 5, 0, 2);
    cr_assert_eq(stage_deadline(&stage), stage.now_ns + T, "k = 1 again");
    cr_assert_eq(stage_close(&stage), 0);
}

/* The pending requests are done, in a state that was fetched: the view timer that waited for them must not fire upon
 * the next request. */
Test(paper, R23_a_request_begins_with_T_whatever_the_view_timer_was_waiting_for)
{
    struct stage helper, stage;
    stage_open(&helper, (struct stage_options){.id = 0, .view_timeout_ns = T, .checkpoint_interval = 1});
    stage_open(&stage, (struct stage_options){.id = 3, .view_timeout_ns = T, .checkpoint_interval = 1});
    struct payload *a = request_at(&stage, 0, 0);
    stage_timer(&stage, T);
    stage_view_changes(&stage, 1, 0, 2);
    stage_enter_view(&stage, 1);
    cr_assert_neq(stage_deadline(&stage), TIME_NEVER_NS);

    struct payload *same = stage_request_of(&helper, 0, 1, "this");
    cr_assert(digest_equal(payload_digest(a), payload_digest(same)));
    stage_request(&helper, 0, 1, same);
    stage_decide(&helper, 0, 1, same);
    stage_checkpoints(&helper, 1, stage_last(&helper, MESSAGE_CHECKPOINT)->digest, 0, 2);
    struct message fetch = {.type = MESSAGE_FETCH, .sender = NO_NODE};
    fetch.sequence = 1;
    stage_deliver(&helper, 3, fetch);
    struct message state = *stage_last(&helper, MESSAGE_STATE);
    state.payload = stage_payload_of(&stage, state.payload->bytes, state.payload->size);
    state.sender = NO_NODE;
    cr_assert_eq(stage_deliver(&stage, 0, state), REJECT_NONE);
    cr_assert_eq(stage_status(&stage).executed, 1);
    cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS, "nothing is pending");
    request_at(&stage, 1, 50 * T);
    cr_assert_eq(stage_deadline(&stage), 51 * T);
    cr_assert_eq(stage_close(&stage), 0);
    cr_assert_eq(stage_close(&helper), 0);
}

/* What was pending when it went down was not kept from it by its primary: that gets T from the return on. */
Test(paper, R23_who_comes_back_waits_T_from_then)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        open_at(&stage, n);
        request_at(&stage, 0, 100);
        stage_come_back(&stage, 20 * T);
        cr_assert_eq(asked(&stage), 0, "n = %u: its own outage", n);
        cr_assert_eq(stage_deadline(&stage), 21 * T, "n = %u", n);
        stage_timer(&stage, 21 * T);
        cr_assert_eq(asked(&stage), 1, "n = %u: but not for ever", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R23_who_comes_back_in_a_view_change_waits_for_the_new_view_from_then)
{
    struct stage stage;
    open_at(&stage, 7);
    request_at(&stage, 0, 100);
    stage_timer(&stage, 100 + T);
    stage_view_changes(&stage, 1, 0, 4);
    cr_assert_eq(stage_deadline(&stage), 100 + 2 * T);
    stage_come_back(&stage, 20 * T);
    cr_assert_eq(asked(&stage), 1);
    cr_assert_eq(stage_deadline(&stage), 21 * T);
    cr_assert_eq(stage_close(&stage), 0);
}

/* R29: a client accepts f+1 matching (timestamp, result) from distinct replicas, and after its timeout sends the
 * request to all; a backup relays it to the primary and starts its timer. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/client_stage.h"
#include "tests/support/stage_views.h"

Test(paper, R29_f_matching_replies_are_too_few_and_the_next_one_is_enough)
{
    FOR_EACH_SIZE(n)
    {
        struct client_stage stage;
        client_stage_open(&stage, n, (struct client_config){.requests = 1});
        for (node_id replica = 0; replica < quorum_faults(n); replica++) {
            cr_assert_eq(client_stage_reply(&stage, replica, 0, 1, 42), REJECT_NONE);
        }
        cr_assert_eq(client_stage_status(&stage).accepted, 0, "n = %u: too early", n);
        client_stage_reply(&stage, n - 1, 0, 1, 42);
        cr_assert_eq(client_stage_status(&stage).accepted, 1, "n = %u: too late", n);
        cr_assert_eq(client_stage_close(&stage), 0);
    }
}

Test(paper, R29_one_replica_that_replies_many_times_is_one)
{
    FOR_EACH_SIZE(n)
    {
        struct client_stage stage;
        client_stage_open(&stage, n, (struct client_config){.requests = 1});
        for (uint32_t time = 0; time < n; time++) {
            client_stage_reply(&stage, 2, 0, 1, 42);
        }
        cr_assert_eq(client_stage_status(&stage).accepted, 0, "n = %u", n);
        cr_assert_eq(client_stage_close(&stage), 0);
    }
}

Test(paper, R29_replies_with_different_results_do_not_add_up)
{
    FOR_EACH_SIZE(n)
    {
        struct client_stage stage;
        client_stage_open(&stage, n, (struct client_config){.requests = 1});
        uint32_t f = quorum_faults(n);
        for (node_id liar = 0; liar < f; liar++) {
            client_stage_reply(&stage, liar, 0, 1, 666);
        }
        for (node_id replica = f; replica < 2 * f; replica++) {
            client_stage_reply(&stage, replica, 0, 1, 42);
        }
        cr_assert_eq(client_stage_status(&stage).accepted, 0, "n = %u", n);
        client_stage_reply(&stage, 2 * f, 0, 1, 42);
        cr_assert_eq(client_stage_status(&stage).accepted, 1, "n = %u", n);
        cr_assert_eq(stage.out.entries[stage.out.entry_count - 1].result, 42);
        cr_assert_eq(client_stage_close(&stage), 0);
    }
}

Test(paper, R29_replies_to_another_timestamp_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct client_stage stage;
        client_stage_open(&stage, n, (struct client_config){.requests = 2});
        for (node_id replica = 0; replica < quorum_weak(n); replica++) {
            client_stage_reply(&stage, replica, 0, 1, 42);
        }
        cr_assert_eq(client_stage_status(&stage).submitted, 2);
        for (node_id replica = 0; replica < n; replica++) {
            cr_assert_eq(client_stage_reply(&stage, replica, 0, 1, 42), REJECT_OBSOLETE);
            cr_assert_eq(client_stage_reply(&stage, replica, 0, 3, 42), REJECT_UNASKED);
        }
        cr_assert_eq(client_stage_status(&stage).accepted, 1, "n = %u", n);
        cr_assert_eq(client_stage_close(&stage), 0);
    }
}

Test(paper, R29_replies_in_anothers_name_or_from_clients_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct client_stage stage;
        client_stage_open(&stage, n, (struct client_config){.requests = 1});
        struct message message = {.type = MESSAGE_REPLY};
        message.timestamp = 1;
        for (message.sender = 0; message.sender < n - 1; message.sender++) {
            cr_assert_eq(client_stage_deliver(&stage, n - 1, message), REJECT_FORGED_SENDER);
        }
        message.sender = n + 1;
        cr_assert_eq(client_stage_deliver(&stage, n + 1, message), REJECT_NOT_A_REPLICA);
        cr_assert_eq(client_stage_status(&stage).accepted, 0);
        cr_assert_eq(client_stage_close(&stage), 0);
    }
}

Test(paper, R29_the_request_goes_to_the_primary_first_and_to_all_after_the_timeout)
{
    FOR_EACH_SIZE(n)
    {
        struct client_stage stage;
        client_stage_open(&stage, n, (struct client_config){.requests = 1, .timeout_ns = 100});
        cr_assert_eq(stage.out.message_count, 1);
        cr_assert_eq(stage.out.messages[0].to, 0);
        client_stage_timer(&stage, 99);
        cr_assert_eq(stage.out.message_count, 1, "too early");
        client_stage_timer(&stage, 100);
        cr_assert_eq(stage.out.message_count, 2, "too late");
        cr_assert_eq(stage.out.messages[1].to, TO_ALL_REPLICAS);
        cr_assert_eq(stage.out.messages[1].timestamp, 1);
        cr_assert_eq(stage.out.messages[1].payload, stage.out.messages[0].payload);
        cr_assert_eq(client_stage_close(&stage), 0);
    }
}
/* Its client waits ever longer before it asks again, and may never have reached the new primary. */
Test(paper, R29_on_entering_a_view_a_backup_relays_what_is_pending_to_its_primary)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1, .view_timeout_ns = 500, .pipeline = 1});
        stage_request(&stage, 0, 1, stage_request_of(&stage, 0, 1, "this"));
        stage_request(&stage, 1, 1, stage_request_of(&stage, 1, 1, "that, also beyond the pipeline"));
        stage_timer(&stage, 500);
        cr_assert_not(stage_status(&stage).active);
        stage_forget(&stage);
        stage_enter_view(&stage, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_REQUEST), 2, "n = %u", n);
        cr_assert_eq(stage_last(&stage, MESSAGE_REQUEST)->to, 1, "n = %u", n);
        cr_assert_gt(stage_last(&stage, MESSAGE_REQUEST)->attempt, 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R29_a_backup_relays_a_clients_request_to_the_primary_and_starts_its_timer)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1, .view_timeout_ns = 500});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_timer(&stage, 70);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS);
        cr_assert_eq(stage_request(&stage, 0, 1, a), REJECT_NONE);
        cr_assert(stage_sent_is(&stage, LINES("request c0 t1 > r0")));
        cr_assert_eq(stage_deadline(&stage), 570, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R35: a correct primary that makes progress keeps its view under load (R23's second sentence); a primary that starves
 * one request while it executes others is still replaced: behind p older requests within (p + 1) * T. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

#define T 1000
#define LONG_QUEUE 7

static void open_at(struct stage *stage, uint32_t n)
{
    stage_open(stage,
               (struct stage_options){.replicas = n, .id = n - 1, .clients = LONG_QUEUE + 2, .view_timeout_ns = T});
}

static struct payload *request_at(struct stage *stage, uint32_t client, uint64_t timestamp, uint64_t now_ns)
{
    struct payload *request = stage_request_of(stage, client, timestamp, "this");
    stage_timer(stage, now_ns);
    cr_assert_eq(stage_request(stage, client, timestamp, request), REJECT_NONE);
    return request;
}

static uint32_t asked(const struct stage *stage)
{
    return stage_sent(stage, MESSAGE_VIEW_CHANGE);
}

/* Each waits for much longer than T, behind others that are executed in time. */
Test(paper, R35_a_queue_that_moves_costs_no_view)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        struct payload *queue[LONG_QUEUE];
        open_at(&stage, n);
        for (uint32_t client = 0; client < LONG_QUEUE; client++) {
            queue[client] = request_at(&stage, client, 1, 10 * client);
        }
        for (uint32_t client = 0; client < LONG_QUEUE; client++) {
            stage_timer(&stage, stage_deadline(&stage) - 1);
            stage_decide(&stage, 0, client + 1, queue[client]);
        }
        cr_assert_eq(stage_status(&stage).executed, LONG_QUEUE);
        cr_assert_eq(asked(&stage), 0, "n = %u: it works", n);
        cr_assert_eq(stage_deadline(&stage), TIME_NEVER_NS, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* The older ones are executed as late as can be; the clients then ask for more, which is executed too. */
Test(paper, R35_who_starves_a_request_is_suspected_after_the_older_ones_and_T)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t older = 0; older <= LONG_QUEUE; older = 3 * older + 1) {
            struct stage stage;
            struct payload *queue[LONG_QUEUE];
            open_at(&stage, n);
            for (uint32_t client = 0; client < older; client++) {
                queue[client] = request_at(&stage, client, 1, 0);
            }
            request_at(&stage, LONG_QUEUE, 1, 0); /* the starved one */
            sequence_number sequence = 0;
            for (uint32_t client = 0; client < older; client++) {
                stage_timer(&stage, stage_deadline(&stage) - 1);
                stage_decide(&stage, 0, ++sequence, queue[client]);
            }
            uint64_t starved_ns = stage_deadline(&stage);
            cr_assert_eq(starved_ns, older * (T - 1) + T, "n = %u, %u older", n, older);
            for (uint64_t timestamp = 2; timestamp <= 5; timestamp++) {
                struct payload *later = request_at(&stage, 0, timestamp, stage.now_ns + T / 8);
                stage_decide(&stage, 0, ++sequence, later);
                cr_assert_eq(stage_deadline(&stage), starved_ns, "n = %u: what came later restarts nothing", n);
            }
            stage_timer(&stage, starved_ns);
            cr_assert_eq(asked(&stage), 1, "n = %u, %u older: starved for good", n, older);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* Requests that only other replicas speak of hold nobody's timer off. */
Test(paper, R35_what_was_only_relayed_restarts_no_timer)
{
    struct stage stage;
    open_at(&stage, 4);
    struct payload *relayed = stage_request_of(&stage, 0, 1, "this");
    struct message message = {.type = MESSAGE_REQUEST, .sender = NO_NODE, .payload = relayed};
    message.client = stage_client(&stage, 0);
    message.timestamp = 1;
    message.digest = payload_digest(relayed);
    (void)stage_deliver(&stage, 1, message);
    request_at(&stage, 1, 1, 100);
    stage_timer(&stage, 900);
    stage_decide(&stage, 0, 1, relayed);
    cr_assert_eq(stage_deadline(&stage), 100 + T);
    cr_assert_eq(stage_close(&stage), 0);
}

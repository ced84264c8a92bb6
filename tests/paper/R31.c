/* R31: no read-only or tentative shortcut: a result is told only after the request was committed and executed in order. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R31_a_prepared_request_is_not_executed_tentatively)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        stage_commits(&stage, 0, 1, a, 0, stage.config.quorum - 2);
        cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 0, "n = %u", n);
        stage_commits(&stage, 0, 1, a, stage.config.quorum - 2, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Whatever the operation looks like, nobody answers it from the present state. */
Test(paper, R31_no_request_is_answered_without_being_ordered)
{
    static const char *const operations[] = {"", "r", "read", "samekey read only"};
    for (node_id id = 0; id < 4; id++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = id});
        for (uint32_t client = 0; client < 4; client++) {
            stage_request(&stage, client, 1, stage_request_of(&stage, client, 1, operations[client]));
        }
        cr_assert_eq(stage_sent(&stage, MESSAGE_REPLY), 0);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), id == 0 ? 4 : 0);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

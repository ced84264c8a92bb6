/* R2: a PREPARE from the view's primary never counts. */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

Test(paper, R2_the_primarys_prepare_does_not_complete_a_certificate)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t needed = stage_prepares_needed(&stage, 0);
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, needed - 1);
        cr_assert_eq(stage_prepare(&stage, 0, 0, 1, a), REJECT_PREPARE_OF_PRIMARY);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, needed - 1, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R2_the_primarys_prepare_does_not_count_before_its_pre_prepare_either)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t needed = stage_prepares_needed(&stage, 0);
        cr_assert_eq(stage_prepare(&stage, 0, 0, 1, a), REJECT_PREPARE_OF_PRIMARY);
        stage_prepares(&stage, 0, 1, a, 0, needed - 1);
        stage_pre_prepare(&stage, 0, 0, 1, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, needed - 1, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R2_a_primary_sends_no_prepare)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_request(&stage, 0, 1, a);
        stage_decide(&stage, 0, 1, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PRE_PREPARE), 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 0);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

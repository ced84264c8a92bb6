/* R1: PREPARE and COMMIT count only for the exact (view, sequence, digest). */
#include <criterion/criterion.h>

#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

/* A backup with one PREPARE too few for a, and every other backup's PREPARE still to come. Returns how many came. */
static uint32_t one_prepare_short(struct stage *stage, struct payload *a)
{
    uint32_t needed = stage_prepares_needed(stage, 0);
    cr_assert_eq(stage_pre_prepare(stage, 0, 0, 1, a), REJECT_NONE);
    stage_prepares(stage, 0, 1, a, 0, needed - 1);
    cr_assert_eq(stage_sent(stage, MESSAGE_COMMIT), 0);
    return needed - 1;
}

/* A prepared replica with one COMMIT too few; its own counts. Returns how many of others came. */
static uint32_t one_commit_short(struct stage *stage, struct payload *a)
{
    uint32_t came = one_prepare_short(stage, a);
    stage_prepares(stage, 0, 1, a, came, 1);
    cr_assert_eq(stage_sent(stage, MESSAGE_COMMIT), 1);
    stage_commits(stage, 0, 1, a, 0, stage->config.quorum - 2);
    cr_assert_eq(stage_status(stage).executed, 0);
    return stage->config.quorum - 2;
}

Test(paper, R1_prepares_for_another_digest_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        uint32_t came = one_prepare_short(&stage, a);
        stage_prepares(&stage, 0, 1, b, came, n - 2 - came);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R1_prepares_for_another_sequence_number_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t came = one_prepare_short(&stage, a);
        stage_prepares(&stage, 0, 2, a, came, n - 2 - came);
        stage_prepares(&stage, 0, 1 + stage.config.window, a, came, n - 2 - came);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, came, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R1_prepares_of_another_view_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t came = one_prepare_short(&stage, a);
        stage_prepares(&stage, 1, 1, a, came, n - 2 - came);
        stage_prepares(&stage, n, 1, a, came, n - 2 - came);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, came, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R1_commits_for_another_digest_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        uint32_t came = one_commit_short(&stage, a);
        stage_commits(&stage, 0, 1, b, came, n - 1 - came);
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R1_commits_for_another_sequence_number_or_view_do_not_count)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t came = one_commit_short(&stage, a);
        stage_commits(&stage, 0, 2, a, came, n - 1 - came);
        stage_commits(&stage, 1, 1, a, came, n - 1 - came);
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u", n);
        stage_commits(&stage, 0, 1, a, came, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R1_a_commit_is_no_prepare_and_a_prepare_no_commit)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t came = one_prepare_short(&stage, a);
        stage_commits(&stage, 0, 1, a, 0, n - 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u: COMMITs do not prepare", n);
        cr_assert_eq(stage_status(&stage).executed, 0);
        stage_prepares(&stage, 0, 1, a, came, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u: but they were kept", n);

        struct payload *b = stage_request_of(&stage, 1, 1, "that");
        stage_pre_prepare(&stage, 0, 0, 2, b);
        stage_prepares(&stage, 0, 2, b, 0, n - 2);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u: PREPAREs do not commit", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

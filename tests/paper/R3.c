/* R3: the primary's pre-prepare counts as its vote: prepared is a pre-prepare and q-1 PREPAREs from distinct backups,
 * the own included; never 2f+1 PREPAREs. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage.h"

/* PREPAREs of others one by one: the replica must become prepared by the `needed`-th, and by no earlier one. */
static void prepared_by_exactly(struct stage *stage, struct payload *a, uint32_t needed)
{
    for (uint32_t k = 0; k < needed; k++) {
        cr_assert_eq(stage_sent(stage, MESSAGE_COMMIT), 0, "n = %u: too early", stage->config.replicas);
        stage_prepares(stage, 0, 1, a, k, 1);
    }
    cr_assert_eq(stage_sent(stage, MESSAGE_COMMIT), 1, "n = %u: too late", stage->config.replicas);
}

Test(paper, R3_a_backup_is_prepared_by_the_pre_prepare_its_own_prepare_and_q_minus_2_others)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = n - 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1);
        prepared_by_exactly(&stage, a, quorum_size(n) - 2);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R3_a_primary_is_prepared_by_q_minus_1_prepares)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 0});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_request(&stage, 0, 1, a);
        prepared_by_exactly(&stage, a, quorum_size(n) - 1);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R3_prepares_alone_do_not_prepare_without_the_pre_prepare)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        stage_commits(&stage, 0, 1, a, 0, n - 1);
        stage_prepares(&stage, 0, 2, NULL, 0, n - 2); /* nor for the null request, which needs no contents */
        stage_commits(&stage, 0, 2, NULL, 0, n - 1);
        cr_assert(stage_sent_is(&stage, NOTHING));
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R3_two_replicas_need_one_prepare_and_one_needs_none)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.replicas = 2, .id = 0});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_request(&stage, 0, 1, a);
    prepared_by_exactly(&stage, a, 1);
    cr_assert_eq(stage_close(&stage), 0);

    stage_open(&stage, (struct stage_options){.replicas = 1});
    a = stage_request_of(&stage, 0, 1, "this");
    stage_request(&stage, 0, 1, a);
    cr_assert_eq(stage_status(&stage).executed, 1);
    cr_assert_eq(stage_close(&stage), 0);
}

/* The same with the numbers of the protocol's table written out, so that no formula stands between. */
Test(paper, R3_the_numbers_of_prepares_and_commits_are_those_of_the_table)
{
    static const uint32_t table[][2] = {{4, 3}, {5, 4}, {6, 4}, {7, 5}, {8, 6}, {9, 6}, {10, 7}, {13, 9}};
    for (uint32_t row = 0; row < sizeof table / sizeof *table; row++) {
        uint32_t n = table[row][0], q = table[row][1];
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 2});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, q - 3);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        stage_prepares(&stage, 0, 1, a, q - 3, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1, "n = %u", n);
        stage_commits(&stage, 0, 1, a, 0, q - 2);
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u", n);
        stage_commits(&stage, 0, 1, a, q - 2, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* Beside R3: what the COMMITs need. */
Test(paper, R3_committed_local_is_prepared_and_q_commits_the_own_included)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        for (uint32_t k = 0; k < quorum_size(n) - 1; k++) {
            cr_assert_eq(stage_status(&stage).executed, 0, "n = %u: too early", n);
            stage_commits(&stage, 0, 1, a, k, 1);
        }
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u: too late", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* They do not say that it is prepared: then its own is one of them, and the last must still come. */
Test(paper, R3_commits_that_came_first_are_a_quorum_with_the_own_not_before)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 0, 0, 1, a);
        stage_commits(&stage, 0, 1, a, 0, quorum_size(n) - 2);
        stage_prepares(&stage, 0, 1, a, 0, n - 2);
        cr_assert_eq(stage_status(&stage).executed, 0, "n = %u: too early", n);
        stage_commits(&stage, 0, 1, a, quorum_size(n) - 2, 1);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u: too late", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* R9: votes that arrive before their pre-prepare, or for a view that its NEW-VIEW has not opened yet, are kept (bounded)
 * and count when it comes. */
#include <criterion/criterion.h>

#include "core/quorum.h"
#include "tests/paper/sizes.h"
#include "tests/support/stage_views.h"

Test(paper, R9_prepares_that_came_first_count_when_the_pre_prepare_comes)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t short_by = 0; short_by <= 1; short_by++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            stage_prepares(&stage, 0, 1, a, 0, stage_prepares_needed(&stage, 0) - short_by);
            cr_assert(stage_sent_is(&stage, NOTHING));
            stage_pre_prepare(&stage, 0, 0, 1, a);
            cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1);
            cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1 - short_by, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

Test(paper, R9_when_all_votes_came_first_the_pre_prepare_executes_at_once)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    stage_commits(&stage, 0, 1, a, 0, 3);
    stage_prepares(&stage, 0, 1, a, 0, 2);
    cr_assert(stage_sent_is(&stage, NOTHING));
    stage_pre_prepare(&stage, 0, 0, 1, a);
    cr_assert(stage_sent_is(&stage, LINES("prepare v0 s1 a > all", "commit v0 s1 a > all", "reply v0 t1 r0 > c0")));
    cr_assert(stage_journal_is(&stage, LINES("executed v0 s1 a 1")));
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R9_commits_that_came_before_prepared_count_when_it_is)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t short_by = 0; short_by <= 1; short_by++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            stage_pre_prepare(&stage, 0, 0, 1, a);
            stage_commits(&stage, 0, 1, a, 0, stage.config.quorum - 1 - short_by);
            stage_prepares(&stage, 0, 1, a, 0, stage_prepares_needed(&stage, 0) - 1);
            cr_assert_eq(stage_status(&stage).executed, 0);
            stage_prepares(&stage, 0, 1, a, stage_prepares_needed(&stage, 0) - 1, 1);
            cr_assert_eq(stage_status(&stage).executed, 1 - short_by, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* f liars speak first, each for a digest of its own; the right votes must not get lost behind theirs. */
Test(paper, R9_liars_who_vote_first_do_not_push_out_the_right_votes)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        uint32_t liars = quorum_faults(n);
        for (uint32_t liar = 0; liar < liars; liar++) {
            struct message message = {.type = MESSAGE_PREPARE, .sender = NO_NODE};
            message.sequence = 1;
            message.digest = (struct digest){{liar + 1, 7}};
            cr_assert_eq(stage_deliver(&stage, stage_other_backup(&stage, 0, liar), message), REJECT_NONE);
            message.type = MESSAGE_COMMIT;
            cr_assert_eq(stage_deliver(&stage, stage_other_backup(&stage, 0, liar), message), REJECT_NONE);
        }
        for (uint32_t k = liars; k < n - 2; k++) {
            cr_assert_eq(stage_prepare(&stage, stage_other_backup(&stage, 0, k), 0, 1, a), REJECT_NONE);
            cr_assert_eq(stage_commit(&stage, stage_other_backup(&stage, 0, k), 0, 1, a), REJECT_NONE);
        }
        cr_assert_eq(stage_commit(&stage, 0, 0, 1, a), REJECT_NONE);
        stage_pre_prepare(&stage, 0, 0, 1, a);
        cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

static enum reject vote_for(struct stage *stage, enum message_type type, uint32_t k, sequence_number sequence,
                            uint64_t contents)
{
    struct message message = {.type = (uint8_t)type, .sender = NO_NODE};
    message.sequence = sequence;
    message.digest = (struct digest){{contents, sequence}};
    return stage_deliver(stage, stage_other_backup(stage, 0, k), message);
}

/* f liars vote for false digests at every sequence number of the window, in both phases, before anybody else; then the
 * right votes for a full pipeline come, all of them before their pre-prepares. */
Test(paper, R9_the_right_votes_find_room_in_a_window_that_liars_have_filled)
{
    FOR_EACH_SIZE(n)
    {
        uint32_t liars = quorum_faults(n);
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 1, .checkpoint_interval = 16, .window = 32});
        for (sequence_number sequence = 1; sequence <= 32; sequence++) {
            for (uint32_t k = 0; k < (sequence <= stage.config.pipeline ? n - 2 : liars); k++) {
                uint64_t contents = k < liars ? k + 1 : 1000;
                cr_assert_eq(vote_for(&stage, MESSAGE_PREPARE, k, sequence, contents), REJECT_NONE, "n = %u", n);
                cr_assert_eq(vote_for(&stage, MESSAGE_COMMIT, k, sequence, contents), REJECT_NONE, "n = %u", n);
            }
        }
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R9_what_is_kept_early_is_bounded)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 1, .checkpoint_interval = 8, .window = 16});
    struct message message = {.type = MESSAGE_PREPARE, .sender = NO_NODE};
    for (uint64_t attempt = 0; attempt < 100000; attempt++) {
        message.type = attempt & 1 ? MESSAGE_PREPARE : MESSAGE_COMMIT;
        message.view = attempt % 1000 == 999 ? (view_number)attempt : 0;
        message.sequence = attempt * 7 % 97;
        message.digest = (struct digest){{attempt, 1}};
        (void)stage_deliver(&stage, 2 + attempt % 2, message);
    }
    cr_assert_leq(stage_status(&stage).in_log, 16);
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    cr_assert_eq(stage_pre_prepare(&stage, 0, 0, 1, a), REJECT_NONE, "and it goes on working");
    cr_assert_eq(stage_close(&stage), 0);
}

/* Everything of view 1 comes before its NEW-VIEW: pre-prepare, PREPAREs, COMMITs. */
Test(paper, R9_what_comes_before_its_new_view_counts_when_the_view_is_open)
{
    FOR_EACH_SIZE(n)
    {
        for (uint32_t asked = 0; asked <= 1; asked++) {
            struct stage stage;
            stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
            struct payload *a = stage_request_of(&stage, 0, 1, "this");
            if (asked) {
                stage_view_changes(&stage, 1, 0, quorum_weak(n));
            }
            cr_assert_eq(stage_pre_prepare(&stage, 1, 1, 1, a), REJECT_NONE, "kept");
            stage_prepares(&stage, 1, 1, a, 0, n - 2);
            stage_commits(&stage, 1, 1, a, 0, n - 1);
            cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE) + stage_sent(&stage, MESSAGE_COMMIT), 0);
            cr_assert_eq(stage_status(&stage).buffered_peak, 1 + n - 2 + n - 1);
            stage_enter_view(&stage, 1);
            cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1, "n = %u", n);
            cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 1);
            cr_assert_eq(stage_status(&stage).executed, 1, "n = %u", n);
            cr_assert_eq(stage_close(&stage), 0);
        }
    }
}

/* Whatever their sender has written there; where messages are authenticated they have to be sealed in earnest. */
Test(paper, R9_the_flags_of_what_is_kept_mean_nothing)
{
    for (uint32_t flags = 1; flags < 256; flags++) {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        struct message message = {.type = MESSAGE_PRE_PREPARE, .flags = (uint8_t)flags, .sender = NO_NODE};
        message.view = 1;
        message.sequence = 1;
        message.digest = payload_digest(a);
        message.payload = a;
        enum reject expected = stage.config.auth != AUTH_NONE && (flags & MESSAGE_SEALED) ? REJECT_NOT_AUTHENTIC
                                                                                          : REJECT_NONE;
        cr_assert_eq(stage_deliver(&stage, 1, message), expected, "flags %u", flags);
        message.type = MESSAGE_PREPARE;
        message.payload = NULL;
        cr_assert_eq(stage_deliver(&stage, 2, message), expected, "flags %u", flags);
        stage_enter_view(&stage, 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), expected == REJECT_NONE, "flags %u", flags);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

Test(paper, R9_what_is_kept_for_one_view_does_not_count_in_another)
{
    FOR_EACH_SIZE(n)
    {
        struct stage stage;
        stage_open(&stage, (struct stage_options){.replicas = n, .id = 3});
        struct payload *a = stage_request_of(&stage, 0, 1, "this");
        stage_pre_prepare(&stage, 1, 1, 1, a);
        stage_prepares(&stage, 1, 1, a, 0, n - 2);
        stage_enter_view(&stage, 2);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 0, "n = %u", n);
        stage_pre_prepare(&stage, 2, 2, 1, a);
        cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1);
        cr_assert_eq(stage_sent(&stage, MESSAGE_COMMIT), 0, "n = %u", n);
        cr_assert_eq(stage_close(&stage), 0);
    }
}

/* A flood of messages for views to come takes a share, and no other sender's. */
Test(paper, R9_what_is_kept_for_later_views_is_bounded_for_each_sender)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    uint32_t refused = 0;
    for (uint32_t time = 0; time < 100000; time++) {
        refused += stage_prepare(&stage, 2, 1 + time, 1 + time % 16, a) == REJECT_NO_ROOM;
    }
    cr_assert_gt(refused, 50000);
    cr_assert_lt(stage_status(&stage).buffered_peak, 20000);
    cr_assert_eq(stage_pre_prepare(&stage, 1, 1, 1, a), REJECT_NONE, "the flood of 2 is not 1's affair");
    stage_enter_view(&stage, 1);
    cr_assert_eq(stage_sent(&stage, MESSAGE_PREPARE), 1);
    cr_assert_eq(stage_close(&stage), 0);
}

/* A vote carries no contents: a megabyte beside each would be kept with it. */
Test(paper, R9_votes_with_contents_are_not_kept)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    struct message message = {.type = MESSAGE_COMMIT, .sender = NO_NODE, .payload = a};
    message.view = 1;
    message.sequence = 1;
    message.digest = payload_digest(a);
    for (uint32_t type = MESSAGE_PREPARE; type <= MESSAGE_COMMIT; type++) {
        message.type = (uint8_t)type;
        cr_assert_eq(stage_deliver(&stage, 2, message), REJECT_MALFORMED);
        cr_assert_eq(stage_status(&stage).buffered_peak, 0);
    }
    cr_assert_eq(stage_close(&stage), 0);
}

Test(paper, R9_pre_prepares_of_others_than_the_primary_are_not_kept)
{
    struct stage stage;
    stage_open(&stage, (struct stage_options){.id = 3});
    struct payload *a = stage_request_of(&stage, 0, 1, "this");
    cr_assert_eq(stage_pre_prepare(&stage, 2, 1, 1, a), REJECT_NOT_THE_PRIMARY);
    cr_assert_eq(stage_status(&stage).buffered_peak, 0);
    cr_assert_eq(stage_pre_prepare(&stage, 1, 1, 1, a), REJECT_NONE);
    cr_assert_eq(stage_status(&stage).buffered_peak, 1);
    cr_assert_eq(stage_close(&stage), 0);
}

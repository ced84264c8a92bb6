/* The watch over a replica's votes: what no correct replica sends (I8, R13), and nothing else. */
#include <criterion/criterion.h>

#include "core/vote_watch.h"

static const struct digest A = {{1, 1}}, B = {{2, 2}};
static struct vote_watch *watch;

static void open_watch(void)
{
    watch = vote_watch_create(4, 10);
    cr_assert_not_null(watch);
}

static void close_watch(void)
{
    vote_watch_destroy(watch);
}

TestSuite(vote_watch, .init = open_watch, .fini = close_watch);

static bool sends(enum message_type type, view_number view, sequence_number sequence, struct digest digest)
{
    struct message message = {.type = (uint8_t)type, .digest = digest};
    message.view = view;
    message.sequence = sequence;
    return vote_watch_allows(watch, &message);
}

Test(vote_watch, a_vote_may_be_sent_again)
{
    for (uint32_t time = 0; time < 3; time++) {
        cr_assert(sends(MESSAGE_PREPARE, 0, 1, A));
        cr_assert(sends(MESSAGE_COMMIT, 0, 1, A));
    }
}

Test(vote_watch, but_not_for_another_digest)
{
    cr_assert(sends(MESSAGE_PREPARE, 0, 1, A));
    cr_assert_not(sends(MESSAGE_PREPARE, 0, 1, B));
    cr_assert(sends(MESSAGE_COMMIT, 0, 2, A));
    cr_assert_not(sends(MESSAGE_COMMIT, 0, 2, B));
}

Test(vote_watch, a_pre_prepare_is_a_vote_of_the_first_phase)
{
    cr_assert(sends(MESSAGE_PRE_PREPARE, 0, 1, A));
    cr_assert_not(sends(MESSAGE_PRE_PREPARE, 0, 1, B));
    cr_assert_not(sends(MESSAGE_PREPARE, 0, 1, B));
}

Test(vote_watch, another_view_sequence_number_or_phase_is_another_vote)
{
    cr_assert(sends(MESSAGE_PREPARE, 0, 1, A));
    cr_assert(sends(MESSAGE_PREPARE, 1, 1, B));
    cr_assert(sends(MESSAGE_PREPARE, 1, 2, A));
    cr_assert(sends(MESSAGE_COMMIT, 1, 1, B));
    for (sequence_number sequence = 1; sequence <= 1000; sequence++) {
        cr_assert(sends(MESSAGE_PREPARE, 2, sequence, sequence % 2 ? A : B));
    }
}

Test(vote_watch, no_vote_of_a_view_below_the_one_asked_for)
{
    cr_assert(sends(MESSAGE_PREPARE, 2, 1, A));
    cr_assert(sends(MESSAGE_VIEW_CHANGE, 3, 0, A));
    cr_assert_not(sends(MESSAGE_PREPARE, 2, 1, A));
    cr_assert_not(sends(MESSAGE_COMMIT, 2, 1, A));
    cr_assert_not(sends(MESSAGE_PRE_PREPARE, 2, 2, A));
    cr_assert(sends(MESSAGE_PREPARE, 3, 1, B));
    cr_assert(sends(MESSAGE_VIEW_CHANGE, 2, 0, A), "an old one again");
    cr_assert_not(sends(MESSAGE_PREPARE, 2, 4, A), "changes nothing");
}

Test(vote_watch, everything_else_is_free)
{
    sends(MESSAGE_VIEW_CHANGE, 3, 0, A);
    for (enum message_type type = MESSAGE_CHECKPOINT; type < MESSAGE_TYPES; type++) {
        cr_assert(sends(type, 0, 1, A));
        cr_assert(sends(type, 0, 1, B));
    }
}

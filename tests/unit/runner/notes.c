/* What is an error of the emulator itself: books that do not balance (I12), a log beyond its window (I13). */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runner/notes.h"

static struct run_result *sound(void)
{
    struct run_result *result = calloc(1, sizeof *result);
    result->messages = (struct message_counts){
        .sent = 10, .duplicated = 2, .delivered = 8, .dropped = 3, .discarded = 1};
    result->books_balanced = result->log_bounded = true;
    return result;
}

Test(notes, a_sound_result_is_one)
{
    struct run_result *result = sound();
    struct error error = {""};
    cr_assert(result_is_sound(result, "pbft run", &error));
    free(result);
}

Test(notes, I12_books_that_do_not_balance_are_told_with_their_sums_and_the_command)
{
    struct run_result *result = sound();
    struct error error = {""};
    result->books_balanced = false;
    result->messages.delivered = 7;
    cr_assert_not(result_is_sound(result, "pbft run --seed 7", &error));
    cr_assert_not_null(strstr(error.text, "10 sent + 2 duplicated is not 7 delivered + 3 dropped + 1 discarded"));
    cr_assert_not_null(strstr(error.text, "pbft run --seed 7"));
    free(result);
}

Test(notes, I13_a_log_beyond_its_window_is_told_with_the_command)
{
    struct run_result *result = sound();
    struct error error = {""};
    result->log_bounded = false;
    cr_assert_not(result_is_sound(result, "pbft run --seed 7", &error));
    cr_assert_not_null(strstr(error.text, "more than its window"));
    cr_assert_not_null(strstr(error.text, "pbft run --seed 7"));
    free(result);
}

Test(notes, a_run_that_could_not_be_judged_is_an_error_that_says_so)
{
    struct run_result *result = calloc(1, sizeof *result);
    result->books_balanced = result->log_bounded = true;
    result->unjudged = (struct unjudged){"too much was proposed", 4, 1};
    struct error error;
    cr_assert_not(result_is_sound(result, "pbft run --seed 7", &error));
    cr_assert_not_null(strstr(error.text, "could not be judged"));
    cr_assert_not_null(strstr(error.text, "--seed 7"));
    free(result);
}

/* Schedules of twins: all of them, each once, and those that are left out are the same as others. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "runner/dice.h"
#include "runner/twins.h"

static struct twins twins;
static atomic_int never;

static void make(const char *nodes, const char *byzantine)
{
    struct settings settings = {0};
    struct error error = {""};
    settings_set(&settings, OPT_NODES, nodes, SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_BYZANTINE, byzantine, SOURCE_COMMAND_LINE);
    cr_assert(twins_make(&settings, &twins, &error), "%s", error.text);
}

/* Stirling numbers of the second kind, added up: 1 + 15 + 25 and 1 + 31 + 90. */
Test(twins, endpoints_are_parted_in_every_way_once)
{
    make("4", "1");
    cr_expect_eq(twins.endpoints, 5);
    cr_expect_eq(twins.partitions, 41);
    cr_expect_eq(twins.set_count, 4);
    cr_expect_eq(twins.schedules, UINT64_C(4) * 41 * 41 * 41 * 41);
    for (uint32_t i = 0; i < 41; i++) {
        uint8_t highest = 0;
        for (uint32_t j = 0; j < 5; j++) {
            cr_expect_leq(twins.parting[i][j], highest, "groups are numbered as they appear");
            highest = twins.parting[i][j] + 1 > highest ? (uint8_t)(twins.parting[i][j] + 1) : highest;
        }
        cr_expect_leq(highest, 3);
        for (uint32_t j = 0; j < i; j++) {
            cr_expect_neq(memcmp(twins.parting[i], twins.parting[j], 5), 0, "%u and %u are the same", i, j);
        }
    }
    twins_destroy(&twins);
    make("4", "2");
    cr_expect_eq(twins.partitions, 122);
    cr_expect_eq(twins.set_count, 6);
    twins_destroy(&twins);
}

/* Burnside: half of the schedules that swapping the copies changes. It leaves 15 partitions as they are: both copies in
 * one group (1 + 7 + 6), or each alone (1). */
Test(twins, mirror_images_are_as_many_as_symmetry_says)
{
    make("4", "1");
    const uint64_t of_a_set = UINT64_C(41) * 41 * 41 * 41, symmetric = UINT64_C(15) * 15 * 15 * 15;
    uint64_t mirrored = 0;
    for (uint64_t number = 0; number < of_a_set; number++) {
        mirrored += twins_is_mirror_image(&twins, number);
    }
    cr_expect_eq(mirrored, (of_a_set - symmetric) / 2);
    twins_destroy(&twins);
}

static struct trial *run(uint64_t number)
{
    static struct plan plan;
    static struct twin_schedule schedule;
    static uint8_t table[TWINS_TABLE];
    struct error error;
    struct trial *trial = calloc(1, sizeof *trial);
    twins_plan(&twins, number, &plan, &schedule, table);
    cr_assert(trial_run(&plan, &never, trial, &error), "%s", error.text);
    return trial;
}

static void release(struct trial *trial)
{
    trial_destroy(trial);
    free(trial);
}

/* What the enumeration leaves out for that reason is indeed the same run. */
Test(twins, views_that_are_not_reached_do_not_matter)
{
    make("4", "1");
    struct dice dice = dice_of(1, 1);
    uint32_t compared = 0;
    for (uint32_t i = 0; i < 300; i++) {
        uint64_t number = dice_between(&dice, 0, twins.schedules - 1);
        struct trial *trial = run(number);
        uint64_t same = 41 * 41 * 41;
        for (uint32_t view = 0; view < trial->view_asked && same > 1; view++) {
            same /= 41;
        }
        uint64_t other_number = number - number % same + dice_between(&dice, 0, same - 1);
        struct trial *other = run(other_number);
        compared += other_number != number;
        cr_expect_eq(memcmp(&trial->result.messages, &other->result.messages, sizeof trial->result.messages), 0,
                     "%u and %u differ", (unsigned)number, (unsigned)other_number);
        cr_expect(digest_equal(trial->result.history_digest, other->result.history_digest));
        cr_expect_eq(trial->view_asked, other->view_asked);
        release(trial);
        release(other);
    }
    cr_expect_gt(compared, 50, "%u were compared", compared);
    twins_destroy(&twins);
}

static struct campaign go_through(uint64_t first, uint64_t count, unsigned jobs, struct twins_counts *counts)
{
    const struct campaign_plan plan = {.seed = first, .runs = count, .jobs = jobs, .interrupted = &never};
    struct campaign campaign;
    struct error error;
    twins_run(&twins, &plan, counts, &campaign, &error);
    return campaign;
}

Test(twins, one_twin_breaks_nothing_and_every_schedule_is_accounted_for)
{
    struct twins_counts alone, together;
    make("4", "1");
    struct campaign one = go_through(100000, 20000, 1, &alone), four = go_through(100000, 20000, 4, &together);
    cr_expect_eq(one.end, CAMPAIGN_ALL);
    cr_expect_eq(four.end, CAMPAIGN_ALL);
    cr_expect_eq(alone.schedules, 20000);
    cr_expect_eq(alone.schedules, alone.run + alone.mirrored + alone.unreached);
    cr_expect_eq(memcmp(&alone, &together, sizeof alone), 0);
    cr_expect_eq(memcmp(&one.coverage, &four.coverage, sizeof one.coverage), 0);
    cr_expect_gt(one.coverage.saw[SAW_EQUIVOCATION], 0);
    cr_expect_eq(one.coverage.saw[SAW_LIVE], one.coverage.runs);
    twins_destroy(&twins);
}

Test(twins, two_twins_of_four_break_agreement)
{
    struct twins_counts counts;
    make("4", "2");
    struct campaign campaign = go_through(0, 1000000, 1, &counts);
    cr_expect_eq(campaign.end, CAMPAIGN_FOUND);
    cr_expect_eq(campaign.finding, FOUND_UNSAFE);
    char words[TWINS_WORDS_SIZE];
    twins_words(&twins, campaign.seed, words);
    cr_expect_not_null(strstr(words, "view 0: 0 1 2 | 0' 1' 3"), "%s", words);
    twins_destroy(&twins);
}

/* In its own group a copy hears and is heard by nobody else: a second copy that is always alone changes nothing. */
Test(twins, a_copy_is_heard_by_its_group_alone)
{
    make("4", "1");
    uint32_t apart = 0; /* everybody but the second copy, which is the last endpoint */
    const uint8_t wanted[TWINS_ENDPOINTS] = {0, 0, 0, 0, 1};
    while (memcmp(twins.parting[apart], wanted, sizeof wanted) != 0) {
        apart++;
        cr_assert_lt(apart, twins.partitions);
    }
    uint64_t number = 0;
    for (uint32_t view = 0; view < TWINS_VIEWS; view++) {
        number = number * twins.partitions + apart;
    }
    struct trial *trial = run(number); /* of set 0: replica 0, the primary of view 0 */
    cr_expect(trial->result.safe && trial->result.live);
    cr_expect_eq(trial->result.rejected[REJECT_CONFLICTING_PRE_PREPARE], 0, "nobody saw the second copy's");
    cr_expect_eq(trial->result.rejected[REJECT_CONFLICTING_VOTE], 0);
    release(trial);
    twins_destroy(&twins);
}

static void assert_refused(enum option_id id, const char *text, const char *why)
{
    struct settings settings = {0};
    struct error error = {""};
    settings_set(&settings, id, text, SOURCE_COMMAND_LINE);
    cr_expect(!twins_make(&settings, &twins, &error), "%s is taken", text);
    cr_expect_not_null(strstr(error.text, why), "'%s' is not in: %s", why, error.text);
    twins_destroy(&twins);
}

Test(twins, refuses_what_cannot_be_enumerated)
{
    assert_refused(OPT_BYZANTINE, "0", "1 to 4 twins");
    assert_refused(OPT_NODES, "9", "at most 8");
    assert_refused(OPT_BEHAVIOR, "silent", "says itself");
    assert_refused(OPT_GST, "none", "says itself");
}

/* Every schedule of a block by itself, against what the enumeration left out. */
Test(twins, nothing_is_left_out_but_what_is_the_same)
{
    const uint64_t count = 41 * 41, first = 300 * count; /* one in which all three kinds occur */
    struct twins_counts counts, wanted = {.schedules = count};
    make("4", "1");
    (void)go_through(first, count, 2, &counts);
    uint64_t run_before = UINT64_MAX, alike = 1; /* the last that was run, and how many in a row are the same */
    for (uint64_t number = first; number < first + count; number++) {
        if (run_before != UINT64_MAX && number / alike == run_before / alike) {
            wanted.unreached++;
        } else if (twins_is_mirror_image(&twins, number)) {
            wanted.mirrored++;
        } else {
            struct trial *trial = run(number);
            wanted.run++;
            run_before = number;
            alike = trial->view_asked == 0   ? 41 * 41 * 41
                    : trial->view_asked == 1 ? 41 * 41
                    : trial->view_asked == 2 ? 41
                                             : 1;
            release(trial);
        }
    }
    cr_expect_eq(counts.run, wanted.run, "%u were run, not %u", (unsigned)counts.run, (unsigned)wanted.run);
    cr_expect_eq(counts.mirrored, wanted.mirrored);
    cr_expect_eq(counts.unreached, wanted.unreached);
    cr_expect(wanted.run > 100 && wanted.mirrored > 100 && wanted.unreached > 100);
    twins_destroy(&twins);
}

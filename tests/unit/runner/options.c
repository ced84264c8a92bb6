#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "runner/option_value.h"

static bool reads(enum option_id id, const char *text, struct scenario *scenario)
{
    struct error error;
    *scenario = (struct scenario){0};
    return option_read(id, text, scenario, &error);
}

static void assert_canonical(enum option_id id, const char *text, const char *canonical)
{
    struct scenario scenario;
    struct scenario again;
    char written[OPTION_TEXT_SIZE];
    char rewritten[OPTION_TEXT_SIZE];
    cr_assert(reads(id, text, &scenario), "--%s %s is refused", option_at(id)->name, text);
    option_write(id, &scenario, written);
    cr_assert_str_eq(written, canonical, "--%s %s reads as %s", option_at(id)->name, text, written);
    cr_assert(reads(id, written, &again), "--%s: what is written is refused: %s", option_at(id)->name, written);
    option_write(id, &again, rewritten);
    cr_assert_str_eq(written, rewritten);
}

Test(options, every_value_is_written_as_it_reads)
{
    assert_canonical(OPT_NODES, "10", "10");
    assert_canonical(OPT_REQUESTS, "10k", "10000");
    assert_canonical(OPT_REQUESTS, "1.5M", "1500000");
    assert_canonical(OPT_REQUESTS, "2G", "2000000000");
    assert_canonical(OPT_SEED, "9000000000000000001", "9000000000000000001");
    assert_canonical(OPT_DROP, "5%", "0.05");
    assert_canonical(OPT_DROP, "0.05", "0.05");
    assert_canonical(OPT_DROP, "100%", "1");
    assert_canonical(OPT_DROP, "0.0000001", "0.00000010000000000000");
    assert_canonical(OPT_RATE, "1.5k/s", "1500");
    assert_canonical(OPT_RATE, "closed", "closed");
    assert_canonical(OPT_TIME_SCALE, "0.25", "0.25");
    assert_canonical(OPT_VIEW_TIMEOUT, "1500us", "1.5ms");
    assert_canonical(OPT_VIEW_TIMEOUT, "2000ms", "2s");
    assert_canonical(OPT_RETRANSMIT, "off", "off");
    assert_canonical(OPT_STALL, "off", "off");
    assert_canonical(OPT_GST, "none", "none");
    assert_canonical(OPT_TIMELINE, "off", "off");
    assert_canonical(OPT_DELAY, "uniform:5ms..35ms", "uniform:5ms..35ms");
    assert_canonical(OPT_PROCESSING, "none", "none");
    assert_canonical(OPT_FIFO, "on", "on");
    assert_canonical(OPT_CLOCK, "virtual", "virtual");
    assert_canonical(OPT_AUTH, "signature", "signature");
    assert_canonical(OPT_BYZANTINE_IDS, "0,3,12", "0,3,12");
    assert_canonical(OPT_BEHAVIOR, "silent", "silent");
    assert_canonical(OPT_BEHAVIOR, "0:silent,3:crash", "0:silent,3:crash");
    assert_canonical(OPT_EXPECT, "live,safe", "safe,live");
    assert_canonical(OPT_EXPECT, "violation", "violation");
}

Test(options, what_is_not_wholly_understood_is_refused)
{
    static const struct {
        enum option_id id;
        const char *text;
    } wrong[] = {
        {OPT_NODES, "0"},
        {OPT_NODES, "16385"},
        {OPT_NODES, " 4"},
        {OPT_NODES, "4 "},
        {OPT_NODES, "+4"},
        {OPT_NODES, "-4"},
        {OPT_NODES, "0x4"},
        {OPT_NODES, "4e0"},
        {OPT_NODES, "4.5"},
        {OPT_NODES, "4kk"},
        {OPT_NODES, "k"},
        {OPT_NODES, "4K"},
        {OPT_NODES, "nan"},
        {OPT_NODES, "18446744073709551620"},
        {OPT_DROP, "1.0001"},
        {OPT_DROP, "101%"},
        {OPT_DROP, "-0"},
        {OPT_DROP, "nan"},
        {OPT_DROP, "inf"},
        {OPT_DROP, "5 %"},
        {OPT_DROP, "%"},
        {OPT_DROP, "5."},
        {OPT_DROP, "1e-3"},
        {OPT_RATE, "0"},
        {OPT_RATE, "5/m"},
        {OPT_RATE, "off"},
        {OPT_VIEW_TIMEOUT, "10"},
        {OPT_VIEW_TIMEOUT, "0"},
        {OPT_VIEW_TIMEOUT, "off"},
        {OPT_VIEW_TIMEOUT, "1e9s"},
        {OPT_STALL, "none"},
        {OPT_TIMELINE, "999ns"},
        {OPT_DELAY, "10ms"},
        {OPT_FIFO, "yes"},
        {OPT_CLOCK, "Real"},
        {OPT_CLOCK, ""},
        {OPT_BYZANTINE_IDS, ""},
        {OPT_BYZANTINE_IDS, "0,"},
        {OPT_BYZANTINE_IDS, ",0"},
        {OPT_BYZANTINE_IDS, "0,,1"},
        {OPT_BYZANTINE_IDS, "0,0"},
        {OPT_BEHAVIOR, "nope"},
        {OPT_BEHAVIOR, "0:"},
        {OPT_BEHAVIOR, ":silent"},
        {OPT_BEHAVIOR, "0:silent,crash"},
        {OPT_BEHAVIOR, "0:silent,0:crash"},
        {OPT_EXPECT, "safe,violation"},
        {OPT_EXPECT, ""},
        {OPT_EXPECT, "alive"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct scenario scenario;
        cr_expect(!reads(wrong[i].id, wrong[i].text, &scenario), "--%s '%s' is taken", option_at(wrong[i].id)->name,
                  wrong[i].text);
    }
}

Test(options, a_trailing_comma_of_ids_is_refused_and_so_are_too_many)
{
    struct scenario scenario;
    char text[4096] = "0";
    for (unsigned id = 1; id <= MAX_NAMED_BEHAVIORS; id++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%u", id);
    }
    cr_expect(!reads(OPT_BYZANTINE_IDS, text, &scenario));
    *strrchr(text, ',') = '\0';
    cr_expect(reads(OPT_BYZANTINE_IDS, text, &scenario));
    cr_expect(scenario.byzantine == MAX_NAMED_BEHAVIORS);
}

Test(options, defaults_in_the_table_are_values)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = option_at((enum option_id)id);
        struct scenario scenario;
        cr_assert_not_null(option->name, "option %u has no name", id);
        cr_assert_not_null(option->help, "--%s has no help", option->name);
        if (option->scenario && option->initial != NULL) {
            cr_expect(reads((enum option_id)id, option->initial, &scenario), "--%s %s", option->name, option->initial);
        }
    }
}

Test(options, names_and_keys_are_unique_and_found)
{
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = option_at((enum option_id)id);
        char key[OPTION_KEY_SIZE];
        cr_expect_eq(option_find(option->name, strlen(option->name), option->commands), id);
        option_key((enum option_id)id, key);
        cr_expect_eq(option_find_key(key), option->scenario ? id : (unsigned)OPTION_COUNT, "%s", key);
    }
    cr_expect_eq(option_find("node", 4, FOR_ALL), OPTION_COUNT, "no abbreviations: later options would change them");
    cr_expect_eq(option_find("jobs", 4, FOR_RUN), OPTION_COUNT);
}

Test(options, a_slip_of_the_pen_is_recognised)
{
    cr_expect_str_eq(option_nearest("node", FOR_ALL), "nodes");
    cr_expect_str_eq(option_nearest("byzantin-ids", FOR_ALL), "byzantine-ids");
    cr_expect_null(option_nearest("weather", FOR_ALL));
    cr_expect_null(option_nearest("x", FOR_ALL));
}

#include <criterion/criterion.h>
#include <string.h>

#include "runner/presets.h"
#include "runner/settings.h"
#include "runner/words.h"

#define PARSE(settings, command, ...) \
    parse(settings, command, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)), (char *[]){__VA_ARGS__})

static struct error why;

/* The settings point into argv, which must outlive the expectation that PARSE stands in. */
static bool parse(struct settings *settings, unsigned command, int argc, char **argv)
{
    static char *words[16];
    bool help = false;
    cr_assert(argc < 16);
    memcpy(words, argv, (size_t)argc * sizeof *argv);
    *settings = (struct settings){0};
    why.text[0] = '\0';
    return settings_parse(settings, argc, words, command, &help, &why);
}

Test(settings, values_may_stand_behind_a_space_or_an_equals_sign)
{
    struct settings settings;
    cr_assert(PARSE(&settings, FOR_RUN, "--nodes", "7", "--drop=5%", "--fifo", "-o", "x.csv", "-q"));
    cr_expect_str_eq(settings.text[OPT_NODES], "7");
    cr_expect_str_eq(settings.text[OPT_DROP], "5%");
    cr_expect_str_eq(settings.text[OPT_FIFO], "on");
    cr_expect_str_eq(settings.text[OPT_OUTPUT], "x.csv");
    cr_expect_str_eq(settings.text[OPT_QUIET], "on");
    cr_expect(settings.order[OPT_NODES] < settings.order[OPT_DROP]);
    cr_assert(PARSE(&settings, FOR_RUN, "-ox.csv", "--fifo=off"));
    cr_expect_str_eq(settings.text[OPT_OUTPUT], "x.csv");
    cr_expect_str_eq(settings.text[OPT_FIFO], "off");
}

Test(settings, what_is_no_option_is_refused)
{
    struct settings settings;
    cr_expect(!PARSE(&settings, FOR_RUN, "--nods", "7"));
    cr_expect_not_null(strstr(why.text, "did you mean --nodes?"));
    cr_expect(!PARSE(&settings, FOR_RUN, "--jobs", "7"), "an option of another command");
    cr_expect(!PARSE(&settings, FOR_RUN, "--nodes"), "no value");
    cr_expect(!PARSE(&settings, FOR_RUN, "--nodes", "4", "--nodes=7"), "twice");
    cr_expect(!PARSE(&settings, FOR_RUN, "4"), "a stray word");
    cr_expect(!PARSE(&settings, FOR_RUN, "--", "--nodes"), "a stray word");
    cr_expect(!PARSE(&settings, FOR_RUN, "-qo", "x"), "joined letters");
    cr_expect(PARSE(&settings, FOR_SWEEP, "--merge", "a.csv", "-q", "b.csv"));
    cr_expect_eq(settings.file_count, 2);
    cr_expect_str_eq(settings.files[1], "b.csv");
}

Test(settings, an_upper_layer_says_anew_who_misbehaves)
{
    struct settings base = {0};
    struct settings upper = {0};
    struct error error;
    cr_assert(preset_settings("article", &base, &error));
    settings_set(&upper, OPT_BYZANTINE_IDS, "0,3", SOURCE_COMMAND_LINE);
    settings_overlay(&base, &upper);
    cr_expect(!settings_has(&base, OPT_BYZANTINE));
    cr_expect_str_eq(base.text[OPT_BYZANTINE_IDS], "0,3");
    cr_expect_str_eq(base.text[OPT_NODES], "10");

    upper = (struct settings){0};
    settings_set(&upper, OPT_BEHAVIOR, "1:silent", SOURCE_COMMAND_LINE);
    settings_overlay(&base, &upper);
    cr_expect(!settings_has(&base, OPT_BYZANTINE_IDS));
    upper = (struct settings){0};
    settings_set(&upper, OPT_BYZANTINE, "2", SOURCE_COMMAND_LINE);
    settings_overlay(&base, &upper);
    cr_expect(!settings_has(&base, OPT_BEHAVIOR), "names for ids go with the ids");
}

Test(words, a_command_line_can_be_pasted)
{
    struct settings settings;
    char text[COMMAND_SIZE];
    cr_assert(PARSE(&settings, FOR_RUN, "--nodes", "7", "--behavior", "0:silent", "--config", "my file's.json",
                    "--fifo", "--pin=off", "--repeat", "5", "-o", "x", "--quiet", "--expect", "safe"));
    command_text(&settings, "run", COMMAND_AGAIN, 12, NULL, text);
    cr_expect_str_eq(text, "pbft run --config 'my file'\\''s.json' --nodes 7 --behavior 0:silent --fifo --pin=off "
                           "--repeat 5 --expect safe --seed 12");
    command_text(&settings, "run", COMMAND_SINGLE_RUN, 14, NULL, text);
    cr_expect_str_eq(text, "pbft run --config 'my file'\\''s.json' --nodes 7 --behavior 0:silent --fifo --pin=off "
                           "--repeat 1 --seed 14");
}

Test(words, times_have_three_digits_and_a_unit)
{
    static const struct {
        double ns;
        const char *text;
    } times[] = {{0, "0 ns"},           {7, "7 ns"},         {999, "999 ns"},       {1000, "1.00 us"},
                 {71520000, "71.5 ms"}, {999700, "1.00 ms"}, {123456789, "123 ms"}, {2.5e9, "2.50 s"},
                 {9.996e6, "10.0 ms"},  {99.96e6, "100 ms"}, {1e12, "1000 s"},      {-1, "-"}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[TIME_WORDS_SIZE];
        time_words(times[i].ns, text);
        cr_expect_str_eq(text, times[i].text, "%g ns is %s", times[i].ns, text);
    }
}

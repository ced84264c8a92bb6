#include <criterion/criterion.h>
#include <string.h>

#include "runner/grid.h"

static struct settings with(enum option_id id, const char *text)
{
    struct settings settings = {0};
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    settings_set(&settings, id, text, SOURCE_COMMAND_LINE);
    return settings;
}

/* The option's values, separated by '|'. */
static void assert_values(enum option_id id, const char *text, const char *wanted)
{
    struct settings settings = with(id, text);
    struct grid grid;
    struct error error = {""};
    char values[512] = "";
    cr_assert(grid_make(&settings, &grid, &error), "%s: %s", text, error.text);
    cr_assert_eq(grid.axis_count, 1, "%s: not one axis", text);
    for (size_t i = 0; i < grid.axes[0].count; i++) {
        strcat(values, i == 0 ? "" : "|");
        strcat(values, grid.axes[0].texts[i]);
    }
    cr_assert_str_eq(values, wanted, "%s gives %s", text, values);
    grid_destroy(&grid);
}

static void assert_refused(enum option_id id, const char *text, const char *why)
{
    struct settings settings = with(id, text);
    struct grid grid;
    struct error error = {""};
    cr_expect(!grid_make(&settings, &grid, &error), "%s is taken", text);
    cr_expect_not_null(strstr(error.text, why), "'%s' is not in: %s", why, error.text);
    grid_destroy(&grid);
}

Test(grid, lists_and_ranges)
{
    assert_values(OPT_NODES, "4,7,10", "4|7|10");
    assert_values(OPT_NODES, "4..7", "4|5|6|7");
    assert_values(OPT_NODES, "1..10:3", "1|4|7|10");
    assert_values(OPT_NODES, "1..9:3", "1|4|7");
    assert_values(OPT_NODES, "4..5,9,1", "4|5|9|1");
    assert_values(OPT_SEED, "9000000000000000000..9000000000000000002",
                  "9000000000000000000|9000000000000000001|9000000000000000002");
    assert_values(OPT_DROP, "0%..20%:5%", "0|0.05|0.1|0.15|0.2");
    assert_values(OPT_DROP, "0..0.3:0.1", "0|0.1|0.2|0.3");
    assert_values(OPT_DROP, "0%,1%..2%:0.5%", "0|0.01|0.015|0.02");
    assert_values(OPT_RATE, "closed,100..300:100", "closed|100|200|300");
    assert_values(OPT_VIEW_TIMEOUT, "10ms..50ms:20ms", "10ms|30ms|50ms");
    assert_values(OPT_RETRANSMIT, "off,20ms", "off|20ms");
    assert_values(OPT_CLOCK, "real,virtual", "real|virtual");
    assert_values(OPT_FIFO, "on,off", "on|off");
}

Test(grid, a_comma_belongs_to_the_value_that_needs_it)
{
    assert_values(OPT_DELAY, "none,fixed:10ms", "none|fixed:10ms");
    assert_values(OPT_DELAY, "normal:250ms,50ms,none", "normal:250ms,50ms|none");
    assert_values(OPT_DELAY, "none,normal:250ms,50ms,pareto:5ms,2.5", "none|normal:250ms,50ms|pareto:5ms,2.5");
    assert_values(OPT_DELAY, "uniform:5ms..35ms;none", "uniform:5ms..35ms|none");
    assert_values(OPT_BEHAVIOR, "silent,crash", "silent|crash");
    assert_values(OPT_BEHAVIOR, "0:silent,3:crash;1:crash", "0:silent,3:crash|1:crash");
    assert_values(OPT_BYZANTINE_IDS, "0,3;1", "0,3|1");
}

Test(grid, one_value_is_no_axis)
{
    static const struct {
        enum option_id id;
        const char *text;
    } single[] = {{OPT_DELAY, "uniform:5ms..35ms"},
                  {OPT_DELAY, "normal:250ms,50ms"},
                  {OPT_BEHAVIOR, "0:silent,3:crash"},
                  {OPT_BYZANTINE_IDS, "0,3"},
                  {OPT_NODES, "4..4"},
                  {OPT_EXPECT, "safe,live"}};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        struct settings settings = with(single[i].id, single[i].text);
        struct grid grid;
        struct error error = {""};
        cr_assert(grid_make(&settings, &grid, &error), "%s: %s", single[i].text, error.text);
        cr_expect(grid.axis_count == 0 && grid.cells == 1, "%s", single[i].text);
        cr_expect(single[i].id == OPT_NODES || settings_are_single(&settings, &error), "%s", single[i].text);
        grid_destroy(&grid);
    }
}

Test(grid, bad_lists_and_ranges_are_refused)
{
    assert_refused(OPT_NODES, "7..4", "backwards");
    assert_refused(OPT_NODES, "4,4", "twice");
    assert_refused(OPT_NODES, "4..6,5", "twice");
    assert_refused(OPT_NODES, "1..9:0", "step");
    assert_refused(OPT_NODES, "4..", "whole number");
    assert_refused(OPT_NODES, "..4", "whole number");
    assert_refused(OPT_NODES, "4,", "whole number");
    assert_refused(OPT_NODES, "4,,7", "whole number");
    assert_refused(OPT_NODES, "0..4", "whole number");
    assert_refused(OPT_NODES, "4..7..9", "whole number");
    assert_refused(OPT_DROP, "0%..5%", "step");
    assert_refused(OPT_DROP, "5%..0%:1%", "backwards");
    assert_refused(OPT_DROP, "0%..150%:50%", "share");
    assert_refused(OPT_VIEW_TIMEOUT, "10ms..50ms", "step");
    assert_refused(OPT_VIEW_TIMEOUT, "50ms..10ms:1ms", "backwards");
    assert_refused(OPT_RETRANSMIT, "off..20ms:1ms", "two numbers");
    assert_refused(OPT_DELAY, "none,fixd:10ms", "fixd");
    assert_refused(OPT_BEHAVIOR, "silent,nope", "nope");
    assert_refused(OPT_SEED, "1..9000000000000000000", "values");
}

Test(grid, is_the_cross_product_in_the_order_given)
{
    struct settings settings = {0};
    struct grid grid;
    struct error error = {""};
    settings_set(&settings, OPT_DROP, "0,5%", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    settings_set(&settings, OPT_NODES, "4,7,10", SOURCE_COMMAND_LINE);
    cr_assert(grid_make(&settings, &grid, &error), "%s", error.text);
    cr_assert_eq(grid.cells, 6);
    static const uint32_t nodes[] = {4, 7, 10, 4, 7, 10};
    for (size_t cell = 0; cell < 6; cell++) {
        struct scenario scenario;
        grid_scenario(&grid, cell, &scenario);
        cr_expect(scenario.nodes == nodes[cell] && (scenario.drop > 0) == (cell >= 3), "cell %zu", cell);
        cr_expect_eq(scenario.seed, 1, "cells share their seeds");
        cr_expect_eq(scenario.quorum, (2 * nodes[cell] + 1) / 3, "what is derived is derived for each cell");
    }
    grid_destroy(&grid);
}

Test(grid, a_cell_that_cannot_be_is_refused_before_anything_runs)
{
    struct settings settings = with(OPT_BYZANTINE, "0..5");
    struct grid grid;
    struct error error = {""};
    cr_assert(!grid_make(&settings, &grid, &error));
    cr_assert_not_null(strstr(error.text, "--byzantine 5"));
    grid_destroy(&grid);
}

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/row.h"

/* A sweep of one text option and one share, and a summary of made-up runs. */
struct fixture {
    struct settings settings;
    struct grid grid;
    struct columns columns;
    struct summary *summary;
};

static struct fixture *setup(bool host)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error = {""};
    settings_set(&fixture->settings, OPT_SEED, "1", SOURCE_COMMAND_LINE);
    settings_set(&fixture->settings, OPT_DELAY, "normal:5ms,1ms,none", SOURCE_COMMAND_LINE);
    settings_set(&fixture->settings, OPT_DROP, "0,5%", SOURCE_COMMAND_LINE);
    cr_assert(grid_make(&fixture->settings, &fixture->grid, &error), "%s", error.text);
    columns_of_sweep(&fixture->columns, &fixture->grid, host);
    fixture->summary = malloc(sizeof *fixture->summary);
    summary_reset(fixture->summary);
    return fixture;
}

static void add_run(struct fixture *fixture, bool safe, bool live, uint64_t latency_ns)
{
    struct scenario scenario;
    struct run_result *result = calloc(1, sizeof *result);
    grid_scenario(&fixture->grid, 0, &scenario);
    result->safe = safe;
    result->live = live;
    result->digests_agree = safe;
    result->violation.found = !safe;
    result->violation.property = "I1";
    result->decisions = 1;
    result->messages.by_type[MESSAGE_PRE_PREPARE] = 3;
    result->messages.by_type[MESSAGE_PREPARE] = 9;
    result->messages.by_type[MESSAGE_COMMIT] = 12;
    result->messages.by_type[MESSAGE_REPLY] = 4;
    result->operations_per_second = live ? 50 : 7;
    histogram_add(&result->commit, latency_ns);
    summary_add(fixture->summary, &scenario, 0, result);
    free(result);
}

static void teardown(struct fixture *fixture)
{
    grid_destroy(&fixture->grid);
    free(fixture->summary);
    free(fixture);
}

Test(row, latencies_are_over_the_successes)
{
    struct fixture *f = setup(false);
    struct row row;
    add_run(f, true, true, 10);
    add_run(f, true, false, 1000);
    add_run(f, false, true, 1000);
    add_run(f, true, true, 20);
    row_of_cell(&row, &f->grid, 0, f->summary, false);
    cr_expect_eq(row.count, f->columns.count);
    cr_expect(row_number(&row, &f->columns, "repeats") == 4);
    cr_expect(row_number(&row, &f->columns, "safe") == 3);
    cr_expect(row_number(&row, &f->columns, "live") == 3);
    cr_expect(row_number(&row, &f->columns, "success") == 2);
    cr_expect(row_number(&row, &f->columns, "success_rate") == 0.5);
    cr_expect(row_number(&row, &f->columns, "commit_latency_mean_ns") == 15);
    cr_expect(row_number(&row, &f->columns, "commit_latency_max_ns") == 20);
    cr_expect(row_number(&row, &f->columns, "messages_per_decision") == 24);
    cr_expect(isnan(row_number(&row, &f->columns, "request_latency_mean_ns")), "there is none");
    cr_expect_str_eq(row_value(&row, &f->columns, "violation").text, "I1");
    row_destroy(&row);
    teardown(f);
}

/* Latencies and throughput are of the same runs. */
Test(row, throughput_is_over_the_successes_and_intervals_are_over_the_means_of_runs)
{
    struct fixture *f = setup(false);
    struct row row;
    add_run(f, true, false, 1000);
    row_of_cell(&row, &f->grid, 0, f->summary, false);
    cr_expect(isnan(row_number(&row, &f->columns, "operations_per_second")), "no success");
    cr_expect(isnan(row_number(&row, &f->columns, "commit_latency_p50_ns")));
    row_destroy(&row);
    add_run(f, true, true, 10000);
    add_run(f, true, true, 14000);
    row_of_cell(&row, &f->grid, 0, f->summary, false);
    cr_expect(isnan(row_number(&row, &f->columns, "commit_latency_mean_ci95_ns")), "two runs");
    row_destroy(&row);
    add_run(f, true, true, 12000);
    add_run(f, true, true, 12000);
    row_of_cell(&row, &f->grid, 0, f->summary, false);
    cr_expect(row_number(&row, &f->columns, "operations_per_second") == 50);
    /* t(3) * sqrt(8e6 / 3) / 2 */
    cr_expect(row_number(&row, &f->columns, "commit_latency_mean_ci95_ns") == 2598);
    cr_expect(isnan(row_number(&row, &f->columns, "commit_latency_p99_ns")), "four samples");
    cr_expect(fabs(row_number(&row, &f->columns, "commit_latency_runs_p50_ns") - 12000) < 120);
    cr_expect(fabs(row_number(&row, &f->columns, "commit_latency_runs_p25_ns") - 10000) < 100);
    cr_expect(fabs(row_number(&row, &f->columns, "commit_latency_runs_p75_ns") - 12000) < 120);
    row_destroy(&row);
    teardown(f);
}

Test(row, csv_reads_back)
{
    struct fixture *f = setup(true);
    struct row row;
    struct row again;
    add_run(f, true, true, 10);
    row_of_cell(&row, &f->grid, 1, f->summary, true);
    char *line = row_csv(&row);
    cr_expect(strncmp(line, "\"normal:5ms,1ms\",0.05,1,", 24) == 0, "%s", line);
    cr_assert(row_parse_csv(&again, &f->columns, line));
    char *rewritten = row_csv(&again);
    cr_expect_str_eq(line, rewritten);
    row_destroy(&again);
    line[strlen(line) / 2] = '\0';
    cr_expect(!row_parse_csv(&again, &f->columns, line), "half a row is no row");
    cr_expect(!row_parse_csv(&again, &f->columns, "\"open"));
    cr_expect(!row_parse_csv(&again, &f->columns, ""));
    rewritten[strlen(rewritten) - 1] = '\0';
    char longer[8192];
    snprintf(longer, sizeof longer, "%s,1\n", rewritten);
    cr_expect(!row_parse_csv(&again, &f->columns, longer), "a column too many");
    free(line);
    free(rewritten);
    row_destroy(&row);
    teardown(f);
}

Test(row, json_reads_back)
{
    struct fixture *f = setup(false);
    struct row row;
    struct row again;
    add_run(f, true, true, 10);
    row_of_cell(&row, &f->grid, 1, f->summary, false);
    json_t *json = row_json(&row, &f->columns);
    cr_assert(row_parse_json(&again, &f->columns, json));
    char *one = row_csv(&row);
    char *two = row_csv(&again);
    cr_expect_str_eq(one, two);
    json_object_del(json, "repeats");
    row_destroy(&again);
    cr_expect(!row_parse_json(&again, &f->columns, json));
    free(one);
    free(two);
    json_decref(json);
    row_destroy(&row);
    teardown(f);
}

Test(row, what_the_host_measured_is_in_it_only_if_asked)
{
    struct fixture *with = setup(true);
    struct fixture *without = setup(false);
    cr_expect_gt(with->columns.count, without->columns.count);
    char *header = columns_csv(&without->columns);
    cr_expect_null(strstr(header, "wall"));
    cr_expect_null(strstr(header, "lateness"));
    free(header);
    teardown(with);
    teardown(without);
}

Test(row, any_text_survives_csv)
{
    static const char *const texts[] = {"plain", "a,b", "say \"no\"", "\"", "a\r\nb"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct columns columns = {.count = 2, .options = 1, .names = {"one", "two"}};
        struct row row = {.count = 2, .values = {{.kind = VALUE_TEXT}, {.kind = VALUE_INTEGER, .integer = 7}}};
        struct row again;
        row.values[0].text = strdup(texts[i]);
        char *line = row_csv(&row);
        cr_assert(row_parse_csv(&again, &columns, line), "%s", line);
        cr_expect_str_eq(row_value(&again, &columns, "one").text, texts[i]);
        cr_expect(row_number(&again, &columns, "two") == 7);
        free(line);
        row_destroy(&again);
        row_destroy(&row);
    }
}

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/delay.h"
#include "net/latency_table.h"

#define MS UINT64_C(1000000)

static struct latency_matrix *read_table(const char *text)
{
    struct error error = {""};
    struct latency_matrix *matrix = latency_parse(text, "wan.csv", &error);
    cr_assert_not_null(matrix, "%s", error.text);
    return matrix;
}

static uint64_t cell(const struct latency_matrix *matrix, const char *from, const char *to)
{
    return matrix->delays_ns[latency_find(matrix, from) * matrix->count + latency_find(matrix, to)];
}

Test(latency, is_read_from_a_table_in_milliseconds)
{
    struct latency_matrix *matrix = read_table(",a,b\na,0.5,10\nb,12.25,1\n");
    cr_assert_eq(matrix->count, 2);
    cr_assert_str_eq(matrix->label, "wan.csv");
    cr_assert_eq(cell(matrix, "a", "a"), MS / 2);
    cr_assert_eq(cell(matrix, "a", "b"), 10 * MS);
    cr_assert_eq(cell(matrix, "b", "a"), 12250000, "there and back may differ");
    cr_assert_eq(cell(matrix, "b", "b"), MS);
    latency_matrix_destroy(matrix);
}

Test(latency, is_taken_as_spreadsheets_and_people_write_it)
{
    struct latency_matrix *matrix = read_table("\xef\xbb\xbf# measured in May\r\n"
                                               "from \\ to , \"a town\" ,S\xc3\xa3o Paulo\r\n"
                                               "\r\n"
                                               "  # rows in any order\r\n"
                                               "S\xc3\xa3o Paulo, 3 ,\t4\r\n"
                                               "\"a town\",1,\"2.5\"");
    cr_assert_eq(matrix->count, 2);
    cr_assert_eq(cell(matrix, "a town", "a town"), MS);
    cr_assert_eq(cell(matrix, "a town", "S\xc3\xa3o Paulo"), 2500000);
    cr_assert_eq(cell(matrix, "S\xc3\xa3o Paulo", "a town"), 3 * MS);
    cr_assert_eq(cell(matrix, "S\xc3\xa3o Paulo", "S\xc3\xa3o Paulo"), 4 * MS);
    latency_matrix_destroy(matrix);
}

Test(latency, is_rounded_to_the_nearest_nanosecond)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } cases[] = {
        {"0", 0},
        {"0.000001", 1},
        {"0.0000004", 0},
        {"0.0000005", 1},
        {"0.9999996", MS},
        {"72.73999999999999", 72740000},
        {"3600000000", DELAY_MOST_NS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, ",a\na,%s\n", cases[i].text);
        struct latency_matrix *matrix = read_table(text);
        cr_assert_eq(matrix->delays_ns[0], cases[i].ns, "%s: %lu", cases[i].text, matrix->delays_ns[0]);
        latency_matrix_destroy(matrix);
    }
}

Test(latency, that_is_wrong_is_refused_with_its_place_and_what_is_allowed)
{
    static const char *const cases[][3] = {
        {"", "wan.csv:1:1:", "the table is empty"},
        {"# only this\n", "wan.csv:2:1:", "the table is empty"},
        {"corner\n", "wan.csv:1:1:", "names no region"},
        {",a,b,a\n", "wan.csv:1:6:", "twice"},
        {",a,,b\n", "wan.csv:1:4:", "a region's name is allowed"},
        {",a,x;y\n", "wan.csv:1:4:", "semicolons"},
        {",a,\"b\n", "wan.csv:1:4:", "not closed"},
        {",a,\"b\"c\n", "wan.csv:1:7:", "a comma or the end of the line"},
        {",a,b\na,1,2\n", "wan.csv:3:1:", "without a row for 'b'"},
        {",a,b\na,1,2\nb,1\n", "wan.csv:3:3:", "ends before 'b'"},
        {",a,b\na,1,2\nb\n", "wan.csv:3:1:", "no delays"},
        {",a,b\na,1,2,3\n", "wan.csv:2:7:", "more cells than the header"},
        {",a,b\na,1,2\nc,1,2\n", "wan.csv:3:1:", "it has: a, b"},
        {",a,b\na,1,2\na,1,2\n", "wan.csv:3:1:", "a row already"},
        {",a,b\na,1,2\nb,1,2\nc,1,2\n", "wan.csv:4:1:", "'c': the header row has no such region"},
        {",a,b\na,1,\nb,1,2\n", "wan.csv:2:5:", "a delay is missing"},
        {",a,b\na,,2\nb,1,2\n", "wan.csv:2:3:", "a delay is missing"},
        {",a,b\na,1,-2\nb,1,2\n", "wan.csv:2:5:", "'-2': a delay cannot be negative"},
        {",a,b\na,1,x\nb,1,2\n", "wan.csv:2:5:", "'x': not a number; milliseconds without a unit are allowed"},
        {",a,b\n\na,1,2ms\nb,1,2\n", "wan.csv:3:5:", "'2ms': not a number"},
        {",a,b\na,1,nan\n", "wan.csv:2:5:", "not a number"},
        {",a,b\na,1,1e3\n", "wan.csv:2:5:", "not a number"},
        {",a,b\na,1,.5\n", "wan.csv:2:5:", "not a number"},
        {",a,b\na,1,5.\n", "wan.csv:2:5:", "not a number"},
        {",a,b\na,1,+5\n", "wan.csv:2:5:", "not a number"},
        {",a,b\na,1,3600000000.000001\n", "wan.csv:2:5:", "too long"},
        {",a,b\na,1,99999999999999999999999999999999\n", "wan.csv:2:5:", "too long"},
        {",a,b\na;1;2\n", "wan.csv:2:1:", "a region's name is allowed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {""};
        struct latency_matrix *matrix = latency_parse(cases[i][0], "wan.csv", &error);
        cr_assert_null(matrix, "taken: %s", cases[i][0]);
        cr_assert_eq(strncmp(error.text, cases[i][1], strlen(cases[i][1])), 0, "%s is not at the start of: %s",
                     cases[i][1], error.text);
        cr_assert_not_null(strstr(error.text, cases[i][2]), "'%s' is not in: %s", cases[i][2], error.text);
    }
}

Test(latency, takes_a_name_of_47_bytes_and_refuses_longer_ones)
{
    char text[512];
    char name[200];
    struct error error = {""};
    memset(name, 'x', sizeof name);
    for (int length = 46; length < 199; length++) {
        snprintf(text, sizeof text, ",%.*s\n%.*s,1\n", length, name, length, name);
        struct latency_matrix *matrix = latency_parse(text, "wan.csv", &error);
        cr_assert_eq(matrix != NULL, length <= 47, "%d: %s", length, error.text);
        latency_matrix_destroy(matrix);
    }
}

/* Regions 0, 1, 2 of a table with all delays different. */
static const char three[] = ",a,b,c\na,1,10,20\nb,30,2,40\nc,50,60,3\n";

Test(latency, between_two_replicas_is_that_between_their_regions)
{
    struct placement placement = {
        .matrix = read_table(three), .region_count = 2, .regions = {2, 0}, .client_region = 1};
    cr_assert_eq(latency_ns(&placement, 5, 0, 1), 50 * MS, "c to a");
    cr_assert_eq(latency_ns(&placement, 5, 1, 0), 20 * MS, "a to c");
    cr_assert_eq(latency_ns(&placement, 5, 4, 3), 50 * MS, "replica 4 lives with replica 0, 3 with 1");
    cr_assert_eq(latency_ns(&placement, 5, 0, 2), 3 * MS, "the diagonal counts");
    cr_assert_eq(latency_ns(&placement, 5, 5, 0), 40 * MS, "a client, from b");
    cr_assert_eq(latency_ns(&placement, 5, 1, 7), 10 * MS, "to a client");
    cr_assert_eq(latency_most_ns(&placement), 60 * MS, "c to the clients' b");
    latency_matrix_destroy((struct latency_matrix *)placement.matrix);
}

Test(latency, mean_is_over_all_ordered_pairs_of_distinct_replicas)
{
    struct placement placement = {.matrix = read_table(three), .region_count = 3, .regions = {0, 1, 2}};
    for (uint32_t n = 2; n <= 31; n++) {
        double sum = 0;
        for (node_id from = 0; from < n; from++) {
            for (node_id to = 0; to < n; to++) {
                sum += from == to ? 0 : (double)latency_ns(&placement, n, from, to);
            }
        }
        double mean_ns = sum / ((double)n * (n - 1));
        double found_ns = latency_mean_ns(&placement, n);
        cr_assert_float_eq(found_ns, mean_ns, 1e-3, "n = %u: %f, not %f", n, found_ns, mean_ns);
    }
    cr_assert_eq(latency_mean_ns(&placement, 1), 0.0);
    cr_assert_float_eq(latency_client_mean_ns(&placement, 3), (1 + 1 + 30 + 10 + 50 + 20) * 1e6 / 6, 1e-3);
    latency_matrix_destroy((struct latency_matrix *)placement.matrix);
    placement = (struct placement){.matrix = NULL};
    cr_assert_eq(latency_mean_ns(&placement, 4), 0.0);
    cr_assert_eq(latency_client_mean_ns(&placement, 4), 0.0);
    cr_assert_eq(latency_most_ns(&placement), 0);
}

Test(latency, names_are_told_as_far_as_they_fit)
{
    struct latency_matrix *matrix = read_table(three);
    char text[64];
    latency_names_text(matrix, text, sizeof text);
    cr_assert_str_eq(text, "a, b, c");
    latency_names_text(matrix, text, 12);
    cr_assert_str_eq(text, "a, b, ...");
    cr_assert_eq(latency_find(matrix, "d"), 3);
    latency_matrix_destroy(matrix);
}

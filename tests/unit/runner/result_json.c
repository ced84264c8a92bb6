#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/config_json.h"
#include "runner/resolve.h"
#include "runner/result_json.h"

static struct run_result *made_up(void)
{
    struct run_result *result = calloc(1, sizeof *result);
    result->seed = 42;
    result->safe = result->live = true;
    result->messages.by_type[MESSAGE_PREPARE] = 9;
    result->faults[0] = (struct fault_count){"silent", 1, 7};
    result->fault_count = 1;
    result->rejected[REJECT_OLD_VIEW] = 3;
    for (uint64_t ns = 1; ns <= 100; ns++) {
        histogram_add(&result->all, ns);
    }
    result->half_width_ns[LATENCY_ALL] = 5.7565;
    for (uint64_t ns = 1; ns <= 5; ns++) {
        histogram_add(&result->first, ns);
    }
    result->half_width_ns[LATENCY_FIRST] = NAN;
    return result;
}

static json_int_t integer_at(const json_t *object, const char *outer, const char *inner)
{
    return json_integer_value(json_object_get(json_object_get(object, outer), inner));
}

Test(result_json, says_what_the_result_says)
{
    struct run_result *result = made_up();
    json_t *json = result_json(result, "pbft run", false);
    const json_t *all = json_object_get(json_object_get(json, "decision_latency_ns"), "all");
    cr_expect_eq(json_integer_value(json_object_get(json, "seed")), 42);
    cr_expect(json_is_null(json_object_get(json, "violation")));
    cr_expect_null(json_object_get(json, "partial"));
    cr_expect_eq(integer_at(json_object_get(json, "messages"), "by_type", "prepare"), 9);
    cr_expect_eq(integer_at(json, "faults", "silent"), 7);
    cr_expect_eq(json_object_size(json_object_get(json, "rejected")), 1);
    cr_expect_eq(json_integer_value(json_object_get(all, "count")), 100);
    cr_expect_eq(json_integer_value(json_object_get(all, "mean")), 51, "50.5, rounded");
    cr_expect_eq(json_integer_value(json_object_get(all, "p90")), 90);
    cr_expect_eq(json_array_size(json_object_get(all, "cdf_ns")), 101);
    cr_expect_eq(json_integer_value(json_object_get(all, "mean_ci95")), 6);
    cr_expect_eq(json_integer_value(json_object_get(all, "p99")), 99);
    cr_expect_str_eq(json_string_value(json_object_get(json, "interval")), "batch means");
    const json_t *first = json_object_get(json_object_get(json, "decision_latency_ns"), "first");
    cr_expect_eq(json_integer_value(json_object_get(first, "p50")), 3);
    cr_expect(json_is_null(json_object_get(first, "p90")) && json_is_null(json_object_get(first, "p99")),
              "five samples");
    cr_expect(json_is_null(json_object_get(first, "mean_ci95")));
    cr_expect(json_is_null(json_object_get(json_object_get(json, "commit_latency_ns"), "mean")), "no sample, no mean");
    json_decref(json);
    free(result);
}

Test(result_json, a_violation_carries_its_evidence)
{
    struct run_result *result = made_up();
    result->safe = false;
    result->violation = (struct violation){
        .found = true, .property = "I1", .claim = "agreement", .sequence = 5, .replica_count = 2, .replicas = {1, 3}};
    result->violation.digests[1].words[0] = 1;
    json_t *json = result_json(result, "pbft run --seed 42", true);
    const json_t *violation = json_object_get(json, "violation");
    cr_expect_str_eq(json_string_value(json_object_get(violation, "property")), "I1");
    cr_expect_eq(json_integer_value(json_object_get(violation, "sequence")), 5);
    cr_expect_eq(json_array_size(json_object_get(violation, "replicas")), 2);
    cr_expect_eq(json_array_size(json_object_get(violation, "digests")), 2);
    cr_expect_str_eq(json_string_value(json_object_get(violation, "command")), "pbft run --seed 42");
    cr_expect(json_is_true(json_object_get(json, "partial")));
    json_decref(json);
    free(result);
}

Test(config_json, has_every_option_of_a_scenario)
{
    struct settings settings = {0};
    struct scenario scenario;
    struct error error;
    settings_set(&settings, OPT_SEED, "7", SOURCE_COMMAND_LINE);
    cr_assert(scenario_resolve(&settings, &scenario, &error));
    json_t *config = config_json(&scenario);
    for (unsigned id = 0; id < OPTION_COUNT; id++) {
        char key[OPTION_KEY_SIZE];
        option_key((enum option_id)id, key);
        cr_expect_eq(json_object_get(config, key) != NULL, option_at((enum option_id)id)->scenario, "%s", key);
    }
    cr_expect(json_is_null(json_object_get(config, "retransmit_ns")), "what is off is null");
    cr_expect_eq(json_integer_value(json_object_get(config, "view_timeout_ns")), 200000000);
    json_decref(config);
}

#include "runner/explore_report.h"

#include <stdlib.h>
#include <string.h>

#include "runner/coverage_report.h"
#include "runner/result_json.h"
#include "runner/violation.h"
#include "runner/words.h"

static unsigned long long number(uint64_t count)
{
    return count;
}

const char *finding_words(enum finding finding)
{
    switch (finding) {
    case FOUND_UNSAFE:
        return "safety is violated";
    case FOUND_NOT_LIVE:
        return "I14 is violated (liveness): the network healed, and requests were never executed everywhere";
    case FOUND_TOO_MANY_VIEWS:
        return "I14 is violated (liveness): the network healed, and requests took more views than f+2";
    default:
        return "nothing was broken";
    }
}

static double runs_per_second(const struct explore_report *report)
{
    return report->wall_ns == 0 ? 0 : (double)report->campaign->coverage.runs * 1e9 / (double)report->wall_ns;
}

static void print_evidence(const struct evidence *evidence, struct output *output)
{
    const struct trial *trial = evidence->trial;
    const struct violation *violation = &trial->result.violation;
    output_print(output, "\n  %s\n", finding_words(trial->finding));
    if (trial->finding == FOUND_UNSAFE) {
        output_print(output, "  %s (%s) at sequence number %llu\n", violation->property, violation->claim,
                     number(violation->sequence));
        for (uint32_t i = 0; i < violation->replica_count; i++) {
            char words[WITNESS_WORDS_SIZE];
            violation_witness_words(violation, i, words);
            output_print(output, "    %s\n", words);
        }
    } else {
        output_print(output, "  healed at %.3f ms; highest view then %u, at the end %u: %u more are allowed\n",
                     (double)trial->healed_ns * 1e-6, trial->view_at_healing, trial->view_at_end, trial->views_allowed);
    }
    char words[COUNT_WORDS_SIZE];
    count_words(evidence->steps, "step", words);
    if (evidence->original != NULL) {
        output_print(output, "\n  the smallest scenario found that shows it, after %s:\n", words);
    }
    output_print(output, "  %s\n", evidence->scenario);
    output_print(output, "\n  shown again by: %s\n", evidence->command);
    if (evidence->original != NULL) {
        output_print(output, "  as it was drawn: %s\n", evidence->original);
    }
    output_print(output, "\n");
}

static void print_twins(const struct explore_report *report, struct output *output)
{
    const struct twins *twins = report->twins;
    const struct twins_counts *counts = report->counts;
    output_print(
        output,
        "%llu schedules of twins (%u replicas, %u of them twins, %u ways to part %u endpoints into at most %u\n"
        "groups in each of %u views), from number %llu on: %s\n",
        number(counts->schedules), twins->scenario.nodes, twins->scenario.byzantine, twins->partitions,
        twins->endpoints, TWINS_GROUPS, TWINS_VIEWS, number(report->seed),
        report->campaign->end == CAMPAIGN_FOUND ? "the last one broke something" : "nothing was broken");
    output_print(
        output,
        "%llu of them were run; %llu differ from these only in views that are not reached, and %llu are mirror\n"
        "images of others, the copies of a twin swapped\n",
        number(counts->run), number(counts->unreached), number(counts->mirrored));
}

static void print_scenarios(const struct explore_report *report, struct output *output)
{
    uint64_t runs = report->campaign->coverage.runs;
    char words[COUNT_WORDS_SIZE];
    count_words(runs, "random scenario", words);
    output_print(output, "%s, seeds %llu to %llu: %s\n", words, number(report->seed),
                 number(report->seed + (runs > 0 ? runs - 1 : 0)),
                 report->campaign->end == CAMPAIGN_FOUND ? "the last one broke something" : "nothing was broken");
}

void explore_report_table(const struct explore_report *report, struct output *output)
{
    const struct campaign *campaign = report->campaign;
    uint64_t done = report->twins != NULL ? report->counts->schedules : campaign->coverage.runs;
    if (report->twins != NULL) {
        print_twins(report, output);
    } else {
        print_scenarios(report, output);
    }
    if (campaign->end == CAMPAIGN_INTERRUPTED) {
        output_print(output, "partial: interrupted, %llu of %llu; --seed %llu goes on\n", number(done),
                     number(report->runs), number(report->seed + done));
    }
    output_print(output, "again: %s\n", report->command);
    if (report->evidence != NULL) {
        print_evidence(report->evidence, output);
    }
    output_print(output, "\n");
    coverage_print(&campaign->coverage, output);
    if (report->empty != NULL) {
        output_print(output, "\n  I15: %s never took effect: this campaign says nothing about it\n", report->empty);
    }
    output_print(output, "  %-18s%.2f s, %.0f runs a second, %u thread%s\n", "host", (double)report->wall_ns * 1e-9,
                 runs_per_second(report), report->jobs, report->jobs == 1 ? "" : "s");
}

/* --- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *evidence_json(const struct evidence *evidence)
{
    if (evidence == NULL) {
        return json_null();
    }
    const struct trial *trial = evidence->trial;
    const struct violation *violation = &trial->result.violation;
    json_t *json = json_object();
    const char *property = trial->finding == FOUND_UNSAFE ? violation->property : "I14";
    json_object_set_new(json, "property", json_string(property));
    json_object_set_new(json, "claim", json_string(finding_words(trial->finding)));
    json_object_set_new(json, "sequence", json_integer((json_int_t)violation->sequence));
    witnesses_json(json, violation);
    json_object_set_new(json, "view_at_healing", json_integer(trial->view_at_healing));
    json_object_set_new(json, "view_at_end", json_integer(trial->view_at_end));
    json_object_set_new(json, "views_allowed", json_integer(trial->views_allowed));
    json_object_set_new(json, "scenario", json_string(evidence->scenario));
    json_object_set_new(json, "shrinking_steps", json_integer((json_int_t)evidence->steps));
    json_object_set_new(json, "command", json_string(evidence->command));
    json_object_set_new(json, "original", evidence->original == NULL ? json_null() : json_string(evidence->original));
    return json;
}

/* What the user has said, as it was said: values may be lists and ranges. */
static json_t *given_json(const struct settings *settings)
{
    json_t *json = json_object();
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        char key[OPTION_KEY_SIZE];
        if (option_at(id)->scenario && settings_has(settings, id)) {
            option_key(id, key);
            json_object_set_new(json, key, json_string(settings->text[id]));
        }
    }
    return json;
}

static json_t *twins_json(const struct explore_report *report)
{
    if (report->twins == NULL) {
        return json_null();
    }
    json_t *json = json_object();
    json_object_set_new(json, "schedules_in_all", json_integer((json_int_t)report->twins->schedules));
    json_object_set_new(json, "schedules", json_integer((json_int_t)report->counts->schedules));
    json_object_set_new(json, "run", json_integer((json_int_t)report->counts->run));
    json_object_set_new(json, "unreached", json_integer((json_int_t)report->counts->unreached));
    json_object_set_new(json, "mirrored", json_integer((json_int_t)report->counts->mirrored));
    return json;
}

static json_t *host_json(const struct explore_report *report)
{
    json_t *json = json_object();
    json_object_set_new(json, "wall_ns", json_integer((json_int_t)report->wall_ns));
    json_object_set_new(json, "runs_per_second", json_real(runs_per_second(report)));
    json_object_set_new(json, "jobs", json_integer(report->jobs));
    return json;
}

void explore_report_json(const struct explore_report *report, struct output *output)
{
    const struct campaign *campaign = report->campaign;
    json_t *json = json_object();
    json_object_set_new(json, "schema", json_integer(RESULT_SCHEMA));
    json_object_set_new(json, "command", json_string(report->command));
    json_object_set_new(json, "given", given_json(report->settings));
    json_object_set_new(json, "seed", json_integer((json_int_t)report->seed));
    json_object_set_new(json, "runs", json_integer((json_int_t)campaign->coverage.runs));
    json_object_set_new(json, "twins", twins_json(report));
    json_object_set_new(json, "violation", evidence_json(report->evidence));
    json_object_set_new(json, "empty", report->empty == NULL ? json_null() : json_string(report->empty));
    json_object_set_new(json, "coverage", coverage_json(&campaign->coverage));
    json_object_set_new(json, "host", host_json(report));
    if (campaign->end == CAMPAIGN_INTERRUPTED) {
        json_object_set_new(json, "partial", json_true());
    }
    char *text = json_dumps(json, RESULT_JSON_FLAGS);
    if (text == NULL) {
        abort();
    }
    output_write(output, text, strlen(text));
    output_print(output, "\n");
    free(text);
    json_decref(json);
}

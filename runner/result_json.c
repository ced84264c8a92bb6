#include "runner/result_json.h"

#include <math.h>

#define CDF_STEPS 100

static void set_integer(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value));
}

static void set_real(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

/* A time that a statistic came to: whole ns, or null where it does not exist. */
static void set_time(json_t *object, const char *key, double ns)
{
    json_object_set_new(object, key, isfinite(ns) ? json_integer((json_int_t)llround(ns)) : json_null());
}

static void set_digest(json_t *object, const char *key, struct digest digest)
{
    char text[DIGEST_TEXT_SIZE];
    digest_text(digest, text);
    json_object_set_new(object, key, json_string(text));
}

static void set_quantile(json_t *object, const char *key, const struct histogram *histogram, double quantile)
{
    bool supported = histogram_supports(histogram, quantile);
    set_time(object, key, supported ? (double)histogram_quantile(histogram, quantile) : NAN);
}

static json_t *statistics_json(const struct histogram *histogram, double half_width_ns)
{
    json_t *object = json_object();
    bool any = histogram->count > 0;
    set_integer(object, "count", histogram->count);
    set_time(object, "mean", any ? histogram->mean : NAN);
    set_time(object, "mean_ci95", any ? half_width_ns : NAN);
    set_time(object, "sd", histogram->count > 1 ? histogram_sd(histogram) : NAN);
    set_quantile(object, "p50", histogram, 0.50);
    set_quantile(object, "p90", histogram, 0.90);
    set_quantile(object, "p99", histogram, 0.99);
    set_time(object, "min", any ? (double)histogram->min : NAN);
    set_time(object, "max", any ? (double)histogram->max : NAN);
    return object;
}

/* Statistics with the distribution itself, for pictures: the values at 0, 1, .. 100%. */
static json_t *distribution_json(const struct histogram *histogram, double half_width_ns)
{
    json_t *object = statistics_json(histogram, half_width_ns);
    if (histogram->count > 1) {
        json_t *steps = json_array();
        for (unsigned i = 0; i <= CDF_STEPS; i++) {
            uint64_t ns = i == 0 ? histogram->min : histogram_quantile(histogram, (double)i / CDF_STEPS);
            json_array_append_new(steps, json_integer((json_int_t)ns));
        }
        json_object_set_new(object, "cdf_ns", steps);
    }
    return object;
}

static void set_latencies(json_t *object, const struct histogram *const latencies[LATENCIES],
                          const double half_widths_ns[LATENCIES], bool distribution)
{
    json_t *(*make)(const struct histogram *, double) = distribution ? distribution_json : statistics_json;
    json_t *decision = json_object();
    json_object_set_new(decision, "first", statistics_json(latencies[LATENCY_FIRST], half_widths_ns[LATENCY_FIRST]));
    json_object_set_new(decision, "median", statistics_json(latencies[LATENCY_MEDIAN], half_widths_ns[LATENCY_MEDIAN]));
    json_object_set_new(decision, "quorum", statistics_json(latencies[LATENCY_QUORUM], half_widths_ns[LATENCY_QUORUM]));
    json_object_set_new(decision, "all", make(latencies[LATENCY_ALL], half_widths_ns[LATENCY_ALL]));
    json_object_set_new(object, "decision_latency_ns", decision);
    json_object_set_new(object, "commit_latency_ns", make(latencies[LATENCY_COMMIT], half_widths_ns[LATENCY_COMMIT]));
    json_object_set_new(object, "request_latency_ns",
                        make(latencies[LATENCY_REQUEST], half_widths_ns[LATENCY_REQUEST]));
}

static json_t *holders_json(const struct violation *violation, uint32_t index)
{
    json_t *holders = json_array();
    for (node_id id = 0; id < 64; id++) {
        if (violation->holdings[index].replicas >> id & 1) {
            json_array_append_new(holders, json_integer(id));
        }
    }
    return holders;
}

static json_t *held_json(const struct holding *holding)
{
    if (holding->request_count == 0) {
        return json_null();
    }
    json_t *request = json_object();
    json_object_set_new(request, "client", json_integer(holding->client));
    set_integer(request, "timestamp", holding->timestamp);
    json_object_set_new(request, "batch", json_integer(holding->request_count));
    return request;
}

void witnesses_json(json_t *object, const struct violation *violation)
{
    json_t *replicas = json_array(), *digests = json_array(), *holders = json_array(), *requests = json_array();
    for (uint32_t i = 0; i < violation->replica_count; i++) {
        char text[DIGEST_TEXT_SIZE];
        digest_text(violation->digests[i], text);
        json_array_append_new(replicas, json_integer(violation->replicas[i]));
        json_array_append_new(digests, json_string(text));
        json_array_append_new(holders, holders_json(violation, i));
        json_array_append_new(requests, held_json(&violation->holdings[i]));
    }
    json_object_set_new(object, "replicas", replicas);
    json_object_set_new(object, "digests", digests);
    json_object_set_new(object, "holders", holders);
    json_object_set_new(object, "requests", requests);
}

static json_t *violation_json(const struct violation *violation, const char *command)
{
    if (!violation->found) {
        return json_null();
    }
    json_t *object = json_object();
    json_object_set_new(object, "property", json_string(violation->property));
    json_object_set_new(object, "claim", json_string(violation->claim == NULL ? "" : violation->claim));
    set_integer(object, "sequence", violation->sequence);
    witnesses_json(object, violation);
    json_object_set_new(object, "command", json_string(command));
    return object;
}

static json_t *messages_json(const struct message_counts *messages)
{
    json_t *object = json_object();
    json_t *types = json_object();
    set_integer(object, "sent", messages->sent);
    set_integer(object, "bytes", messages->bytes);
    set_integer(object, "retransmitted", messages->retransmitted);
    set_integer(object, "duplicated", messages->duplicated);
    set_integer(object, "delivered", messages->delivered);
    set_integer(object, "dropped", messages->dropped);
    set_integer(object, "discarded", messages->discarded);
    for (unsigned type = MESSAGE_NONE + 1; type < MESSAGE_TYPES; type++) {
        set_integer(types, message_type_name((enum message_type)type), messages->by_type[type]);
    }
    json_object_set_new(object, "by_type", types);
    return object;
}

static json_t *replicas_json(const struct run_result *result)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < result->replica_count; i++) {
        const struct replica_result *replica = &result->replicas[i];
        json_t *object = json_object();
        set_integer(object, "id", replica->id);
        json_object_set_new(object, "correct", json_boolean(replica->correct));
        set_integer(object, "view", replica->view);
        set_integer(object, "executed", replica->executed);
        set_integer(object, "stable", replica->stable);
        set_digest(object, "state_digest", replica->state);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *timeline_json(const struct run_result *result)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < result->timeline_bins; i++) {
        json_t *bin = json_object();
        set_integer(bin, "executed", result->timeline[i].executed);
        set_integer(bin, "view", result->timeline[i].view);
        json_array_append_new(array, bin);
    }
    return array;
}

static json_t *host_json(const struct run_result *result)
{
    json_t *object = json_object();
    json_t *lateness = json_object();
    set_integer(object, "wall_ns", result->wall_ns);
    set_integer(object, "cpu_ns", result->cpu_ns);
    set_integer(object, "events", result->events);
    set_integer(lateness, "p50", histogram_quantile(&result->lateness, 0.50));
    set_integer(lateness, "p99", histogram_quantile(&result->lateness, 0.99));
    set_integer(lateness, "max", result->lateness.count == 0 ? 0 : result->lateness.max);
    json_object_set_new(object, "lateness_ns", lateness);
    set_integer(object, "peak_rss_bytes", result->peak_rss_bytes);
    set_integer(object, "threads", result->threads);
    json_object_set_new(object, "overloaded", json_boolean(result->overloaded));
    return object;
}

/* Faults by name, and rejections by reason. */
static void set_counters(json_t *object, const struct run_result *result)
{
    json_t *faults = json_object();
    json_t *rejected = json_object();
    for (uint32_t i = 0; i < result->fault_count; i++) {
        set_integer(faults, result->faults[i].behavior, result->faults[i].fired);
    }
    if (result->schedule.partitions) {
        set_integer(faults, "partition", result->schedule.effect.lost);
    }
    if (result->schedule.rules) {
        set_integer(faults, "link_rule", result->schedule.effect.ruled);
    }
    for (unsigned reason = REJECT_NONE + 1; reason < REJECT_REASONS; reason++) {
        if (result->rejected[reason] > 0) {
            set_integer(rejected, reject_name((enum reject)reason), result->rejected[reason]);
        }
    }
    json_object_set_new(object, "faults", faults);
    json_object_set_new(object, "rejected", rejected);
}

json_t *result_json(const struct run_result *result, const char *command, bool partial)
{
    json_t *object = json_object();
    json_t *requests = json_object();
    const struct histogram *latencies[LATENCIES];
    for (unsigned i = 0; i < LATENCIES; i++) {
        latencies[i] = result_latency(result, (enum latency)i);
    }
    set_integer(object, "seed", result->seed);
    if (partial) {
        json_object_set_new(object, "partial", json_true());
    }
    json_object_set_new(object, "safe", json_boolean(result->safe));
    json_object_set_new(object, "live", json_boolean(result->live));
    json_object_set_new(object, "violation", violation_json(&result->violation, command));
    set_integer(requests, "submitted", result->submitted);
    set_integer(requests, "executed", result->executed);
    set_integer(requests, "accepted", result->accepted);
    json_object_set_new(object, "requests", requests);
    set_integer(object, "decisions", result->decisions);
    set_integer(object, "view_changes", result->view_changes);
    set_integer(object, "final_view", result->final_view);
    set_integer(object, "elapsed_ns", result->elapsed_ns);
    set_real(object, "operations_per_second", result->operations_per_second);
    json_object_set_new(object, "interval", json_string("batch means"));
    set_latencies(object, latencies, result->half_width_ns, true);
    if (result->timeline_bins > 0) {
        json_object_set_new(object, "timeline", timeline_json(result));
    }
    json_object_set_new(object, "messages", messages_json(&result->messages));
    set_counters(object, result);
    set_digest(object, "history_digest", result->history_digest);
    json_object_set_new(object, "replicas", replicas_json(result));
    json_object_set_new(object, "host", host_json(result));
    return object;
}

json_t *summary_json(const struct summary *summary)
{
    json_t *object = json_object();
    json_t *latency = json_object();
    json_t *bounds = json_array();
    struct interval interval = summary_success_interval(summary);
    const struct histogram *latencies[LATENCIES];
    double half_widths_ns[LATENCIES];
    for (unsigned i = 0; i < LATENCIES; i++) {
        latencies[i] = &summary->latency[i];
        half_widths_ns[i] = summary_half_width(&summary->spread[i]);
    }
    set_integer(object, "repeat", summary->runs);
    set_integer(object, "safe", summary->safe);
    set_integer(object, "live", summary->live);
    set_real(object, "success_rate", summary_success_rate(summary));
    json_array_append_new(bounds, json_real(interval.low));
    json_array_append_new(bounds, json_real(interval.high));
    json_object_set_new(object, "success_interval", bounds);
    json_object_set_new(object, "interval", json_string(summary_interval(summary)));
    set_real(object, "operations_per_second", summary_operations(summary));
    set_latencies(latency, latencies, half_widths_ns, false);
    json_object_set_new(object, "latency", latency);
    return object;
}

#include "runner/plot_runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1e6
#define NS_PER_S 1e9

/* A share of all that was measured, at one value. */
struct sample {
    double value_ms, weight;
};

struct samples {
    struct sample *at;
    size_t count;
    bool failed; /* memory was lacking */
};

static void add_sample(struct samples *samples, double value_ns, double weight)
{
    if (!(weight > 0) || !isfinite(value_ns) || samples->failed) {
        return;
    }
    if ((samples->count & (samples->count - 1)) == 0) {
        size_t capacity = samples->count == 0 ? 1 : samples->count * 2;
        struct sample *larger = realloc(samples->at, capacity * sizeof *larger);
        if (larger == NULL) {
            samples->failed = true;
            return;
        }
        samples->at = larger;
    }
    samples->at[samples->count++] = (struct sample){value_ns / NS_PER_MS, weight};
}

static double field(const json_t *statistics, const char *name)
{
    const json_t *value = json_object_get(statistics, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* What a run says about one latency: its percentiles if it gives them, else what lies between the few that it does. */
static void add_run(struct samples *samples, const json_t *statistics)
{
    double count = field(statistics, "count");
    const json_t *cdf = json_object_get(statistics, "cdf_ns");
    size_t steps = json_array_size(cdf);
    if (steps > 1) {
        for (size_t i = 1; i < steps; i++) {
            add_sample(samples, json_number_value(json_array_get(cdf, i)), count / (double)(steps - 1));
        }
        return;
    }
    if (count < 2) {
        add_sample(samples, field(statistics, "mean"), count);
        return;
    }
    add_sample(samples, field(statistics, "p50"), count * 0.5);
    add_sample(samples, field(statistics, "p90"), count * 0.4);
    add_sample(samples, field(statistics, "p99"), count * 0.09);
    add_sample(samples, field(statistics, "max"), count * 0.01);
}

/* `decision_latency_all` is {"decision_latency_ns": {"all": ..}}, `commit_latency` is {"commit_latency_ns": ..}. */
static const json_t *statistics_of(const json_t *run, const char *quantity)
{
    static const char decision[] = "decision_latency_";
    if (strncmp(quantity, decision, sizeof decision - 1) == 0) {
        return json_object_get(json_object_get(run, "decision_latency_ns"), quantity + sizeof decision - 1);
    }
    char name[64];
    snprintf(name, sizeof name, "%s_ns", quantity);
    return json_object_get(run, name);
}

/* Whether a run gives this latency at all; `whole`: every value or percentile of it, not only a few. */
static bool any_latency(json_t *runs, const char *quantity, bool whole)
{
    size_t index;
    json_t *run;
    json_array_foreach(runs, index, run)
    {
        const json_t *statistics = statistics_of(run, quantity);
        double count = field(statistics, "count");
        if (count >= 1 && (!whole || count <= 1 || json_object_get(statistics, "cdf_ns") != NULL)) {
            return true;
        }
    }
    return false;
}

static bool some_latency(json_t *runs, bool whole)
{
    for (size_t i = 0; quantity_at(i) != NULL; i++) {
        if (any_latency(runs, quantity_at(i), whole)) {
            return true;
        }
    }
    return false;
}

bool runs_have_latency(const struct plot_request *request)
{
    return some_latency(request->input->runs, false);
}

static json_t *timeline_of(const struct plot_request *request, size_t *run)
{
    for (*run = 0; *run < json_array_size(request->input->runs); (*run)++) {
        json_t *timeline = json_object_get(json_array_get(request->input->runs, *run), "timeline");
        if (json_array_size(timeline) > 0) {
            return timeline;
        }
    }
    return NULL;
}

bool runs_have_timeline(const struct plot_request *request)
{
    size_t run;
    return timeline_of(request, &run) != NULL;
}

static int by_value(const void *a, const void *b)
{
    const struct sample *left = a;
    const struct sample *right = b;
    return (left->value_ms > right->value_ms) - (left->value_ms < right->value_ms);
}

/* One curve, as a block that ends with two blank lines. */
static bool write_cdf(json_t *runs, const char *quantity, FILE *data)
{
    struct samples samples = {NULL, 0, false};
    size_t index;
    json_t *run;
    json_array_foreach(runs, index, run)
    {
        add_run(&samples, statistics_of(run, quantity));
    }
    if (!samples.failed && samples.count > 0) {
        qsort(samples.at, samples.count, sizeof *samples.at, by_value);
        double total = 0;
        double below = 0;
        for (size_t i = 0; i < samples.count; i++) {
            total += samples.at[i].weight;
        }
        fprintf(data, "%.10g 0\n", samples.at[0].value_ms);
        for (size_t i = 0; i < samples.count; i++) {
            below += samples.at[i].weight;
            fprintf(data, "%.10g %.10g\n", samples.at[i].value_ms, 100 * below / total);
        }
        fputs("\n\n", data);
    }
    free(samples.at);
    return !samples.failed;
}

bool prepare_cdf(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    if (!runs_have_latency(request)) {
        return error_set(error, "the file holds no run with a latency; a CDF needs the JSON of `pbft run`");
    }
    size_t quantities = 0;
    while (quantity_at(quantities) != NULL) {
        quantities++;
    }
    gnuplot_array(plot, "labels", quantities);
    size_t count = 0;
    /* a coarse curve beside a fine one would only mislead */
    bool whole = some_latency(request->input->runs, true);
    for (size_t i = 0; i < quantities; i++) {
        if (!any_latency(request->input->runs, quantity_at(i), whole)) {
            continue;
        }
        if (!write_cdf(request->input->runs, quantity_at(i), plot->data)) {
            return error_set(error, "out of memory");
        }
        gnuplot_element(plot, "labels", count++, quantity_short(quantity_at(i)));
    }
    plot_titles(request, plot, "How latency is distributed");
    gnuplot_number(plot, "series", (double)count);
    return true;
}

bool prepare_timeline(const struct plot_request *request, struct gnuplot *plot, struct error *error)
{
    size_t number;
    json_t *timeline = timeline_of(request, &number);
    char text[64];
    plot_input_option(request->input, "timeline_ns", text, sizeof text);
    double bin_ns = strtod(text, NULL);
    if (timeline == NULL || !(bin_ns > 0)) {
        return error_set(error, "the file holds no timeline; `pbft run --timeline 100ms --format json` writes one");
    }
    size_t index;
    json_t *bin;
    json_array_foreach(timeline, index, bin)
    {
        fprintf(plot->data, "%.10g %.10g %.10g\n", (double)index * bin_ns / NS_PER_S,
                field(bin, "executed") * NS_PER_S / bin_ns, field(bin, "view"));
    }
    /* the last bin ends, too */
    bin = json_array_get(timeline, index - 1);
    fprintf(plot->data, "%.10g %.10g %.10g\n", (double)index * bin_ns / NS_PER_S,
            field(bin, "executed") * NS_PER_S / bin_ns, field(bin, "view"));
    const json_t *seed = json_object_get(json_array_get(request->input->runs, number), "seed");
    char title[128];
    snprintf(title, sizeof title, "Throughput over time (seed %" JSON_INTEGER_FORMAT ")", json_integer_value(seed));
    plot_titles(request, plot, title);
    return true;
}

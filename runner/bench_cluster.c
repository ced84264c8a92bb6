/* `bench cluster`: replicas on threads, without delay, as fast as they can. */
#include <math.h>
#include <stdlib.h>

#include "core/log.h"
#include "runner/bench_grid.h"
#include "runner/bench_host.h"
#include "runner/bench_parts.h"
#include "runner/bench_relay.h"
#include "runner/run.h"

#define NS_PER_SECOND 1e9

/* What is told about one scenario: a row each. */
enum quantity {
    VOTES,
    DECISIONS,
    OPERATIONS,
    LATENCY_P50,
    LATENCY_P99,
    PARTS_OVER,
    PARTS_COUNT,
    CPU,
    SYSTEM,
    IDLE,
    VOLUNTARY,
    INVOLUNTARY,
    FAULTS,
    INSTRUCTIONS,
    MISSES,
    QUANTITIES
};

static const struct {
    const char *name, *unit;
    enum bench_sense sense;
} quantities[QUANTITIES] = {
    [VOTES] = {"votes", "1/s", BENCH_RATE},
    [DECISIONS] = {"decisions", "1/s", BENCH_RATE},
    [OPERATIONS] = {"operations", "1/s", BENCH_RATE},
    [LATENCY_P50] = {"request latency p50", "ns", BENCH_COST},
    [LATENCY_P99] = {"request latency p99", "ns", BENCH_COST},
    [PARTS_OVER] = {"a vote alone: handed over", "ns", BENCH_COST},
    [PARTS_COUNT] = {"a vote alone: read and counted", "ns", BENCH_COST},
    [CPU] = {"a vote's CPU time, all", "ns", BENCH_COST},
    [SYSTEM] = {"of it in the system", "ns", BENCH_COST},
    [IDLE] = {"cores' time not used", "%", BENCH_COST},
    [VOLUNTARY] = {"voluntary switches a 1000 votes", "1", BENCH_COST},
    [INVOLUNTARY] = {"involuntary switches a 1000 votes", "1", BENCH_COST},
    [FAULTS] = {"page faults a 1000 votes", "1", BENCH_COST},
    [INSTRUCTIONS] = {"instructions a vote", "1", BENCH_COST},
    [MISSES] = {"cache misses a vote", "1", BENCH_COST},
};

struct cluster_bench {
    struct bench *bench;
    struct scenario scenario;
    uint32_t cores;
    struct bench_case where;
    struct run_result *result;
    struct relay *relay;
    struct bench_counters counters;
    struct samples samples[QUANTITIES];
    struct samples ceiling;
};

/* Votes that were delivered: those sent, less their share of what was under way when the run ended. */
static double votes_of(const struct run_result *result)
{
    const struct message_counts *messages = &result->messages;
    const double votes = (double)messages->by_type[MESSAGE_PRE_PREPARE] + (double)messages->by_type[MESSAGE_PREPARE] +
                         (double)messages->by_type[MESSAGE_COMMIT];
    return messages->sent == 0 ? 0 : votes * (double)messages->delivered / (double)messages->sent;
}

static void take(struct cluster_bench *cluster, enum quantity quantity, double value)
{
    samples_add(&cluster->samples[quantity], value);
}

static void take_usage(struct cluster_bench *cluster, const struct bench_usage *usage, double votes)
{
    const struct run_result *result = cluster->result;
    const double available_ns = (double)result->wall_ns * cluster->cores;
    const double idle = 100 * (1 - (double)result->cpu_ns / available_ns);
    take(cluster, CPU, (double)result->cpu_ns / votes);
    take(cluster, SYSTEM, (double)usage->system_ns / votes);
    take(cluster, IDLE, idle > 0 ? idle : 0);
    take(cluster, VOLUNTARY, 1000 * (double)usage->voluntary / votes);
    take(cluster, INVOLUNTARY, 1000 * (double)usage->involuntary / votes);
    take(cluster, FAULTS, 1000 * (double)usage->faults / votes);
}

static void take_result(struct cluster_bench *cluster)
{
    const struct run_result *result = cluster->result;
    const double seconds = (double)result->wall_ns / NS_PER_SECOND;
    take(cluster, VOTES, votes_of(result) / seconds);
    take(cluster, DECISIONS, (double)result->decisions / seconds);
    if (result->accepted > 0) { /* else the run was too short for an answer */
        take(cluster, OPERATIONS, (double)result->accepted / seconds);
    }
    if (result->request.count > 0) {
        take(cluster, LATENCY_P50, (double)histogram_quantile(&result->request, 0.5));
        take(cluster, LATENCY_P99, (double)histogram_quantile(&result->request, 0.99));
    }
}

#define MOST_DOUBLINGS 6

/* On a busy machine a short run may end before anything is decided: then again, for twice as long. */
static bool run_until_decided(struct cluster_bench *cluster, uint32_t index, struct error *error)
{
    const uint64_t given_ns = cluster->scenario.deadline_ns;
    const unsigned most = bench_given(cluster->bench, OPT_DEADLINE) ? 0 : MOST_DOUBLINGS;
    bool done = run_scenario(&cluster->scenario, index, cluster->bench->interrupted, cluster->result, error);
    for (unsigned i = 0; i < most && done && cluster->result->decisions == 0; i++) {
        if (bench_was_interrupted(cluster->bench)) {
            break;
        }
        run_result_destroy(cluster->result);
        cluster->scenario.deadline_ns *= 2;
        done = run_scenario(&cluster->scenario, index, cluster->bench->interrupted, cluster->result, error);
    }
    cluster->scenario.deadline_ns = given_ns;
    return done;
}

static bool run_once(struct cluster_bench *cluster, uint32_t index, struct error *error)
{
    struct bench *bench = cluster->bench;
    struct run_result *result = cluster->result;
    uint64_t counted[2][2] = {{0}};
    const struct bench_usage before = bench_usage_now();
    bench_counters_read(&cluster->counters, &counted[0][0], &counted[0][1]);
    bool done = run_until_decided(cluster, index, error);
    bench_counters_read(&cluster->counters, &counted[1][0], &counted[1][1]);
    const struct bench_usage usage = bench_usage_since(&before);
    const double votes = votes_of(result);
    if (done && !bench_was_interrupted(bench) && result->decisions == 0) {
        bench->undecided++;
        bench_rows_note(&bench->rows, "cluster: %u replicas decided nothing in a run's time; give a longer --time",
                        cluster->scenario.nodes);
    } else if (done && !bench_was_interrupted(bench)) {
        take_result(cluster);
        take_usage(cluster, &usage, votes);
        if (cluster->counters.available) {
            take(cluster, INSTRUCTIONS, (double)(counted[1][0] - counted[0][0]) / votes);
            take(cluster, MISSES, (double)(counted[1][1] - counted[0][1]) / votes);
        }
    }
    run_result_destroy(result);
    return done;
}

/* The parts alone, on each of the cores. */
static void run_parts(struct cluster_bench *cluster)
{
    const struct relay_cost cost = relay_measure(cluster->relay, bench_loop_ns(cluster->bench));
    take(cluster, PARTS_OVER, cost.hand_over_ns);
    take(cluster, PARTS_COUNT, cost.count_ns);
    samples_add(&cluster->ceiling, cluster->cores * NS_PER_SECOND / (cost.hand_over_ns + cost.count_ns));
}

static bool measure_repeatedly(struct cluster_bench *cluster, struct error *error)
{
    struct bench *bench = cluster->bench;
    bool done = true;
    for (uint32_t i = 0; done && i < bench->plan.repeat && !bench_was_interrupted(bench); i++) {
        cpu_set_t before;
        if (!bench_cores_limit(cluster->cores, &before)) {
            return error_set(error, "the system does not let a process choose its cores");
        }
        done = run_once(cluster, i, error);
        bench_cores_restore(&before);
        if (cluster->relay != NULL) {
            run_parts(cluster);
        }
    }
    return done;
}

static void report(struct cluster_bench *cluster)
{
    for (int i = 0; i < QUANTITIES; i++) {
        const struct bench_row row = {
            .part = "cluster",
            .quantity = quantities[i].name,
            .unit = quantities[i].unit,
            .sense = quantities[i].sense,
            .where = cluster->where,
        };
        bench_report(cluster->bench, row, &cluster->samples[i], i == VOTES ? &cluster->ceiling : NULL);
    }
}

static void describe(struct cluster_bench *cluster, const struct grid *grid, size_t cell)
{
    static const char *const auth[] = {"none", "mac", "signature"};
    const struct scenario *scenario = &cluster->scenario;
    bench_case_number(&cluster->where, "nodes", scenario->nodes);
    bench_case_number(&cluster->where, "batch", scenario->batch);
    bench_case_number(&cluster->where, "delay_lines", scenario->delay_lines);
    bench_case_text(&cluster->where, "auth", auth[scenario->auth]);
    bench_case_number(&cluster->where, "clients", scenario->clients);
    bench_case_number(&cluster->where, "pipeline", scenario->pipeline);
    bench_case_number(&cluster->where, "cores", cluster->cores);
    bench_case_of_cell(&cluster->where, grid, cell);
}

/* So much in flight that a thread which gets its turn finds work for longer than the change of threads takes: the fewer
 * replicas, the more sequence numbers that needs. The window lets the slowest replica be as far behind as in flight.
 * With batches so few that they are full: what is behind the pipeline is ordered together. */
static void choose_pipeline(const struct bench *bench, struct scenario *scenario)
{
    if (bench_given(bench, OPT_PIPELINE) || bench_given(bench, OPT_WINDOW) ||
        bench_given(bench, OPT_CHECKPOINT_INTERVAL)) {
        return;
    }
    const uint32_t wanted = 8192 / scenario->nodes;
    const uint32_t in_flight = wanted < 64 ? 64 : wanted > 512 ? 512 : wanted;
    scenario->pipeline = scenario->batch > 1 ? 16 : in_flight;
    scenario->checkpoint_interval = scenario->batch > 1 ? 128 : 2 * in_flight;
    scenario->window = 2 * scenario->checkpoint_interval;
}

/* A run without end but its deadline; enough clients to keep the pipeline full. */
static void choose_load(const struct bench *bench, struct scenario *scenario)
{
    scenario->clock = CLOCK_REAL;
    choose_pipeline(bench, scenario);
    if (!bench_given(bench, OPT_CLIENTS)) {
        const uint64_t clients = (uint64_t)scenario->pipeline * scenario->batch * (scenario->batch > 1 ? 2 : 1);
        scenario->clients = (uint32_t)(clients < MAX_CLIENTS ? clients : MAX_CLIENTS);
    }
    if (!bench_given(bench, OPT_REQUESTS)) {
        scenario->requests = UINT64_C(1000000000000);
    }
    if (!bench_given(bench, OPT_DEADLINE)) {
        scenario->deadline_ns = bench->plan.time_ns;
    }
}

static bool measure_scenario(struct bench *bench, const struct grid *grid, size_t cell, uint32_t cores,
                             struct error *error)
{
    struct cluster_bench *cluster = calloc(1, sizeof *cluster);
    if (cluster == NULL) {
        return error_set(error, "out of memory");
    }
    cluster->bench = bench;
    cluster->cores = cores;
    bench_grid_scenario(grid, cell, &cluster->scenario);
    choose_load(bench, &cluster->scenario);
    describe(cluster, grid, cell);
    bool immediate = cluster->scenario.delay.kind == DELAY_NONE;
    cluster->result = calloc(1, sizeof *cluster->result);
    cluster->relay = immediate ? relay_create(cluster->scenario.nodes, cluster->scenario.window) : NULL;
    bench_counters_open(&cluster->counters);
    if (!cluster->counters.available) {
        bench_rows_note(&bench->rows, "cluster: instructions and cache misses are not available here (%s)",
                        cluster->counters.why);
    }
    bool done = cluster->result != NULL && (cluster->relay != NULL || !immediate)
                    ? measure_repeatedly(cluster, error)
                    : error_set(error, "out of memory for %u replicas", cluster->scenario.nodes);
    if (done && !bench_was_interrupted(bench)) {
        report(cluster);
    }
    bench_counters_close(&cluster->counters);
    relay_destroy(cluster->relay);
    free(cluster->result);
    free(cluster);
    return done;
}

static bool measure_grid(struct bench *bench, const struct bench_default *defaults, const uint32_t *cores,
                         uint32_t core_count, struct error *error)
{
    struct grid grid;
    bool done = bench_grid_make(bench, defaults, &grid, error);
    for (size_t cell = 0; done && cell < grid.cells; cell++) {
        for (uint32_t i = 0; done && i < core_count && !bench_was_interrupted(bench); i++) {
            done = measure_scenario(bench, &grid, cell, cores[i], error);
        }
    }
    grid_destroy(&grid);
    return done;
}

/* Timers that never fire: a full pipeline on busy cores is no reason to suspect anybody. */
#define COMMON_DEFAULTS        \
    {OPT_DELAY, "none"},       \
    {                          \
        OPT_VIEW_TIMEOUT, "1h" \
    }

/* What more or fewer cores change, and more delay lines, and authentication: each alone, where it shows. */
static bool measure_variations(struct bench *bench, struct error *error)
{
    const struct bench_plan *plan = &bench->plan;
    const uint32_t all = plan->cores;
    char lines[32];
    uint32_t fewer[BENCH_MOST_CORES];
    uint32_t fewer_count = 0;
    for (uint32_t count = 1; count < all && count < BENCH_MOST_CORES; count++) {
        fewer[fewer_count++] = count;
    }
    snprintf(lines, sizeof lines, "2..%u", all < 64 ? all : 64);
    const struct bench_default more_lines[] = {
        COMMON_DEFAULTS, {OPT_NODES, plan->quick ? "16" : "4,16,64,256"}, {OPT_DELAY_LINES, lines}, {OPTION_COUNT, ""}};
    const struct bench_default authenticated[] = {COMMON_DEFAULTS,
                                                  {OPT_NODES, "4"},
                                                  {OPT_BATCH, plan->quick ? "1" : "1,64"},
                                                  {OPT_AUTH, "mac,signature"},
                                                  {OPTION_COUNT, ""}};
    const struct bench_default fewer_cores[] = {
        COMMON_DEFAULTS, {OPT_NODES, plan->quick ? "16" : "64"}, {OPTION_COUNT, ""}};
    return (all < 2 || measure_grid(bench, more_lines, &all, 1, error)) &&
           measure_grid(bench, authenticated, &all, 1, error) &&
           measure_grid(bench, fewer_cores, fewer, fewer_count, error);
}

bool bench_cluster(struct bench *bench, struct error *error)
{
    const struct bench_plan *plan = &bench->plan;
    const struct bench_default defaults[] = {
        COMMON_DEFAULTS,
        {OPT_NODES, plan->quick ? "4,16" : "4,16,64,256"},
        {OPT_BATCH, plan->quick ? "1" : "1,64"},
        {OPTION_COUNT, ""},
    };
    const bool plain = !plan->cores_given && !bench_given(bench, OPT_NODES) && !bench_given(bench, OPT_BATCH) &&
                       !bench_given(bench, OPT_DELAY_LINES) && !bench_given(bench, OPT_AUTH);
    if (!measure_grid(bench, defaults, plan->core_list, plan->core_count, error)) {
        return false;
    }
    return !plain || bench_was_interrupted(bench) || measure_variations(bench, error);
}

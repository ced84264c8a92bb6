/* `bench virtual`: the virtual clock's whole run, and what it is made of. */
#include <stdlib.h>

#include "net/virtual_clock.h"
#include "runner/bench_counting.h"
#include "runner/bench_grid.h"
#include "runner/bench_host.h"
#include "runner/bench_parts.h"
#include "runner/bench_queue.h"
#include "runner/bench_sink.h"
#include "runner/bench_votes.h"
#include "runner/run.h"

#define NS_AN_EVENT 60 /* a guess, for choosing how much to do */
#define FLIGHT_FOR_BYTES 1000000u
#define LEAST_FLIGHT 1000u

/* What is measured for one scenario. */
struct virtual_bench {
    struct bench *bench;
    struct scenario scenario;
    struct bench_case where;
    struct run_result *result;
    struct vote_stream *votes;
    struct queue_load *queue;
    uint64_t most_under_way;
    struct samples real, real_rate, counting, counting_rate, ceiling, ceiling_rate, queue_alone;
};

static uint64_t decisions_for(const struct virtual_bench *virtual)
{
    const uint64_t events = virtual->bench->plan.time_ns / NS_AN_EVENT;
    const uint64_t each = 2 * (uint64_t) virtual->scenario.nodes * virtual->scenario.nodes;
    return events / each > 0 ? events / each : 1;
}

static bool run_real(struct virtual_bench *virtual, uint32_t index, struct error *error)
{
    struct run_result *result = virtual->result;
    bool done = run_scenario(&virtual->scenario, index, virtual->bench->interrupted, result, error);
    if (done && !bench_was_interrupted(virtual->bench)) {
        const double ns = (double)result->cpu_ns / (double)result->events;
        samples_add(&virtual->real, ns);
        samples_add(&virtual->real_rate, 1e9 / ns);
        virtual->most_under_way = result->most_under_way;
        done = result->safe || virtual->scenario.byzantine > 0 ||
               error_set(error, "an error of pbft itself: a run without faults was not safe (%s)",
                         result->violation.property);
    }
    run_result_destroy(result);
    return done;
}

static void destroy_nodes(struct node **nodes, uint32_t count)
{
    for (uint32_t i = 0; nodes != NULL && i < count; i++) {
        node_destroy(nodes[i]);
    }
    free(nodes);
}

static struct node **create_nodes(const struct counting_config *config)
{
    struct node **nodes = calloc(config->replicas, sizeof *nodes);
    for (uint32_t i = 0; nodes != NULL && i < config->replicas; i++) {
        nodes[i] = counting_node_create(i, config);
        if (nodes[i] == NULL) {
            destroy_nodes(nodes, config->replicas);
            return NULL;
        }
    }
    return nodes;
}

static bool run_counting(struct virtual_bench *virtual, struct error *error)
{
    const struct scenario *scenario = &virtual->scenario;
    const struct counting_config config = {.replicas = scenario->nodes,
                                           .quorum = scenario->quorum,
                                           .pipeline = scenario->pipeline,
                                           .decisions = decisions_for(virtual)};
    struct node **nodes = create_nodes(&config);
    if (nodes == NULL) {
        return error_set(error, "out of memory for %u counting nodes", config.replicas);
    }
    const struct driver_options options = {
        .nodes = nodes,
        .replicas = config.replicas,
        .node_count = config.replicas,
        .links = {.seed = scenario->seed,
                  .replicas = config.replicas,
                  .delay = scenario->delay,
                  .gst_ns = TIME_NEVER_NS},
        .deadline_ns = TIME_NEVER_NS - 1,
        .stall_ns = TIME_NEVER_NS,
        .window = scenario->window,
        .time_scale = 1,
        .delay_lines = 1,
        .sink = bench_sink(),
        .interrupted = virtual->bench->interrupted,
    };
    struct driver_report *report = calloc(1, sizeof *report);
    bool done = report != NULL && virtual_run(&options, report, error);
    if (done && report->end != END_INTERRUPTED && counting_node_decided(nodes[0]) < config.decisions) {
        bench_rows_note(&virtual->bench->rows, "virtual: with these delays, nodes that only count fall behind their "
                                               "window; they are left out");
    } else if (done && report->end != END_INTERRUPTED) {
        const double ns = (double)report->cpu_ns / (double)report->events;
        samples_add(&virtual->counting, ns);
        samples_add(&virtual->counting_rate, 1e9 / ns);
    }
    free(report);
    destroy_nodes(nodes, config.replicas);
    return done;
}

/* The queue alone with as many in flight as the real run had, and the vote alone. */
static void run_ceiling(struct virtual_bench *virtual)
{
    const uint64_t time_ns = bench_loop_ns(virtual->bench) / 2;
    const double queue_ns = queue_load_ns(virtual->queue, time_ns);
    const double ns = queue_ns + vote_stream_log_ns(virtual->votes, time_ns);
    samples_add(&virtual->queue_alone, queue_ns);
    samples_add(&virtual->ceiling, ns);
    samples_add(&virtual->ceiling_rate, 1e9 / ns);
}

static bool measure_repeatedly(struct virtual_bench *virtual, struct error *error)
{
    struct bench *bench = virtual->bench;
    const uint32_t nodes = virtual->scenario.nodes;
    for (uint32_t i = 0; i < bench->plan.repeat && !bench_was_interrupted(bench); i++) {
        if (!run_real(virtual, i, error)) {
            return false;
        }
        if (virtual->queue == NULL) {
            virtual->votes = vote_stream_create(nodes, nodes);
            virtual->queue = queue_load_create(nodes, virtual->most_under_way > LEAST_FLIGHT ? virtual->most_under_way
                                                                                             : LEAST_FLIGHT);
            if (virtual->votes == NULL || virtual->queue == NULL) {
                return error_set(error, "out of memory for the parts of %u replicas", nodes);
            }
        }
        if (!run_counting(virtual, error)) {
            return false;
        }
        run_ceiling(virtual);
    }
    return true;
}

static struct bench_row row_of(const struct virtual_bench *virtual, const char *nodes, const char *quantity,
                               const char *unit, enum bench_sense sense)
{
    struct bench_row row = {
        .part = "virtual", .quantity = quantity, .unit = unit, .sense = sense, .where = virtual->where};
    bench_case_text(&row.where, "kind", nodes);
    return row;
}

static void report(struct virtual_bench *virtual)
{
    struct bench *bench = virtual->bench;
    const uint64_t flight = bench->plan.quick ? FLIGHT_FOR_BYTES / 10 : FLIGHT_FOR_BYTES;
    struct samples bytes = {0};
    bench_report(bench, row_of(virtual, "replicas", "event", "ns", BENCH_COST), &virtual->real, &virtual->ceiling);
    bench_report(bench, row_of(virtual, "replicas", "events", "1/s", BENCH_RATE), &virtual->real_rate,
                 &virtual->ceiling_rate);
    bench_report(bench, row_of(virtual, "counting", "event", "ns", BENCH_COST), &virtual->counting, &virtual->ceiling);
    bench_report(bench, row_of(virtual, "counting", "events", "1/s", BENCH_RATE), &virtual->counting_rate,
                 &virtual->ceiling_rate);
    bench_report(bench, row_of(virtual, "queue alone", "push and pop", "ns", BENCH_COST), &virtual->queue_alone, NULL);
    const double each = queue_bytes_each(virtual->scenario.nodes, flight);
    if (each > 0) {
        samples_add(&bytes, each);
        bench_report(bench, row_of(virtual, "queue alone", "bytes an event in flight", "B", BENCH_COST), &bytes, NULL);
    }
}

static void destroy(struct virtual_bench *virtual)
{
    vote_stream_destroy(virtual->votes);
    if (virtual->queue != NULL) {
        queue_load_destroy(virtual->queue);
    }
    free(virtual->result);
    free(virtual);
}

/* Enough requests to fill the time, enough clients to fill the pipeline. */
static void choose_load(struct virtual_bench *virtual)
{
    const struct bench *bench = virtual->bench;
    struct scenario *scenario = &virtual->scenario;
    scenario->clock = CLOCK_VIRTUAL;
    scenario->stall_ns = TIME_NEVER_NS;
    if (!bench_given(bench, OPT_CLIENTS)) {
        scenario->clients = 2 * scenario->pipeline * scenario->batch;
        scenario->clients = scenario->clients < MAX_CLIENTS ? scenario->clients : MAX_CLIENTS;
    }
    if (!bench_given(bench, OPT_REQUESTS)) {
        scenario->requests = decisions_for(virtual) * scenario->batch;
    }
    if (!bench_given(bench, OPT_CLIENTS) && scenario->clients > scenario->requests) {
        scenario->clients = (uint32_t)scenario->requests;
    }
    if (!bench_given(bench, OPT_DEADLINE)) {
        scenario->deadline_ns = UINT64_C(3600000000000); /* emulated */
    }
}

static bool measure_cell(struct bench *bench, const struct grid *grid, size_t cell, struct error *error)
{
    struct virtual_bench *virtual = calloc(1, sizeof *virtual);
    if (virtual == NULL) {
        return error_set(error, "out of memory");
    }
    virtual->bench = bench;
    virtual->result = calloc(1, sizeof *virtual->result);
    bench_grid_scenario(grid, cell, &virtual->scenario);
    choose_load(virtual);
    bench_case_number(&virtual->where, "nodes", virtual->scenario.nodes);
    bench_case_number(&virtual->where, "batch", virtual->scenario.batch);
    bench_case_of_cell(&virtual->where, grid, cell);
    bool done = virtual->result == NULL ? error_set(error, "out of memory") : measure_repeatedly(virtual, error);
    if (done && !bench_was_interrupted(bench)) {
        report(virtual);
    }
    destroy(virtual);
    return done;
}

bool bench_virtual(struct bench *bench, struct error *error)
{
    const struct bench_default defaults[] = {
        {OPT_NODES, bench->plan.quick ? "4,16,64" : "4,16,64,256,1024"},
        {OPTION_COUNT, ""},
    };
    struct grid grid;
    bool done = bench_grid_make(bench, defaults, &grid, error);
    for (size_t cell = 0; done && cell < grid.cells && !bench_was_interrupted(bench); cell++) {
        done = measure_cell(bench, &grid, cell, error);
    }
    grid_destroy(&grid);
    return done;
}

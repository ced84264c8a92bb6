/* Scenarios for tests, with the defaults of the command line. Header-only. */
#ifndef PBFT_TESTS_SCENARIO_H
#define PBFT_TESTS_SCENARIO_H

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "core/quorum.h"
#include "runner/run.h"

#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

/* Virtual clock, no misbehaviour, uniform:5ms..35ms on all links, one client, one request. */
static inline struct scenario scenario_of(uint32_t nodes)
{
    struct delay uniform = {.kind = DELAY_UNIFORM, .a = 5e6, .b = 35e6};
    return (struct scenario){
        .nodes = nodes,
        .delay = uniform,
        .client_delay = uniform,
        .reorder_extra_ns = 20 * MS,
        .gst_ns = TIME_NEVER_NS,
        .requests = 1,
        .clients = 1,
        .batch = 1,
        .pipeline = 64,
        .payload = 16,
        .checkpoint_interval = 64,
        .window = 256,
        .quorum = quorum_size(nodes),
        .reply_quorum = quorum_weak(nodes),
        .view_timeout_ns = 200 * MS,
        .client_timeout_ns = 200 * MS,
        .clock = CLOCK_VIRTUAL,
        .time_scale = 1,
        .delay_lines = 1,
        .deadline_ns = 60 * SECOND,
        .stall_ns = TIME_NEVER_NS,
        .repeat = 1,
        .seed = 1,
    };
}

/* Under `--delay none`. */
static inline void scenario_without_delay(struct scenario *scenario)
{
    scenario->delay = scenario->client_delay = (struct delay){.kind = DELAY_NONE};
    scenario->view_timeout_ns = scenario->client_timeout_ns = SECOND;
}

static inline void scenario_misbehave(struct scenario *scenario, const char *behavior, uint32_t count,
                                      const node_id *ids)
{
    scenario->behavior = behavior_find(behavior);
    assert(scenario->behavior != NULL);
    scenario->byzantine = count;
    scenario->byzantine_ids_given = ids != NULL;
    scenario->retransmit_ns = 80 * MS; /* four times the delay's mean, as the command line has it */
    for (uint32_t i = 0; ids != NULL && i < count; i++) {
        scenario->byzantine_ids[i] = ids[i];
    }
}

/* The last `count` replicas: the primary of view 0 is correct. */
static inline void scenario_misbehave_last(struct scenario *scenario, const char *behavior, uint32_t count)
{
    node_id ids[MAX_NAMED_BEHAVIORS];
    for (uint32_t i = 0; i < count; i++) {
        ids[i] = scenario->nodes - 1 - i;
    }
    scenario_misbehave(scenario, behavior, count, ids);
}

/* Runs repetition `index`; the caller releases the result. */
static inline struct run_result *scenario_play(const struct scenario *scenario, uint32_t index)
{
    struct run_result *result = malloc(sizeof *result);
    struct error error = {""};
    bool ran = run_scenario(scenario, index, NULL, result, &error);
    if (!ran) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
    return result;
}

static inline void scenario_release(struct run_result *result)
{
    run_result_destroy(result);
    free(result);
}

#endif

#include "runner/draw.h"

#include <assert.h>
#include <string.h>

#include <sodium/randombytes.h>

#include "runner/patience.h"

enum draw_purpose_of_run { FOR_MISBEHAVING = 1, FOR_CRASH = 2 };

/* The `count` words of the stream that (seed, purpose, which) names. */
static void draw_words(uint64_t seed, uint64_t purpose, uint64_t which, uint64_t *words, size_t count)
{
    const uint64_t origin[4] = {seed, purpose, which, 0x7062667472756e00u};
    unsigned char key[randombytes_SEEDBYTES];
    _Static_assert(sizeof origin == randombytes_SEEDBYTES, "four words are a key");
    memcpy(key, origin, sizeof key);
    randombytes_buf_deterministic(words, count * sizeof *words, key);
}

/* Multiplies instead of dividing; the bias is below bound / 2^32, and bounds are below 2^15. */
static uint32_t below(uint64_t word, uint32_t bound)
{
    return (uint32_t)(((word >> 32) * bound) >> 32);
}

static uint32_t mark_named(const struct scenario *scenario, bool *misbehaving)
{
    if (scenario->byzantine_ids_given) {
        assert(scenario->byzantine <= MAX_NAMED_BEHAVIORS);
        for (uint32_t i = 0; i < scenario->byzantine; i++) {
            assert(scenario->byzantine_ids[i] < scenario->nodes);
            misbehaving[scenario->byzantine_ids[i]] = true;
        }
    }
    for (uint32_t i = 0; i < scenario->named_behavior_count; i++) {
        assert(scenario->named_behaviors[i].id < scenario->nodes);
        misbehaving[scenario->named_behaviors[i].id] = true;
    }
    uint32_t marked = 0;
    for (uint32_t id = 0; id < scenario->nodes; id++) {
        marked += misbehaving[id];
    }
    return marked;
}

void scenario_draw_byzantine(const struct scenario *scenario, uint32_t index, bool *misbehaving)
{
    assert(scenario->nodes <= MAX_REPLICAS && scenario->byzantine <= scenario->nodes);
    memset(misbehaving, 0, scenario->nodes * sizeof *misbehaving);
    uint32_t marked = mark_named(scenario, misbehaving);
    uint32_t left = scenario->nodes - marked;
    uint32_t wanted = scenario->byzantine > marked ? scenario->byzantine - marked : 0;
    /* Selection sampling (Knuth, TAOCP 3.4.2, S): each of the `left` still to be looked at is taken with probability
     * wanted / left; a word for each replica, so that its draw does not depend on the others'. */
    for (uint32_t id = 0; id < scenario->nodes && wanted > 0; id++) {
        if (misbehaving[id]) {
            continue;
        }
        uint64_t word;
        draw_words(scenario->seed + index, FOR_MISBEHAVING, id, &word, 1);
        if (below(word, left) < wanted) {
            misbehaving[id] = true;
            wanted--;
        }
        left--;
    }
}

/* Emulated time that the requests take without faults, roughly. */
static double expected_run_ns(const struct scenario *scenario)
{
    if (scenario->rate > 0) {
        return (double)scenario->requests / scenario->rate * 1e9;
    }
    /* request and reply on the client's links; pre-prepare, prepare and commit between replicas */
    double round_ns = 2 * scenario_client_link_mean_ns(scenario) + 3 * scenario_link_mean_ns(scenario);
    double at_once = scenario->clients;
    double ordered_at_once = (double)scenario->pipeline * scenario->batch;
    if (ordered_at_once < at_once) {
        at_once = ordered_at_once;
    }
    double rounds = (double)scenario->requests / at_once;
    return (rounds < 1 ? 1 : rounds) * round_ns;
}

uint64_t scenario_draw_crash_ns(const struct scenario *scenario, uint32_t index, node_id id)
{
    double span_ns = expected_run_ns(scenario);
    if (span_ns > (double)scenario->deadline_ns) {
        span_ns = (double)scenario->deadline_ns;
    }
    uint64_t word;
    draw_words(scenario->seed + index, FOR_CRASH, id, &word, 1);
    return (uint64_t)((double)(word >> 11) * 0x1p-53 * span_ns);
}

struct chosen_behavior scenario_chosen_behavior_of(const struct scenario *scenario, node_id id)
{
    for (uint32_t i = 0; i < scenario->named_behavior_count; i++) {
        const struct named_behavior *named = &scenario->named_behaviors[i];
        if (named->id == id) {
            return (struct chosen_behavior){named->behavior, named->values};
        }
    }
    return (struct chosen_behavior){scenario->behavior, scenario->values};
}

const struct behavior *scenario_behavior_of(const struct scenario *scenario, node_id id)
{
    return scenario_chosen_behavior_of(scenario, id).behavior;
}

struct chosen_behavior scenario_drawn_behavior_of(const struct scenario *scenario, uint32_t index, node_id id)
{
    struct chosen_behavior chosen = scenario_chosen_behavior_of(scenario, id);
    for (unsigned i = 0; i < MOST_PARAMETERS; i++) {
        if (chosen.behavior->parameters[i].is_drawn && !chosen.values.given[i]) {
            chosen.values.given[i] = true;
            chosen.values.value[i] = scenario_draw_crash_ns(scenario, index, id);
        }
    }
    return chosen;
}

/* What a run draws from its seed before it starts: who misbehaves, and when a crash comes. Pure functions of the seed
 * (ChaCha20 over a key made of seed and purpose, libsodium), so the same with every compiler; any thread. */
#ifndef PBFT_RUNNER_DRAW_H
#define PBFT_RUNNER_DRAW_H

#include "runner/scenario.h"

/* Writes which replicas misbehave in repetition `index` into `misbehaving` (nodes flags): those that --byzantine-ids
 * and --behavior name; what is still missing of `byzantine` is a uniformly drawn subset of the others. Repetitions
 * are independent: `index` counts only through seed + index. */
void scenario_draw_byzantine(const struct scenario *scenario, uint32_t index, bool *misbehaving);

/* When replica `id` crashes: uniform over the time that the run is expected to take without faults, in [0, that).
 * The expectation is rounds of requests times the mean of five hops, client to client, in a closed loop, and requests
 * divided by the rate in an open one. It is 0 where nothing takes emulated time: the crash then comes at the start. */
uint64_t scenario_draw_crash_ns(const struct scenario *scenario, uint32_t index, node_id id);

/* The behaviour of a misbehaving replica: its own by name, or the scenario's. */
const struct behavior *scenario_behavior_of(const struct scenario *scenario, node_id id);
/* The same with the values of its parameters that were given. */
struct chosen_behavior scenario_chosen_behavior_of(const struct scenario *scenario, node_id id);
/* The same with the values that repetition `index` draws, too. */
struct chosen_behavior scenario_drawn_behavior_of(const struct scenario *scenario, uint32_t index, node_id id);

#endif

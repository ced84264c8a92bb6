/* From a seed to a random scenario: a chaotic phase, in which the network may do what it likes, up to gst; then a
 * reliable network. A pure function of the space and the seed, the same with every compiler. Any thread. */
#ifndef PBFT_RUNNER_GENERATE_H
#define PBFT_RUNNER_GENERATE_H

#include "runner/plan.h"
#include "runner/space.h"

/* False with a sentence if what the user has fixed does not go together for these draws. The plan is bound. */
bool generate(const struct space *space, uint64_t seed, struct plan *plan, struct error *error);

/* Whether the option is drawn where the user says nothing about it. */
bool generate_draws(enum option_id id);

#endif

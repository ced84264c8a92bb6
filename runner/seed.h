/* A seed for who gave none. */
#ifndef PBFT_RUNNER_SEED_H
#define PBFT_RUNNER_SEED_H

#include "runner/settings.h"

/* Sets a random seed if none is set: short enough to be typed again. */
bool settings_draw_seed(struct settings *settings, struct string_pool *pool, struct error *error);

#endif

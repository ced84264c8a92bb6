#include "runner/seed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

bool settings_draw_seed(struct settings *settings, struct string_pool *pool, struct error *error)
{
    uint32_t seed;
    char text[16];
    if (settings_has(settings, OPT_SEED)) {
        return true;
    }
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        return error_set(error, "cannot draw a seed: %s; give one with --seed", strerror(errno));
    }
    snprintf(text, sizeof text, "%u", seed);
    settings_set(settings, OPT_SEED, string_pool_add(pool, text), SOURCE_DRAWN);
    return true;
}

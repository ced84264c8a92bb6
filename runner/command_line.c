#include "runner/command_line.h"

#include "runner/config_json.h"
#include "runner/presets.h"

static bool load_matrices(const struct settings *layer, struct string_pool *pool, struct error *error)
{
    const char *text = layer->text[OPT_LATENCY_MATRIX];
    return text == NULL || matrices_load(&pool->matrices, text, error);
}

bool settings_load(struct settings *settings, int argc, char **argv, unsigned command, bool *help,
                   struct string_pool *pool, struct error *error)
{
    struct settings own = {.matrices = &pool->matrices};
    if (!settings_parse(&own, argc, argv, command, help, error)) {
        return false;
    }
    if (*help) {
        return true;
    }
    if (settings_has(&own, OPT_PRESET)) {
        struct settings layer = {0};
        if (!preset_settings(own.text[OPT_PRESET], &layer, error) || !load_matrices(&layer, pool, error)) {
            return false;
        }
        settings_overlay(settings, &layer);
    }
    if (settings_has(&own, OPT_CONFIG)) {
        struct settings layer = {.matrices = &pool->matrices};
        if (!config_json_load(own.text[OPT_CONFIG], &layer, pool, error)) {
            return false;
        }
        settings_overlay(settings, &layer);
    }
    settings_overlay(settings, &own);
    string_pool_lend(pool, settings);
    return load_matrices(&own, pool, error);
}

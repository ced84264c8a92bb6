#include "runner/command_line.h"

#include "runner/config_json.h"
#include "runner/presets.h"

bool settings_load(struct settings *settings, int argc, char **argv, unsigned command, bool *help,
                   struct string_pool *pool, struct error *error)
{
    struct settings own = {0};
    if (!settings_parse(&own, argc, argv, command, help, error)) {
        return false;
    }
    if (*help) {
        return true;
    }
    if (settings_has(&own, OPT_PRESET)) {
        struct settings layer = {0};
        if (!preset_settings(own.text[OPT_PRESET], &layer, error)) {
            return false;
        }
        settings_overlay(settings, &layer);
    }
    if (settings_has(&own, OPT_CONFIG)) {
        struct settings layer = {0};
        if (!config_json_load(own.text[OPT_CONFIG], &layer, pool, error)) {
            return false;
        }
        settings_overlay(settings, &layer);
    }
    settings_overlay(settings, &own);
    return true;
}

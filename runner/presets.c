#include "runner/presets.h"

#include <stdio.h>
#include <string.h>

static const struct preset_option article[] = {
    {OPT_NODES, "10"},   {OPT_BYZANTINE, "0..6"},          {OPT_BEHAVIOR, "article"},
    {OPT_REPEAT, "5"},   {OPT_DELAY, "uniform:5ms..35ms"}, {OPT_REORDER, "5%"},
    {OPT_REQUESTS, "1"}, {OPT_CLIENT_DELAY, "none"},       {OPT_DEADLINE, "2s"},
};

static const struct preset_option wan[] = {
    {OPT_NODES, "7"},
    {OPT_LATENCY_MATRIX, "wan"},
    {OPT_REQUESTS, "100"},
};

static const struct preset presets[] = {
    {.name = "article",
     .summary = "the tutorial's sweep: 10 replicas, 0 to 6 of them misbehaving, 5 runs each, 5 to 35 ms a message",
     .options = article,
     .option_count = sizeof article / sizeof *article},
    {.name = "wan",
     .summary =
         "a replica in each of seven cloud regions around the world, their published delays (pbft list matrices)",
     .options = wan,
     .option_count = sizeof wan / sizeof *wan},
};

const struct preset *preset_at(size_t index)
{
    return index < sizeof presets / sizeof *presets ? &presets[index] : NULL;
}

const struct preset *preset_find(const char *name)
{
    for (size_t i = 0; preset_at(i) != NULL; i++) {
        if (strcmp(preset_at(i)->name, name) == 0) {
            return preset_at(i);
        }
    }
    return NULL;
}

bool preset_settings(const char *name, struct settings *settings, struct error *error)
{
    const struct preset *preset = preset_find(name);
    if (preset == NULL) {
        char known[200] = "";
        for (size_t i = 0; preset_at(i) != NULL; i++) {
            size_t used = strlen(known);
            snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", preset_at(i)->name);
        }
        return error_set(error, "--preset '%.60s': there is no preset of that name; there are: %s", name, known);
    }
    for (size_t i = 0; i < preset->option_count; i++) {
        settings_set(settings, preset->options[i].id, preset->options[i].text, SOURCE_PRESET);
    }
    return true;
}

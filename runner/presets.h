/* Named sets of options. */
#ifndef PBFT_RUNNER_PRESETS_H
#define PBFT_RUNNER_PRESETS_H

#include "runner/settings.h"

struct preset_option {
    enum option_id id;
    const char *text;
};

struct preset {
    const char *name;
    const char *summary;
    const struct preset_option *options;
    size_t option_count;
};

/* In the order of `pbft list`; NULL past the last. */
const struct preset *preset_at(size_t index);
/* NULL if there is none of that name. */
const struct preset *preset_find(const char *name);
/* Sets what the preset of that name says, as SOURCE_PRESET; false with the names that there are. */
bool preset_settings(const char *name, struct settings *settings, struct error *error);

#endif

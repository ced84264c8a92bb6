/* Shared objects that must be refused, one for each value of WRONG. */
#include "faults/pbft_behavior.h"

#define VERSION_WRONG 1
#define NAME_WRONG 2
#define NAME_TAKEN 3
#define NOTHING_IN_IT 4
#define NO_PLUGIN 5

static const struct pbft_behavior behaviors[] = {
#if WRONG == NAME_WRONG
    {.name = "a name"},
#elif WRONG == NAME_TAKEN
    {.name = "silent"},
#elif WRONG != NOTHING_IN_IT
    {.name = "good"},
#endif
    {.name = NULL},
};

#if WRONG == NO_PLUGIN
const struct pbft_behavior *something_else(void);
const struct pbft_behavior *something_else(void)
{
    return behaviors;
}
#else
const struct pbft_behavior_plugin pbft_behavior_plugin = {
    .version = WRONG == VERSION_WRONG ? 99 : PBFT_BEHAVIOR_VERSION,
    .behaviors = behaviors,
};
#endif

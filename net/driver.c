#include "net/driver.h"

#include <assert.h>

const char *driver_end_name(enum driver_end end)
{
    switch (end) {
    case END_FINISHED:
        return "Everything awaited has happened.";
    case END_DEADLINE:
        return "The deadline came before everything awaited had happened.";
    case END_STALLED:
        return "No replica executed anything for as long as --stall allows.";
    case END_INTERRUPTED:
        return "The run was interrupted; what it reports is partial.";
    case END_QUIET:
        return "Nothing was left to do: no message under way, no timer running.";
    }
    assert(false);
    return "";
}

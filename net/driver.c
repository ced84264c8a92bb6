#include "net/driver.h"

#include "net/uplink.h"

#include <assert.h>

/* Whether messages of this type are asked for or answered anew each time, whatever attempt of which they are a part. */
static bool is_always_first(uint8_t type)
{
    return type == MESSAGE_FETCH || type == MESSAGE_BATCH || type == MESSAGE_DECISION || type == MESSAGE_STATE;
}

void message_counts_sent(struct message_counts *counts, const struct message *message, uint64_t destinations)
{
    counts->sent += destinations;
    counts->bytes += destinations * message_bytes(message);
    if (message->attempt > 0 && !is_always_first(message->type)) {
        counts->retransmitted += destinations;
    } else if (message->type < MESSAGE_TYPES) {
        counts->by_type[message->type] += destinations;
    }
}

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

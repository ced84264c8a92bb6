/* A plugin that sends a copy of every message also to a node that there is not. */
#include "faults/pbft_behavior.h"

static void nowhere_outgoing(struct pbft_host *host, void *state, const struct pbft_message *message)
{
    (void)state;
    struct pbft_message copy = *message;
    copy.to = 1000000;
    host->send(host, message);
    host->send(host, &copy);
    host->fired(host);
}

static const struct pbft_behavior behaviors[] = {
    {.name = "nowhere", .summary = "sends copies to a node that there is not", .outgoing = nowhere_outgoing},
    {.name = NULL},
};

const struct pbft_behavior_plugin pbft_behavior_plugin = {.version = PBFT_BEHAVIOR_VERSION, .behaviors = behaviors};
